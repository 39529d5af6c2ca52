import Foundation
import Index

/// Fits what an `AnswerSettings` holds to a model and a corpus, never on test questions.
///
/// Small fits, one after the other, each on top of the one before: fusion weights, sentence weights, the model's share in the choice, abstention.
public struct Calibration {
    let questions: [EvaluationQuestion]
    /// Share of the answerable questions that may be declined.
    let falseRefusals: Double

    public init(questions: [EvaluationQuestion], falseRefusals: Double = 0.07) {
        self.questions = questions
        self.falseRefusals = falseRefusals
    }

    private var answerable: [EvaluationQuestion] { questions.filter { $0.answerable && $0.article != nil } }

    // MARK: - Fusion

    /// Weights that make the evidence's section likely among all candidates.
    public func fusionWeights(_ searcher: Searcher, progress: (Int, Int) throws -> Void = { _, _ in }) throws -> FusionWeights {
        var cases: [ConditionalLogit.Case] = []
        for (position, question) in answerable.enumerated() {
            try progress(position, answerable.count)
            let hits = try searcher.search(SearchRequest(question: question.question, limit: 100)).hits
            let right = hits.indices.filter { hits[$0].passage.article == question.article && hits[$0].passage.sectionPath.joined(separator: " > ") == question.section }
            cases.append(ConditionalLogit.Case(features: hits.map(\.signals.vector), right: Set(right)))
        }
        return FusionWeights(vector: ConditionalLogit(cases, width: FusionWeights().vector.count).weights.map(Self.rounded))
    }

    // MARK: - Sentences

    /// Weights that make the evidence sentence likely among all sentences of the passages.
    public func sentenceWeights(_ answerer: Answerer, passages: Int, progress: (Int, Int) throws -> Void = { _, _ in }) throws -> [String: Double] {
        var cases: [ConditionalLogit.Case] = []
        for (position, question) in answerable.enumerated() {
            try progress(position, answerable.count)
            let run = try answerer.prepare(AskRequest(question: question.question, topK: passages))
            let evidence = Set(question.evidence.map { NormalizedText($0).bytes })
            let right = run.ranked.indices.filter { evidence.contains(NormalizedText(run.ranked[$0].text).bytes) }
            cases.append(ConditionalLogit.Case(features: run.ranked.map(\.features.vector), right: Set(right)))
        }
        let fit = ConditionalLogit(cases, width: SentenceFeatures.names.count)
        return Dictionary(uniqueKeysWithValues: zip(SentenceFeatures.names, fit.weights.map(Self.rounded)))
    }

    /// The weight of the ranking beside the model's choice with which the evidence sentence comes first most often.
    ///
    /// Only questions of the dev split are asked: a model has seen those it was trained on.
    public func rankingWeight(_ answerer: Answerer, passages: Int, progress: (Int, Int) throws -> Void = { _, _ in }) throws -> Double {
        let grid = [0.25, 0.5, 1, 2, 4, 16]
        let held = answerable.filter { $0.split != "train" }
        var right = [Int](repeating: 0, count: grid.count)
        for (position, question) in held.enumerated() {
            try progress(position, held.count)
            let evidence = Set(question.evidence.map { NormalizedText($0).bytes })
            let sentences = try answerer.firstSentences(AskRequest(question: question.question, topK: passages), rankingWeights: grid)
            for (index, sentence) in sentences.enumerated() where evidence.contains(NormalizedText(sentence).bytes) { right[index] += 1 }
        }
        return grid.indices.max { right[$0] < right[$1] }.map { grid[$0] } ?? 1
    }

    // MARK: - Abstention

    /// A logistic model of "answerable", and the threshold at which no more than `falseRefusals` of the answerable questions are declined.
    ///
    /// - Parameter answers: evidence of each question's answer, made with a threshold of 0.
    public func abstention(_ answers: [(answerable: Bool, evidence: AnswerEvidence)]) -> AbstentionModel {
        let rows = answers.map(\.evidence.vector)
        let fit = LogisticRegression(rows: rows, labels: answers.map(\.answerable))
        let confidences = zip(rows, answers).filter(\.1.answerable).map { fit.probability($0.0) }.sorted()
        let position = min(confidences.count - 1, Int(Double(confidences.count) * falseRefusals))
        let threshold = confidences.isEmpty ? 0.5 : max(0, confidences[max(0, position)] - 1e-6)
        return AbstentionModel(
            bias: Self.rounded(fit.bias), weights: Dictionary(uniqueKeysWithValues: zip(AnswerEvidence.names, fit.weights.map(Self.rounded))), threshold: Self.rounded(threshold))
    }

    private static func rounded(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }
}
