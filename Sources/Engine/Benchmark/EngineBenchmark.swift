import Foundation

/// Measures how fast a model reads and writes, next to what the machine could do.
public struct EngineBenchmark: Sendable {
    /// Tokens of the prompt.
    public var promptTokens: Int
    /// Tokens decoded one by one after it.
    public var generatedTokens: Int
    /// Runs after one that only warms up; medians are reported.
    public var runs: Int

    /// Tokens checked in one pass beyond the one that is sure; 0 leaves drafting out.
    public var draftTokens: Int
    /// The share of drafted tokens that count as right. The text is noise, so which ones are right is laid down: evenly the first ones of each draft.
    public var acceptance: Double

    public init(promptTokens: Int = 512, generatedTokens: Int = 64, runs: Int = 5, draftTokens: Int = 0, acceptance: Double = 0.6) {
        self.promptTokens = promptTokens
        self.generatedTokens = generatedTokens
        self.runs = runs
        self.draftTokens = draftTokens
        self.acceptance = acceptance
    }

    /// The read bandwidth is measured anew after so many decoded tokens.
    private static let tokensBetweenReads = 8

    /// Decoding with drafts.
    public struct Drafted: Sendable, Encodable {
        public let draftTokens: Int
        public let acceptance: Double
        /// Tokens that stay, a second.
        public let rate: Rate
        /// The median over that of decoding one by one.
        public let gain: Double
    }

    /// Tokens a second over the runs.
    public struct Rate: Sendable, Encodable {
        public let median: Double
        public let lowest: Double
        public let highest: Double

        init(_ values: [Double]) {
            let sorted = values.sorted()
            median = sorted.isEmpty ? 0 : (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
            lowest = sorted.first ?? 0
            highest = sorted.last ?? 0
        }
    }

    public struct Report: Sendable, Encodable {
        public let instructions: String
        public let threads: Int
        public let promptTokens: Int
        public let generatedTokens: Int
        public let runs: Int
        /// Tokens a second while reading the prompt.
        public let prefill: Rate
        /// Tokens a second while decoding, the first at position `promptTokens`.
        public let decode: Rate
        public let drafted: Drafted?
        /// 10⁹ operations a second of matrix products at the median prefill rate.
        public let prefillGigaOperations: Double
        /// Bytes read for each decoded token: the weights, and the keys and values of the positions before it, of which there are more from token to token: the mean.
        public let bytesPerToken: Int
        /// 10⁹ of these bytes a second at the median decode rate.
        public let decodeGigabytes: Double
        public let peaks: HardwarePeaks
        /// Prefill's share of the int8 peak (of the fp32 peak where weights are not quantised).
        public let prefillShare: Double
        /// Decoding's share of the read bandwidth, which is measured between the decoded tokens: the mean over all runs.
        public let decodeShare: Double
        /// Bytes of memory at the highest, of the whole process; nil where the system does not tell.
        public let peakMemory: Int?
    }

    /// Runs the benchmark. Throws `ModelError` when prompt and text do not fit into the context.
    public func run(_ model: PhiModel, isCancelled: () -> Bool = { false }) throws -> Report {
        let clock = ContinuousClock()
        let cache = try model.makeCache(capacity: promptTokens + generatedTokens + draftTokens + 1)
        let limit = Int32(max(1, min(model.configuration.tokenCount, 50_000)))
        let prompt = (0..<promptTokens).map { Int32(truncatingIfNeeded: $0 &* 7919 &+ 11) % limit }
        var prefill: [Double] = []
        var decode: [Double] = []
        var drafted: [Double] = []
        var reading = Duration.zero
        var decoding = Duration.zero
        var passes = 0
        for run in 0...max(1, runs) {
            cache.truncate(to: 0)
            let prefilling = try clock.measure { _ = try model.forward(prompt, cache: cache, logits: .last, isCancelled: isCancelled) }
            var writing = Duration.zero
            for step in 0..<generatedTokens {
                writing += try clock.measure { _ = try model.forward([prompt[step % prompt.count]], cache: cache, logits: .last, isCancelled: isCancelled) }
                guard run > 0, step % Self.tokensBetweenReads == 0 else { continue }
                reading += clock.measure { model.readWeights() }
                passes += 1
            }
            let drafts = draftTokens > 0 && generatedTokens > 0 ? try decodeWithDrafts(model, cache, prompt, isCancelled) : nil
            if run == 0 { continue }
            if let drafts { drafted.append(drafts) }
            prefill.append(Double(promptTokens) / prefilling.seconds)
            if generatedTokens > 0 { decode.append(Double(generatedTokens) / writing.seconds) }
            decoding += writing
        }
        let bandwidth = passes > 0 ? Double(passes * model.weightBytes) / reading.seconds * 1e-9 : 0
        let peaks = HardwarePeaks(pool: model.pool, level: model.level, readGigabytes: bandwidth)
        let read = Rate(prefill)
        let written = Rate(decode)
        let operations = read.median * model.operationsPerToken * 1e-9
        let bytesPerToken = model.weightBytes + model.cacheBytesPerPosition * (promptTokens + generatedTokens / 2)
        let share = passes > 0 ? Double(max(1, runs) * generatedTokens * bytesPerToken) / decoding.seconds * 1e-9 / bandwidth : 0
        let withDrafts = drafted.isEmpty ? nil : Rate(drafted)
        let peak = model.isQuantized ? peaks.int8GigaOperations : peaks.fp32GigaOperations
        return Report(
            instructions: model.level.rawValue, threads: model.pool.threads, promptTokens: promptTokens, generatedTokens: generatedTokens, runs: max(1, runs),
            prefill: read, decode: written,
            drafted: withDrafts.map { Drafted(draftTokens: draftTokens, acceptance: acceptance, rate: $0, gain: $0.median / written.median) },
            prefillGigaOperations: operations, bytesPerToken: bytesPerToken, decodeGigabytes: written.median * Double(bytesPerToken) * 1e-9, peaks: peaks,
            prefillShare: operations / peak, decodeShare: share, peakMemory: Self.peakMemory())
    }

    /// Tokens that stay, a second, while decoding with drafts after the prompt in `cache`.
    private func decodeWithDrafts(_ model: PhiModel, _ cache: KVCache, _ prompt: [Int32], _ isCancelled: () -> Bool) throws -> Double {
        cache.truncate(to: promptTokens)
        var kept = 0
        let time = try ContinuousClock().measure {
            var drafted = 0
            var right = 0
            while kept < generatedTokens {
                let tokens = (0...draftTokens).map { prompt[(kept + $0) % prompt.count] }
                _ = try model.forward(tokens, cache: cache, logits: .all, isCancelled: isCancelled)
                drafted += draftTokens
                kept += 1 + Int(acceptance * Double(drafted)) - right
                right = Int(acceptance * Double(drafted))
                cache.truncate(to: promptTokens + kept)
            }
        }
        return Double(kept) / time.seconds
    }

    /// The most memory that the process held at any time, as the kernel counts it.
    private static func peakMemory() -> Int? {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kilobytes = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap({ Int($0) })
        else { return nil }
        return kilobytes * 1024
    }
}
