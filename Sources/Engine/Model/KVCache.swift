import CKernels

/// Keys and values of the positions read so far, for every layer and head. Not to be shared between threads.
public final class KVCache {
    /// Positions that it can hold.
    public let capacity: Int
    /// The tokens that it holds.
    public private(set) var tokens: [Int32] = []
    public var count: Int { tokens.count }

    private let heads: Int
    private let size: Int
    private let half: Bool
    private let layers: Int
    private let keyBytes: Int
    private let valueBytes: Int
    private let memory: UnsafeMutableRawPointer
    private let bytes: Int

    /// - Parameters:
    ///   - layers: layers that keep their keys; 1 serves a pass that never comes back to them.
    ///   - half: whether numbers are kept as fp16.
    init(layers: Int, heads: Int, size: Int, capacity: Int, half: Bool) throws(OutOfMemory) {
        self.capacity = capacity
        self.layers = layers
        self.heads = heads
        self.size = size
        self.half = half
        let padded = (max(1, capacity) + 15) / 16 * 16
        keyBytes = radphi_key_bytes(Int32(padded), Int32(size), half ? 1 : 0)
        valueBytes = radphi_value_bytes(Int32(padded), Int32(size), half ? 1 : 0)
        bytes = layers * heads * (keyBytes + valueBytes)
        // Zeroed on first touch, so that only positions in use take memory.
        guard let memory = radphi_memory_allocate(UInt(bytes), 0) else { throw OutOfMemory(bytes: bytes) }
        self.memory = memory
    }

    deinit { radphi_memory_free(memory, UInt(bytes)) }

    /// Forgets the positions from `count` on.
    public func truncate(to count: Int) {
        tokens.removeSubrange(min(tokens.count, max(0, count))...)
    }

    func append(_ new: ArraySlice<Int32>) { tokens += new }

    func head(layer: Int, head: Int) -> radphi_head_cache {
        let base = memory + ((layer % layers) * heads + head) * (keyBytes + valueBytes)
        return radphi_head_cache(keys: base, values: base + keyBytes, size: Int32(size), half: half ? 1 : 0)
    }
}
