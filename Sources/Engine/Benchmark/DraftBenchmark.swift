/// Measures what drafting from the prompt gives where the text to be written is known, such as answers that quote their passages.
///
/// The text is laid down rather than chosen by the model, so the figures are those of a model that writes exactly this.
public struct DraftBenchmark: Sendable {
    /// At most so many tokens a draft.
    public var draftTokens: Int

    public init(draftTokens: Int = 8) { self.draftTokens = draftTokens }

    /// A prompt and what is written after it.
    public struct Text: Sendable {
        public let prompt: [Int32]
        public let answer: [Int32]

        public init(prompt: [Int32], answer: [Int32]) {
            self.prompt = prompt
            self.answer = answer
        }
    }

    /// All passes in which so many drafted tokens were right.
    public struct Length: Sendable, Encodable {
        public let accepted: Int
        public let passes: Int
        public let seconds: Double
        /// Tokens that stay, a second: the accepted ones and the one that is sure.
        public let tokensPerSecond: Double
    }

    public struct Report: Sendable, Encodable {
        public let texts: Int
        public let promptTokens: Int
        public let writtenTokens: Int
        public let drafted: Int
        public let accepted: Int
        /// Tokens a second, one a pass.
        public let plainRate: Double
        /// Tokens a second with drafts.
        public let draftedRate: Double
        /// The second over the first.
        public let gain: Double
        public let lengths: [Length]
    }

    /// Throws `ModelError` when a text does not fit into the context, and when cancelled.
    public func run(_ model: PhiModel, _ texts: [Text], isCancelled: () -> Bool = { false }) throws -> Report {
        let clock = ContinuousClock()
        let cache = try model.makeCache(capacity: model.configuration.contextLength)
        var plain = Duration.zero
        var passes: [Int: (count: Int, time: Duration)] = [:]
        var drafted = 0
        for text in texts where !text.prompt.isEmpty && text.prompt.count + text.answer.count + draftTokens <= cache.capacity {
            cache.truncate(to: 0)
            _ = try model.forward(text.prompt, cache: cache, logits: .none, isCancelled: isCancelled)
            plain += try clock.measure {
                for token in text.answer { _ = try model.forward([token], cache: cache, logits: .last, isCancelled: isCancelled) }
            }
            cache.truncate(to: text.prompt.count)
            var lookup = PromptLookup(limit: draftTokens)
            var context = text.prompt
            var written = 0
            while written < text.answer.count {
                let began = clock.now
                let sure = text.answer[written]
                let draft = Array(lookup.draft(after: context + [sure]).prefix(text.answer.count - written - 1))
                _ = try model.forward([sure] + draft, cache: cache, logits: .all, isCancelled: isCancelled)
                let right = zip(draft, text.answer[(written + 1)...]).prefix { $0 == $1 }.count
                lookup.learn(drafted: draft.count, accepted: right)
                drafted += draft.count
                context += text.answer[written...(written + right)]
                written += right + 1
                cache.truncate(to: context.count)
                let time = passes[right] ?? (0, .zero)
                passes[right] = (time.count + 1, time.time + (clock.now - began))
            }
        }
        let lengths = passes.sorted { $0.key < $1.key }.map { accepted, pass in
            Length(accepted: accepted, passes: pass.count, seconds: pass.time.seconds, tokensPerSecond: Double((accepted + 1) * pass.count) / pass.time.seconds)
        }
        let writtenTokens = lengths.reduce(0) { $0 + ($1.accepted + 1) * $1.passes }
        let seconds = lengths.reduce(0) { $0 + $1.seconds }
        let plainRate = writtenTokens > 0 ? Double(writtenTokens) / plain.seconds : 0
        let draftedRate = writtenTokens > 0 ? Double(writtenTokens) / seconds : 0
        return Report(
            texts: texts.count, promptTokens: texts.reduce(0) { $0 + $1.prompt.count }, writtenTokens: writtenTokens, drafted: drafted,
            accepted: lengths.reduce(0) { $0 + $1.accepted * $1.passes }, plainRate: plainRate, draftedRate: draftedRate,
            gain: plainRate > 0 ? draftedRate / plainRate : 0, lengths: lengths)
    }
}
