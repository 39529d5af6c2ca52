import Foundation
import Index

/// A sentence of a passage, as a possible answer.
public struct CandidateSentence: Sendable {
    /// Position of its passage among the passages of the prompt.
    public let passage: Int
    /// Position in that passage's sentences.
    public let index: Int
    /// UTF-8 range in the passage's text.
    public let span: Range<Int>
    public let text: String
    public let features: SentenceFeatures
    public var score: Double
}

/// What speaks for a sentence as the answer to a question; each about 0…1.
public struct SentenceFeatures: Sendable, Codable {
    /// Rarity-weighted share of the question's words that stand in the sentence.
    public var coverage = 0.0
    /// The same with the passage's heading added.
    public var headedCoverage = 0.0
    /// The same without the words of the subject's name: what is asked about it.
    public var restCoverage = 0.0
    /// Cosine of question and sentence; 0 where not computed.
    public var similarity = 0.0
    /// The passage's fused score relative to the best one's.
    public var passage = 0.0
    /// How well the heading meets what is asked.
    public var intent = 0.0
    public var entity = 0.0
    /// 1 for a passage's first sentence.
    public var first = 0.0

    public static let names = ["coverage", "headed_coverage", "rest_coverage", "similarity", "passage", "intent", "entity", "first"]
    public var vector: [Double] { [coverage, headedCoverage, restCoverage, similarity, passage, intent, entity, first] }
    public init() {}
}

/// Ranks the sentences of the found passages as answers: a linear model over `SentenceFeatures`, fitted on the training and development questions.
public struct SentenceRanker: Sendable {
    /// By feature name.
    public let weights: [String: Double]

    public init(weights: [String: Double] = SentenceRanker.uncalibrated) { self.weights = weights }

    public static let uncalibrated = [
        "coverage": 1.0, "headed_coverage": 1.0, "rest_coverage": 1.5, "similarity": 1.5, "passage": 1.5, "intent": 0.5, "entity": 0.5, "first": 0.1,
    ]

    /// Candidates from best to worst; equal scores keep the order of the text.
    ///
    /// - Parameter similarity: cosine of the question and each sentence (passage position, sentence position); nil where it would cost too much.
    public func rank(
        _ result: SearchResult, hits: [SearchHit], sentences: [[Range<Int>]], rarity: [String: Double], similarity: ((Int, Int) -> Double)?
    ) -> [CandidateSentence] {
        let question = Set(result.query.stems)
        let top = max(hits.first?.score ?? 0, 1e-9)
        func share(_ words: Set<String>, of asked: Set<String>) -> Double {
            let total = asked.reduce(0) { $0 + (rarity[$1] ?? 1) }
            return total > 0 ? asked.intersection(words).reduce(0) { $0 + (rarity[$1] ?? 1) } / total : 0
        }
        var candidates: [CandidateSentence] = []
        for (position, hit) in hits.enumerated() where position < sentences.count {
            let heading = Set(Words.content(hit.passage.heading))
            let name = Set(Words.content((result.query.entities[hit.passage.article]?.name ?? "") + " " + hit.passage.title))
            let utf8 = Array(hit.passage.text.utf8)
            for (index, span) in sentences[position].enumerated() {
                let text = Prompt.oneLine(utf8[span])
                let words = Set(Words.content(text))
                var features = SentenceFeatures()
                features.coverage = share(words, of: question)
                features.headedCoverage = share(words.union(heading), of: question)
                features.restCoverage = share(words.union(heading), of: question.subtracting(name))
                features.similarity = similarity?(position, index) ?? 0
                features.passage = hit.score / top
                features.intent = hit.intent
                features.entity = min(hit.entity, 1)
                features.first = index == 0 ? 1 : 0
                candidates.append(CandidateSentence(passage: position, index: index, span: span, text: text, features: features, score: score(features)))
            }
        }
        return candidates.enumerated().sorted { $0.element.score != $1.element.score ? $0.element.score > $1.element.score : $0.offset < $1.offset }.map(\.element)
    }

    func score(_ features: SentenceFeatures) -> Double {
        zip(SentenceFeatures.names, features.vector).reduce(0) { $0 + (weights[$1.0] ?? 0) * $1.1 }
    }
}
