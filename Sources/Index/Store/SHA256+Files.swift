import Engine

extension SHA256 {
    mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }
    mutating func update(_ text: String) { update(Array(text.utf8)) }

    /// The digest's 32 bytes.
    func digest() -> [UInt8] {
        let digits = hexadecimal().utf8.map { $0 < 0x3A ? $0 - 0x30 : $0 - 0x57 }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// Hexadecimal digest of a file, in constant memory.
    static func hexadecimal(of file: InputFile) throws(IndexError) -> String {
        var hash = SHA256()
        var offset = 0
        while offset < file.size {
            let chunk = try file.read(at: offset, count: min(1 << 20, file.size - offset))
            hash.update(chunk)
            offset += chunk.count
        }
        return hash.hexadecimal()
    }
}
