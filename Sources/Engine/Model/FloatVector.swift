/// Numbers at an address that does not change: biases, norms, rotation tables.
///
/// `@unchecked Sendable`: written once, in the initialiser.
final class FloatVector: @unchecked Sendable {
    let count: Int
    let pointer: UnsafePointer<Float>
    private let memory: UnsafeMutableBufferPointer<Float>

    init(_ values: [Float]) {
        count = values.count
        memory = .allocate(capacity: max(1, values.count))
        _ = memory.initialize(from: values)
        pointer = UnsafePointer(memory.baseAddress ?? UnsafeMutablePointer<Float>.allocate(capacity: 1))
    }

    deinit { memory.deallocate() }
}
