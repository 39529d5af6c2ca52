import Foundation

/// What is known about an answer before it is shown: the inputs of the decision to abstain.
public struct AnswerEvidence: Sendable, Codable {
    /// Share of the question's content words (weighted by rarity) that stand in the best passage with its heading, 0…1.
    public var coverage = 0.0
    /// The same for the best article's title and synonyms: is the entity of the question the article's?
    public var entityCoverage = 0.0
    /// Lexical score of the best passage, and how far the next article is behind, both relative to the question's best possible score.
    public var lexicalTop = 0.0
    public var lexicalGap = 0.0
    /// Cosine similarity of the best passage.
    public var denseTop = 0.0
    /// 1 when both legs name the same best article, otherwise 0.
    public var agreement = 0.0
    /// Weighted share of the question's content words in the first sentence of the answer with its heading.
    public var sentenceCoverage = 0.0
    /// Cosine similarity of question and first answer sentence.
    public var sentenceSimilarity = 0.0
    /// Mean log-probability of the tokens where the model had a choice; 0 without a model.
    public var logProbability = 0.0
    /// 1 when the model itself declined.
    public var declined = 0.0

    /// Feature names in the order of `vector`.
    public static let names = [
        "coverage", "entity_coverage", "lexical_top", "lexical_gap", "dense_top", "agreement", "sentence_coverage", "sentence_similarity", "log_probability", "declined",
    ]
    public var vector: [Double] {
        [coverage, entityCoverage, lexicalTop, lexicalGap, denseTop, agreement, sentenceCoverage, sentenceSimilarity, logProbability, declined]
    }
    public init() {}
}

/// A logistic model of "the corpus answers this", fitted on development questions (`radphi-rag eval calibrate`).
public struct AbstentionModel: Sendable, Codable {
    public var bias: Double
    /// By feature name; a missing one counts as 0.
    public var weights: [String: Double]
    /// Below this probability the program abstains.
    public var threshold: Double

    public func probability(_ evidence: AnswerEvidence) -> Double {
        var sum = bias
        for (name, value) in zip(AnswerEvidence.names, evidence.vector) { sum += (weights[name] ?? 0) * value }
        return 1 / (1 + exp(-sum))
    }

    /// Used for models that carry no calibration: abstain when the question's words are mostly not in the best passage.
    public static let uncalibrated = AbstentionModel(bias: -4, weights: ["coverage": 4, "entity_coverage": 4, "sentence_coverage": 2], threshold: 0.5)
}

extension AnswerEvidence {
    /// What a search alone says; the answer's own features are filled in later.
    init(result: SearchResult, rarity: [String: Double]) {
        self.init()
        guard let best = result.hits.first else { return }
        let asked = Set(result.query.stems)
        let total = asked.reduce(0) { $0 + (rarity[$1] ?? 1) }
        func share(_ words: Set<String>) -> Double {
            total > 0 ? asked.intersection(words).reduce(0) { $0 + (rarity[$1] ?? 1) } / total : 0
        }
        let names = Set(Words.content(best.passage.title + " " + (result.query.entities[best.passage.article]?.name ?? "")))
        coverage = share(Set(Words.content(best.passage.heading + " " + best.passage.text)).union(names))
        entityCoverage = min(1, result.query.entities[best.passage.article]?.score ?? 0)
        let lexical = result.hits.compactMap(\.lexical)
        let ideal = max(total, 1e-9)
        lexicalTop = min(2, (lexical.max() ?? 0) / ideal)
        let other = result.hits.first { $0.passage.article != best.passage.article }
        lexicalGap = best.score > 0 ? (best.score - (other?.score ?? 0)) / best.score : 0
        denseTop = best.dense ?? 0
        let byLexical = result.hits.max { ($0.lexical ?? 0) < ($1.lexical ?? 0) }?.passage.article
        let byDense = result.hits.max { ($0.dense ?? -1) < ($1.dense ?? -1) }?.passage.article
        agreement = byLexical == byDense ? 1 : 0
    }
}
