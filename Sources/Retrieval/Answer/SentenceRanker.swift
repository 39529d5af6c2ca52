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
    public var features: SentenceFeatures
    /// Log-odds of being the answer, up to a constant of the question.
    public var score: Double
}

/// What speaks for a sentence as the answer to a question; each about 0…1 unless said otherwise.
public struct SentenceFeatures: Sendable, Codable {
    /// Rarity-weighted share of the question's words that the sentence meets; other forms and related words count in part.
    public var coverage = 0.0
    /// The same with the passage's heading and subject added.
    public var headed = 0.0
    /// The sentence's share of the words beside the subject's name: what is asked about it.
    public var rest = 0.0
    /// Share of whole words that sentence and heading meet.
    public var exact = 0.0
    /// Cosine of question and sentence; 0 where not computed.
    public var similarity = 0.0
    /// The passage's fused score minus the best one's: 0 or less, a log-odds.
    public var passage = 0.0
    /// How well the heading meets what is asked.
    public var intent = 0.0
    public var entity = 0.0
    /// 1 for a passage's first sentence.
    public var first = 0.0
    /// 1 when the measure that is asked for is given, −1 when it is not, 0 when none is asked for.
    public var quantity = 0.0

    public static let names = ["coverage", "headed", "rest", "exact", "similarity", "passage", "intent", "entity", "first", "quantity"]
    public var vector: [Double] { [coverage, headed, rest, exact, similarity, passage, intent, entity, first, quantity] }
    public init() {}
}

/// Ranks the sentences of the found passages as answers: a linear model over `SentenceFeatures`, fitted by `radphi-rag eval tune`.
public struct SentenceRanker: Sendable {
    /// By feature name.
    public let weights: [String: Double]

    public init(weights: [String: Double] = SentenceRanker.uncalibrated) { self.weights = weights }

    /// Fitted on the training questions without a model, so without `similarity`.
    public static let uncalibrated = [
        "coverage": 1.6, "headed": 1.8, "rest": 2.3, "exact": 1.3, "passage": 0.8, "intent": 0.3, "entity": 0.7, "first": 0.2, "quantity": 1.1,
    ]

    /// Candidates from best to worst; equal scores keep the order of the text.
    ///
    /// - Parameter similarity: cosine of the question and each sentence (passage position, sentence position); nil where it would cost too much.
    public func rank(_ result: SearchResult, hits: [SearchHit], rarity: [String: Double], similarity: ((Int, Int) -> Double)?) -> [CandidateSentence] {
        let query = result.query
        let question = QuestionWords(query.stems, rarity: rarity)
        let top = hits.map(\.score).max() ?? 0
        var candidates: [CandidateSentence] = []
        for (position, hit) in hits.enumerated() {
            let words = PassageWords(hit.passage, subject: query.subject(of: hit.passage.article))
            let utf8 = Array(hit.passage.text.utf8)
            for (index, span) in words.spans.enumerated() {
                let text = Prompt.oneLine(utf8[span])
                let own = words.sentences[index]
                var features = SentenceFeatures()
                features.coverage = question.coverage(by: own)
                features.headed = question.coverage(by: own, words.heading, words.subject)
                features.rest = question.coverage(by: own, leavingOut: words.subject)
                features.exact = question.coverage(by: own, words.heading, exactly: true)
                features.similarity = similarity?(position, index) ?? 0
                features.passage = hit.score - top
                features.intent = hit.intent
                features.entity = min(hit.entity, 1)
                features.first = index == 0 ? 1 : 0
                features.quantity = query.quantities.isEmpty ? 0 : AskedQuantity.given(query.quantities, in: text) ? 1 : -1
                candidates.append(CandidateSentence(passage: position, index: index, span: span, text: text, features: features, score: score(features)))
            }
        }
        return Self.sorted(candidates)
    }

    /// The same candidates, scored and ordered by this ranker.
    func rescored(_ candidates: [CandidateSentence]) -> [CandidateSentence] {
        let inOrder = candidates.sorted { ($0.passage, $0.index) < ($1.passage, $1.index) }
        return Self.sorted(inOrder.map { candidate in
            var candidate = candidate
            candidate.score = score(candidate.features)
            return candidate
        })
    }

    static func sorted(_ candidates: [CandidateSentence]) -> [CandidateSentence] {
        candidates.enumerated().sorted { $0.element.score != $1.element.score ? $0.element.score > $1.element.score : $0.offset < $1.offset }.map(\.element)
    }

    /// The probability of each candidate to be the answer, if one of them is: the softmax of their scores.
    public static func probabilities(_ candidates: [CandidateSentence]) -> [Double] {
        let top = candidates.map(\.score).max() ?? 0
        let masses = candidates.map { exp($0.score - top) }
        let total = masses.reduce(0, +)
        return masses.map { $0 / total }
    }

    func score(_ features: SentenceFeatures) -> Double {
        zip(SentenceFeatures.names, features.vector).reduce(0) { $0 + (weights[$1.0] ?? 0) * $1.1 }
    }
}
