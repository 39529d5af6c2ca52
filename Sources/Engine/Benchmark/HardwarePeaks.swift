import CKernels

/// What the machine itself can do with some threads, measured now: the best of several short runs.
public struct HardwarePeaks: Sendable, Encodable {
    /// 10⁹ int8 operations a second; a multiply-add counts two.
    public let int8GigaOperations: Double
    /// 10⁹ fp32 operations a second.
    public let fp32GigaOperations: Double
    /// 10⁹ bytes a second, read from memory in long runs.
    public let readGigabytes: Double

    /// Takes about a second. Throws `OutOfMemory`.
    public init(pool: ThreadPool, level: InstructionLevel) throws(OutOfMemory) {
        let set = level.number
        int8GigaOperations = Self.best(pool) { radphi_int8_work(set, 20_000) }
        fp32GigaOperations = Self.best(pool) { radphi_fp32_work(set, 20_000) }
        let bytes = 512 << 20
        let piece = 1 << 20
        guard let memory = radphi_memory_allocate(bytes, true) else { throw OutOfMemory(bytes: bytes) }
        defer { radphi_memory_free(memory, bytes, true) }
        memory.initializeMemory(as: UInt8.self, repeating: 1, count: bytes)
        let clock = ContinuousClock()
        var best = 0.0
        for _ in 0..<6 {
            let time = clock.measure { pool.run(bytes / piece) { _ = radphi_read_work(set, memory + $0 * piece, piece) } }
            best = max(best, Double(bytes) / time.seconds * 1e-9)
        }
        readGigabytes = best
    }

    private static func best(_ pool: ThreadPool, _ work: () -> Double) -> Double {
        let clock = ContinuousClock()
        let operations = work()
        let tasks = pool.threads * 8
        var best = 0.0
        for _ in 0..<30 {
            let time = clock.measure { pool.run(tasks) { _ in _ = work() } }
            best = max(best, operations * Double(tasks) / time.seconds * 1e-9)
        }
        return best
    }
}
