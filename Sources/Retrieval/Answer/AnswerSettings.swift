import Engine
import Foundation

/// What was fitted for a model on the development questions; part of the `radphi.json` beside its weights.
public struct AnswerSettings: Sendable, Codable {
    public var fusion: FusionWeights
    /// Weights of `SentenceFeatures` by name.
    public var sentenceWeights: [String: Double]
    public var abstention: AbstentionModel
    /// The same for answers without a model (`--mode extract`).
    public var abstentionWithoutModel: AbstentionModel
    /// At most so many sentences an answer.
    public var maxSentences: Int
    /// How much the ranking of the sentences counts beside the model's own choice, which counts 1.
    public var rankingWeight: Double
    /// A further sentence is quoted when the ranking gives it at least this probability.
    public var furtherSentence: Double

    /// For a model that carries none: the lexical leg leads, because hidden states that were never trained to embed are the weaker leg.
    public static let uncalibrated = AnswerSettings(
        fusion: FusionWeights(), sentenceWeights: SentenceRanker.uncalibrated, abstention: .uncalibrated, abstentionWithoutModel: .uncalibrated, maxSentences: 2, rankingWeight: 1,
        furtherSentence: 0.1)

    /// Whether sentences are embedded one by one for ranking; only where a fitted weight makes it worth its cost.
    public var usesSentenceSimilarity: Bool { (sentenceWeights["similarity"] ?? 0) != 0 }

    /// Reads the `answer` object of a model's settings file; keys that are missing, there or in `fusion`, keep their defaults.
    public static func read(_ data: Data?) throws -> AnswerSettings {
        guard let data, let file = try JSONSerialization.jsonObject(with: data) as? [String: Any], let given = file["answer"] as? [String: Any] else { return uncalibrated }
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        guard var whole = try JSONSerialization.jsonObject(with: encoder.encode(uncalibrated)) as? [String: Any] else { return uncalibrated }
        for (key, value) in given {
            if key == "fusion", let defaults = whole[key] as? [String: Any], let weights = value as? [String: Any] {
                whole[key] = defaults.merging(weights) { $1 }
            } else {
                whole[key] = value
            }
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(AnswerSettings.self, from: JSONSerialization.data(withJSONObject: whole))
        } catch {
            throw SettingsError(reason: "\(error)")
        }
    }
}

/// The `answer` object of a model's settings is not of its form.
public struct SettingsError: DiagnosableError {
    let reason: String
    public var kind: String { "model-settings" }
    public var exitStatus: ExitStatus { .badData }
    public var message: String { "the model's radphi.json has an answer object that cannot be read; remove it, or write it anew with radphi-rag eval tune --write (\(reason))" }
}
