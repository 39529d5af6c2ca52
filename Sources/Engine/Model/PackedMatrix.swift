import CKernels

/// There is no memory for weights, cache or intermediate results.
public struct OutOfMemory: DiagnosableError {
    public let bytes: Int
    public let kind = "out-of-memory"
    public let exitStatus = ExitStatus.failure
    public var message: String { "\(max(1, bytes >> 20)) MB of memory are not to be had; take a smaller quantisation of the model or a shorter prompt" }
}

/// Weights in the order in which the kernels read them, `[rows, columns]`.
///
/// `@unchecked Sendable`: written once, before anyone else has it.
final class PackedMatrix: @unchecked Sendable {
    /// As the kernels take it; valid while this object lives.
    let view: radphi_matrix
    let bytes: Int
    private let memory: UnsafeMutableRawPointer

    var rows: Int { Int(view.rows) }
    var columns: Int { Int(view.columns) }
    /// Whether it takes its input in 8 bits.
    var isQuantized: Bool { view.packing == Int32(RADPHI_W8.rawValue) || view.packing == Int32(RADPHI_W4.rawValue) }

    /// Packs a matrix; types without kernels of their own are packed with 8 bits for each number.
    init(_ tensor: WeightTensor, pool: ThreadPool) throws(OutOfMemory) {
        let packing = radphi_packing_for(tensor.type.rawValue)
        let bytes = radphi_packed_size(packing, Int32(tensor.rows), Int32(tensor.columns))
        guard let memory = radphi_memory_allocate(bytes, true) else { throw OutOfMemory(bytes: bytes) }
        let done = tensor.withUnsafeBytes {
            radphi_pack(pool.handle, tensor.type.rawValue, $0.baseAddress, Int32(tensor.rows), Int32(tensor.columns), packing, memory)
        }
        self.memory = memory
        self.bytes = bytes
        view = radphi_matrix(data: memory, packing: packing, rows: Int32(tensor.rows), columns: Int32(tensor.columns))
        guard done else { throw OutOfMemory(bytes: bytes) }
    }

    deinit { radphi_memory_free(memory, bytes, true) }
}
