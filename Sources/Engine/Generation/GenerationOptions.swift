/// What is to be written, and when to end.
public struct GenerationOptions {
    /// At most so many tokens are written.
    public var maxTokens: Int
    public var sampling: SamplingOptions
    /// The text ends before the first of these.
    public var stops: [String]
    /// Ends the writing after this time, the prompt included; nil for no limit.
    public var timeLimit: Duration?
    /// Restricts what may be written.
    public var constraint: (any TokenConstraint)?
    /// At most so many tokens are drafted from the text and checked in one pass; 0 for none. The result is the same either way.
    public var draftTokens: Int

    public init(
        maxTokens: Int = 256, sampling: SamplingOptions = SamplingOptions(), stops: [String] = [], timeLimit: Duration? = nil,
        constraint: (any TokenConstraint)? = nil, draftTokens: Int = 8
    ) {
        self.maxTokens = maxTokens
        self.sampling = sampling
        self.stops = stops
        self.timeLimit = timeLimit
        self.constraint = constraint
        self.draftTokens = draftTokens
    }
}

/// Why the writing ended: the end token, the token limit, a stop string or the reader, a cancellation, the time limit.
public enum FinishReason: String, Sendable { case end, length, stop, cancelled, time }

/// Seconds.
public struct GenerationTimings: Sendable {
    /// Until the first token could be chosen.
    public var prefill = 0.0
    /// From then on.
    public var decode = 0.0
}

public struct GenerationResult: Sendable {
    /// The tokens written, without the end token; those of a stop string are among them.
    public let tokens: [Int32]
    /// The text, without stop strings.
    public let text: String
    public let finishReason: FinishReason
    /// For each token chosen (the end token included), the logarithm of its probability among those allowed; 0 where there was no choice.
    public let logProbabilities: [Float]
    public let promptTokens: Int
    /// Tokens of the prompt that were still in the cache.
    public let reusedTokens: Int
    /// Tokens drafted, and those of them that were right.
    public let draftedTokens: Int
    public let acceptedTokens: Int
    public let timings: GenerationTimings
}
