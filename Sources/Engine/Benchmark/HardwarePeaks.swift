import CKernels

/// What the machine itself can do with some threads, measured now.
public struct HardwarePeaks: Sendable, Encodable {
    /// 10⁹ int8 operations a second, the best of several short runs; a multiply-add counts two.
    public let int8GigaOperations: Double
    /// 10⁹ fp32 operations a second, likewise.
    public let fp32GigaOperations: Double
    /// 10⁹ bytes a second while the model's weights are only read; the mean, since the bandwidth of shared machines comes and goes.
    public let readGigabytes: Double

    /// Takes half a second.
    init(pool: ThreadPool, level: InstructionLevel, readGigabytes: Double) {
        let set = level.number
        int8GigaOperations = Self.best(pool) { radphi_int8_work(set, 20_000) }
        fp32GigaOperations = Self.best(pool) { radphi_fp32_work(set, 20_000) }
        self.readGigabytes = readGigabytes
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

extension PhiModel {
    /// Reads all weights that a decoded token takes, and does nothing with them.
    func readWeights() {
        let piece = 1 << 20
        for matrix in matrices {
            pool.run((matrix.bytes + piece - 1) / piece) { [set = level.number] index in
                _ = radphi_read_work(set, matrix.view.data + index * piece, min(piece, matrix.bytes - index * piece))
            }
        }
    }
}
