import Engine
import Foundation

/// What was fitted for a model on the development questions; part of the `radphi.json` beside its weights.
public struct AnswerSettings: Sendable, Codable {
    public var fusion: FusionWeights
    /// Weights of `SentenceFeatures` by name.
    public var sentenceWeights: [String: Double]
    public var abstention: AbstentionModel
    /// At most so many sentences an answer.
    public var maxSentences: Int

    /// For a model that carries none: the lexical leg leads, because hidden states that were never trained to embed are the weaker leg.
    public static let uncalibrated = AnswerSettings(
        fusion: FusionWeights(), sentenceWeights: SentenceRanker.uncalibrated, abstention: .uncalibrated, maxSentences: 2)

    /// Whether sentences are embedded one by one for ranking; only where a fitted weight makes it worth its cost.
    public var usesSentenceSimilarity: Bool { (sentenceWeights["similarity"] ?? 0) != 0 }

    /// Reads the `answer` object of a model's settings file; keys that are missing keep their defaults.
    public static func read(_ data: Data?) throws -> AnswerSettings {
        guard let data else { return uncalibrated }
        struct File: Codable { var answer: AnswerSettings? }
        return try JSONDecoder().decode(File.self, from: data).answer ?? uncalibrated
    }
}
