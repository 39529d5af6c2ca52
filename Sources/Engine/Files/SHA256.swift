import CKernels

/// SHA-256 (FIPS 180-4) of bytes that come in pieces.
public struct SHA256 {
    private var state: [UInt32] = [
        0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
    ]
    private var pending: [UInt8] = []
    private var count: UInt64 = 0
    private let portable: Int32

    /// `portable: true` leaves the processor's SHA instructions unused.
    public init(portable: Bool = false) {
        self.portable = portable ? 1 : 0
    }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        count &+= UInt64(bytes.count)
        var rest = bytes[...]
        if !pending.isEmpty {
            let taken = min(64 - pending.count, rest.count)
            pending.append(contentsOf: rest.prefix(taken))
            rest = rest.dropFirst(taken)
            guard pending.count == 64 else { return }
            radphi_sha256(&state, pending, 1, portable)
            pending.removeAll(keepingCapacity: true)
        }
        let blocks = rest.count / 64
        if blocks > 0 { radphi_sha256(&state, UnsafeRawBufferPointer(rebasing: rest).baseAddress, blocks, portable) }
        pending.append(contentsOf: rest.dropFirst(blocks * 64))
    }

    /// The digest of what came so far, in hexadecimal.
    public func hexadecimal() -> String {
        var ending = pending + [0x80]
        while ending.count % 64 != 56 { ending.append(0) }
        for shift in stride(from: 56, through: 0, by: -8) { ending.append(UInt8(truncatingIfNeeded: (count &* 8) >> UInt64(shift))) }
        var state = state
        radphi_sha256(&state, ending, ending.count / 64, portable)
        return state.map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }.joined()
    }

    public static func hexadecimal(_ bytes: [UInt8]) -> String {
        var hash = SHA256()
        bytes.withUnsafeBytes { hash.update($0) }
        return hash.hexadecimal()
    }
}
