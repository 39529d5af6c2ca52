/// What a build did; `index build --json` prints it.
public struct BuildReport: Sendable, Codable {
    public let generation: String
    public let articles: Int
    public let passages: Int
    public let embedded: Int
    public let reused: Int
    public let skipped: [SkippedDocument]
    public let seconds: Double
    /// Of the tokens that were embedded, over the time that embedding took; 0 when nothing was.
    public let tokensPerSecond: Double
}

/// How far a build is, for a progress line.
public struct BuildProgress: Sendable {
    public enum Phase: String, Sendable { case reading, vectors, publishing }
    public let phase: Phase
    /// 0 to 1, of the phase.
    public let fraction: Double
    public let passages: Int
    public let tokensPerSecond: Double
    /// Since the build began.
    public let seconds: Double
}
