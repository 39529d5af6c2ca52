import CKernels

/// Keys and values of the positions read so far, for every layer and head. Not to be shared between threads.
public final class KVCache {
    /// Positions that it can hold.
    public let capacity: Int
    /// The tokens that it holds.
    public private(set) var tokens: [Int32] = []
    public var count: Int { tokens.count }

    /// Positions that there is room for: `capacity` in whole panels.
    private let room: Int
    private let layers: Int
    /// Bytes of a layer's keys, and of its values.
    private let keyBytes, valueBytes: Int
    private let memory: UnsafeMutableRawPointer
    private let bytes: Int
    /// The buffers of the last pass, for the next.
    private var workspace: Workspace?

    /// - Parameters:
    ///   - layers: layers that keep their keys; 1 serves a pass that never comes back to them.
    ///   - packing: of the numbers, fp32 or fp16.
    init(_ configuration: PhiConfiguration, layers: Int, capacity: Int, packing: radphi_packing) throws(OutOfMemory) {
        self.capacity = capacity
        self.layers = layers
        let panel = Int(RADPHI_PANEL)
        room = (max(1, capacity) + panel - 1) / panel * panel
        let number = packing == RADPHI_F16 ? 2 : 4
        keyBytes = configuration.keyValueHeadCount * room * configuration.headSize * number
        valueBytes = configuration.keyValueHeadCount * room * ((configuration.headSize + 15) / 16 * 16) * number
        bytes = layers * (keyBytes + valueBytes)
        // Pages are taken when first touched, so that only positions in use take memory.
        guard let memory = radphi_memory_allocate(bytes, false) else { throw OutOfMemory(bytes: bytes) }
        self.memory = memory
    }

    deinit { radphi_memory_free(memory, bytes, false) }

    /// Forgets the positions from `count` on.
    public func truncate(to count: Int) {
        tokens.removeSubrange(min(tokens.count, max(0, count))...)
    }

    func append(_ new: ArraySlice<Int32>) { tokens += new }

    /// `count` new rows from `row` on, of which the last `queries` ask.
    func sequence(layer: Int, row: Int, count: Int, queries: Int) -> radphi_sequence {
        let keys = memory + (layer % layers) * (keyBytes + valueBytes)
        return radphi_sequence(
            keys: keys, values: keys + keyBytes, capacity: Int32(room), past: Int32(self.count), row: Int32(row), count: Int32(count), queries: Int32(queries),
            query: Int32(row + count - queries))
    }

    /// Buffers for `rows` rows.
    func workspace(_ configuration: PhiConfiguration, rows: Int) throws(OutOfMemory) -> Workspace {
        if let workspace, workspace.rows >= rows { return workspace }
        let made = try Workspace(configuration, rows: rows)
        workspace = made
        return made
    }
}
