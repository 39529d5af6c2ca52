/// Writes text after a prompt. Keeps its cache, so that a prompt that begins like the one before is not read again.
///
/// Not to be shared between threads.
public final class Generator {
    private let model: PhiModel
    private let tokenizer: Tokenizer
    private let cache: KVCache

    public init(model: PhiModel, tokenizer: Tokenizer) throws {
        self.model = model
        self.tokenizer = tokenizer
        cache = try model.makeCache(capacity: model.configuration.contextLength)
    }

    /// Continues `prompt`.
    ///
    /// - Parameters:
    ///   - isCancelled: asked between layers and tokens.
    ///   - onText: given each piece of text as soon as it can be shown; false ends the writing.
    /// - Throws: `ModelError` when the prompt is empty, longer than the context or not of this vocabulary; what `onText` throws.
    public func generate(
        prompt: [Int32], options: GenerationOptions, isCancelled: () -> Bool = { false }, onText: (String) throws -> Bool = { _ in true }
    ) throws -> GenerationResult {
        guard !prompt.isEmpty else { throw ModelError.emptyInput }
        guard prompt.count <= cache.capacity else { throw ModelError.contextFull(tokens: prompt.count, capacity: cache.capacity) }
        let clock = ContinuousClock()
        let began = clock.now
        let deadline = options.timeLimit.map { began + $0 }
        var first: ContinuousClock.Instant?
        func isLate() -> Bool { deadline.map { clock.now >= $0 } ?? false }

        let reused = reuse(prompt)
        var context = prompt
        var sampler = Sampler(options.sampling)
        var lookup = PromptLookup(limit: options.constraint == nil ? options.draftTokens : 0)
        var decoder = StreamingDecoder(tokenizer)
        var stops = StopStrings(options.stops)
        /// Logits of the coming positions, the next first; the later ones hold if the drafted tokens are the ones chosen.
        var rows: ArraySlice<[Float]> = []
        var drafts: ArraySlice<Int32> = []
        var drafted = 0
        var accepted = 0
        /// Of the draft in hand: its length, and how much of it was right so far.
        var draftLength = 0
        var draftAccepted = 0
        var tokens: [Int32] = []
        var logProbabilities: [Float] = []
        var text = ""
        var reason = FinishReason.length
        let limit = min(options.maxTokens, cache.capacity - prompt.count)

        writing: while tokens.count < limit {
            if isCancelled() { reason = .cancelled; break }
            if isLate() { reason = .time; break }
            let allowed = options.constraint?.allowedTokens()?.filter { $0 >= 0 && Int($0) < model.configuration.vocabularySize }
            var next = model.configuration.endToken
            if let allowed, allowed.count <= 1 {
                // No choice: the token is read later, together with those that follow.
                next = allowed.first ?? next
                logProbabilities.append(0)
            } else {
                if rows.isEmpty {
                    let draft = lookup.draft(after: context).prefix(max(0, min(limit - tokens.count - 1, cache.capacity - context.count)))
                    do {
                        let result = try model.forward(
                            Array(context[cache.count...]) + draft, cache: cache, logits: draft.isEmpty ? .last : .lastOnes(draft.count + 1)) { isCancelled() || isLate() }
                        rows = result.logits[...]
                    } catch ModelError.cancelled {
                        reason = isCancelled() ? .cancelled : .time
                        break writing
                    }
                    drafts = draft[...]
                    drafted += draft.count
                    draftLength = draft.count
                    draftAccepted = 0
                }
                if first == nil { first = clock.now }
                guard let logits = rows.popFirst() else { break }
                let choice = sampler.choose(logits, allowed: allowed, recent: context[...]) { options.constraint?.weigh($0, of: $1) ?? $0 }
                next = choice.token
                logProbabilities.append(choice.logProbability)
                if let expected = drafts.popFirst() {
                    if expected == next {
                        accepted += 1
                        draftAccepted += 1
                    } else {
                        drafts = []
                        rows = []
                        cache.truncate(to: context.count)
                    }
                    if drafts.isEmpty { lookup.learn(drafted: draftLength, accepted: draftAccepted) }
                }
            }
            options.constraint?.accept(next)
            if next == model.configuration.endToken { reason = .end; break }
            tokens.append(next)
            context.append(next)
            let piece = stops.append(decoder.append(next))
            text += piece
            if !piece.isEmpty, try !onText(piece) { reason = .stop; break }
            if stops.isStopped { reason = .stop; break }
        }
        // What was drafted and not chosen is no part of the text.
        cache.truncate(to: min(cache.count, context.count))
        if reason != .stop {
            let rest = stops.append(decoder.finish()) + stops.finish()
            text += rest
            if !rest.isEmpty { _ = try onText(rest) }
        }
        let end = clock.now
        let timings = GenerationTimings(prefill: ((first ?? end) - began).seconds, decode: first.map { (end - $0).seconds } ?? 0)
        return GenerationResult(
            tokens: tokens, text: text, finishReason: reason, logProbabilities: logProbabilities, promptTokens: prompt.count, reusedTokens: reused,
            draftedTokens: drafted, acceptedTokens: accepted, timings: timings)
    }

    /// Keeps of the cache what the prompt begins with, all but its last token; returns how many tokens that are.
    private func reuse(_ prompt: [Int32]) -> Int {
        var shared = 0
        while shared < prompt.count - 1, shared < cache.count, cache.tokens[shared] == prompt[shared] { shared += 1 }
        cache.truncate(to: shared)
        return shared
    }
}

extension Duration {
    /// The duration in seconds.
    package var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
