import Foundation

/// How the next token is chosen from the logits.
public struct SamplingOptions: Sendable {
    /// 0: always the likeliest token.
    public var temperature: Float
    /// Only so many of the likeliest tokens may be drawn; 0 for no limit.
    public var topK: Int
    /// Only the likeliest tokens that together have this probability may be drawn; 1 for no limit.
    public var topP: Float
    /// Logits of tokens that occurred among the last 64 are divided by this if positive, multiplied if negative; 1 changes nothing.
    public var repetitionPenalty: Float
    /// The same seed draws the same tokens.
    public var seed: UInt64

    public init(temperature: Float = 0, topK: Int = 0, topP: Float = 1, repetitionPenalty: Float = 1, seed: UInt64 = 0) {
        self.temperature = temperature
        self.topK = topK
        self.topP = topP
        self.repetitionPenalty = repetitionPenalty
        self.seed = seed
    }
}

/// Chooses tokens. What it draws depends on the seed and the logits alone.
struct Sampler {
    /// Tokens looked back at by the repetition penalty.
    static let penaltyWindow = 64
    private let options: SamplingOptions
    private var generator: SplitMix64

    init(_ options: SamplingOptions) {
        self.options = options
        generator = SplitMix64(seed: options.seed)
    }

    /// - Parameters:
    ///   - logits: `[vocabulary]`; −∞ marks what is never drawn.
    ///   - allowed: the tokens that may be chosen, each inside the vocabulary; nil for all.
    ///   - recent: the tokens before, the latest last.
    ///   - weigh: turns the log-probabilities of the allowed tokens into the scores that count instead of their logits.
    /// - Returns: the token, and the logarithm of the probability that the model gives it among those allowed.
    mutating func choose(
        _ logits: [Float], allowed: [Int32]?, recent: ArraySlice<Int32>, weigh: ([Float], [Int32]) -> [Float] = { chances, _ in chances }
    ) -> (token: Int32, logProbability: Float) {
        guard let allowed, let first = allowed.first else {
            let choice = pick(logits, allowed: nil, recent: recent)
            return (Int32(choice), Self.logProbability(of: choice, logits))
        }
        let top = allowed.reduce(logits[Int(first)]) { max($0, logits[Int($1)]) }
        let mass = allowed.reduce(0.0) { $0 + exp(Double(logits[Int($1)] - top)) }
        let chances = allowed.map { logits[Int($0)] - top - Float(log(mass)) }
        var scores = [Float](repeating: -.infinity, count: logits.count)
        for (token, score) in zip(allowed, weigh(chances, allowed)) { scores[Int(token)] = score }
        let choice = Int32(pick(scores, allowed: allowed, recent: recent))
        return (choice, allowed.firstIndex(of: choice).map { chances[$0] } ?? 0)
    }

    private mutating func pick(_ logits: [Float], allowed: [Int32]?, recent: ArraySlice<Int32>) -> Int {
        var logits = logits
        if options.repetitionPenalty != 1 {
            for token in Set(recent.suffix(Self.penaltyWindow)) where logits.indices.contains(Int(token)) {
                let value = logits[Int(token)]
                logits[Int(token)] = value > 0 ? value / options.repetitionPenalty : value * options.repetitionPenalty
            }
        }
        guard options.temperature > 0 else { return Self.likeliest(logits, allowed: allowed) }
        var candidates = (allowed.map { $0.map(Int.init) } ?? Array(logits.indices)).filter { logits[$0] > -.infinity }
        guard let first = candidates.first else { return Self.likeliest(logits, allowed: allowed) }
        let isLimited = options.topK > 0 || options.topP < 1
        if isLimited {
            candidates.sort { logits[$0] != logits[$1] ? logits[$0] > logits[$1] : $0 < $1 }
            if options.topK > 0 { candidates = Array(candidates.prefix(options.topK)) }
        }
        let top = candidates.reduce(logits[first]) { max($0, logits[$1]) }
        var weights = candidates.map { exp(Double((logits[$0] - top) / options.temperature)) }
        if options.topP < 1 {
            let limit = Double(options.topP) * weights.reduce(0, +)
            var sum = 0.0
            var kept = 0
            while kept < weights.count, kept == 0 || sum < limit {
                sum += weights[kept]
                kept += 1
            }
            weights.removeSubrange(kept...)
        }
        var left = uniform() * weights.reduce(0, +)
        for (index, weight) in weights.enumerated() {
            left -= weight
            if left < 0 { return candidates[index] }
        }
        return candidates[weights.count - 1]
    }

    /// The first of the likeliest tokens.
    private static func likeliest(_ logits: [Float], allowed: [Int32]?) -> Int {
        var best = allowed?.first.map(Int.init) ?? 0
        if let allowed {
            for token in allowed where logits[Int(token)] > logits[best] { best = Int(token) }
        } else {
            for token in logits.indices where logits[token] > logits[best] { best = token }
        }
        return best
    }

    private static func logProbability(of choice: Int, _ logits: [Float]) -> Float {
        let own = logits[choice]
        // Beyond e⁻³⁰ nothing changes the sum.
        var mass = 0.0
        for logit in logits where logit - own > -30 { mass += exp(Double(logit - own)) }
        return Float(-log(max(mass, 1)))
    }

    /// In [0, 1).
    private mutating func uniform() -> Double { Double(generator.next() >> 11) * 0x1p-53 }
}
