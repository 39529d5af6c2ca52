import Foundation

public struct GenerationOptions {
    public var maxTokens: Int
    public var constraint: (any TokenConstraint)?
    public init(maxTokens: Int = 256, constraint: (any TokenConstraint)? = nil) {
        self.maxTokens = maxTokens
        self.constraint = constraint
    }
}

public enum FinishReason: String, Sendable { case end, length, stop, cancelled, time }

public struct GenerationTimings: Sendable {
    public var prefill = 0.0
    public var decode = 0.0
}

public struct GenerationResult: Sendable {
    public let tokens: [Int32]
    public let text: String
    public let finishReason: FinishReason
    public let logProbabilities: [Float]
    public let promptTokens: Int
    public let reusedTokens: Int
    public let timings: GenerationTimings
}

/// Writes text after a prompt. Keeps its cache, so that a prompt that begins like the one before is not read again.
public final class Generator {
    private let model: PhiModel
    private let tokenizer: Tokenizer
    private let cache: KVCache

    public init(model: PhiModel, tokenizer: Tokenizer) throws {
        self.model = model
        self.tokenizer = tokenizer
        cache = try model.makeCache(capacity: model.configuration.contextLength)
    }

    public func generate(prompt: [Int32], options: GenerationOptions, isCancelled: () -> Bool = { false }, onText: (String) throws -> Bool = { _ in true }) throws -> GenerationResult {
        let began = Date()
        var shared = 0
        while shared < prompt.count - 1, shared < cache.count, cache.tokens[shared] == prompt[shared] { shared += 1 }
        cache.truncate(to: shared)
        var pending = Array(prompt[shared...])
        var timings = GenerationTimings()
        var decoder = StreamingDecoder(tokenizer)
        var tokens: [Int32] = []
        var text = ""
        var reason = FinishReason.length
        var logProbabilities: [Float] = []
        let limit = min(options.maxTokens, cache.capacity - prompt.count)
        while tokens.count < limit {
            if isCancelled() { reason = .cancelled; break }
            let allowed = options.constraint?.allowedTokens()
            let next: Int32
            if let allowed, allowed.count == 1 {
                next = allowed[0]
                logProbabilities.append(0)
            } else {
                var logits: [Float] = []
                // Read in pieces, so that cancelling does not wait for a long prompt.
                while !pending.isEmpty {
                    if isCancelled() { break }
                    let piece = Array(pending.prefix(128))
                    pending.removeFirst(piece.count)
                    let result = try model.forward(piece, cache: cache, logits: pending.isEmpty ? .last : .none)
                    logits = result.logits.last ?? []
                }
                if logits.isEmpty { reason = .cancelled; break }
                if timings.prefill == 0 { timings.prefill = -began.timeIntervalSinceNow }
                let candidates = allowed ?? Array(0..<Int32(logits.count))
                let top = candidates.map { logits[Int($0)] }.max() ?? 0
                let mass = candidates.reduce(0.0) { $0 + exp(Double(logits[Int($1)] - top)) }
                let chances = candidates.map { logits[Int($0)] - top - Float(log(mass)) }
                let scores = options.constraint?.weigh(chances, of: candidates) ?? chances
                let best = scores.indices.max { scores[$0] < scores[$1] }
                next = best.map { candidates[$0] } ?? model.configuration.endToken
                logProbabilities.append(best.map { chances[$0] } ?? 0)
            }
            options.constraint?.accept(next)
            if next == model.configuration.endToken { reason = .end; break }
            tokens.append(next)
            pending.append(next)
            let piece = decoder.append(next)
            text += piece
            if !piece.isEmpty, try !onText(piece) { reason = .stop; break }
        }
        let rest = decoder.finish()
        if !rest.isEmpty { text += rest; _ = try onText(rest) }
        timings.decode = -began.timeIntervalSinceNow - timings.prefill
        return GenerationResult(
            tokens: tokens, text: text, finishReason: reason, logProbabilities: logProbabilities, promptTokens: prompt.count, reusedTokens: shared, timings: timings)
    }
}
