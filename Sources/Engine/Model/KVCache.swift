/// Keys and values of the positions read so far, one pair of buffers a layer. Not to be shared between threads.
public final class KVCache {
    /// Positions that it can hold.
    public let capacity: Int
    /// Positions that it holds.
    public private(set) var count = 0
    /// The tokens behind those positions.
    public private(set) var tokens: [Int32] = []
    /// For each layer `[capacity, keyValueSize]`, fp32.
    let keys: [UnsafeMutableBufferPointer<Float>]
    let values: [UnsafeMutableBufferPointer<Float>]

    init(layers: Int, width: Int, capacity: Int) {
        self.capacity = capacity
        keys = (0..<layers).map { _ in .allocate(capacity: max(1, capacity * width)) }
        values = (0..<layers).map { _ in .allocate(capacity: max(1, capacity * width)) }
    }

    deinit {
        keys.forEach { $0.deallocate() }
        values.forEach { $0.deallocate() }
    }

    /// Forgets the positions from `count` on.
    public func truncate(to count: Int) {
        self.count = min(self.count, max(0, count))
        tokens.removeSubrange(self.count...)
    }

    func append(_ new: [Int32]) {
        tokens += new
        count += new.count
    }
}
