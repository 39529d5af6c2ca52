import Foundation
import Index

/// Fits what an `AnswerSettings` holds to a model and a corpus, on development questions only.
///
/// Three small fits, one after the other, each on top of the one before: fusion weights, sentence weights, abstention.
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

    /// Weights with the best mean reciprocal rank of the evidence's section, by a coordinate search over a grid.
    public func fusionWeights(_ searcher: Searcher) throws -> FusionWeights {
        let cases = try answerable.map { question in
            let hits = try searcher.search(SearchRequest(question: question.question, limit: 400)).hits
            return hits.map { (signals: $0.signals, right: $0.passage.article == question.article && $0.passage.sectionPath.joined(separator: " > ") == question.section) }
        }
        func quality(_ weights: FusionWeights) -> Double {
            Statistics.mean(cases.map { hits in
                let scores = hits.map { weights.score($0.signals) }
                guard let best = zip(scores, hits).filter(\.1.right).map(\.0).max() else { return 0 }
                let rank = scores.filter { $0 > best }.count
                return (rank < 10 ? 1 / Double(rank + 1) : 0) + (rank < 5 ? 1 : 0)
            })
        }
        var best = FusionWeights(lexical: 1, dense: 0.5, entity: 0.5, intent: 0.3)
        var value = quality(best)
        let grid = [0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1, 1.25, 1.6, 2]
        for _ in 0..<4 {
            let before = value
            for key in [\FusionWeights.dense, \.entity, \.intent, \.lexical] {
                for weight in grid {
                    var trial = best
                    trial[keyPath: key] = weight
                    let quality = quality(trial)
                    if quality > value + 1e-9 { (best, value) = (trial, quality) }
                }
            }
            if value == before { break }
        }
        return best
    }

    // MARK: - Sentences

    /// Weights that make the evidence sentence likely among all sentences of the passages: a conditional logit, by gradient ascent.
    public func sentenceWeights(_ answerer: Answerer, passages: Int) throws -> [String: Double] {
        var cases: [(features: [[Double]], right: Set<Int>)] = []
        for question in answerable {
            let run = try answerer.prepare(AskRequest(question: question.question, topK: passages))
            let evidence = Set(question.evidence.map { NormalizedText($0).bytes })
            let right = run.ranked.indices.filter { evidence.contains(NormalizedText(run.ranked[$0].text).bytes) }
            if !right.isEmpty { cases.append((run.ranked.map(\.features.vector), Set(right))) }
        }
        var weights = [Double](repeating: 1, count: SentenceFeatures.names.count)
        let penalty = 0.01
        for step in 0..<600 {
            var gradient = weights.map { -penalty * $0 }
            for (features, right) in cases {
                let scores = features.map { row in zip(row, weights).reduce(0) { $0 + $1.0 * $1.1 } }
                let top = scores.max() ?? 0
                let masses = scores.map { exp($0 - top) }
                let all = masses.reduce(0, +)
                let good = right.reduce(0) { $0 + masses[$1] }
                for (index, row) in features.enumerated() {
                    let pull = (right.contains(index) ? masses[index] / good : 0) - masses[index] / all
                    for k in row.indices { gradient[k] += pull * row[k] / Double(cases.count) }
                }
            }
            let rate = 4 / (1 + Double(step) / 100)
            for k in weights.indices { weights[k] += rate * gradient[k] }
        }
        return Dictionary(uniqueKeysWithValues: zip(SentenceFeatures.names, weights.map { ($0 * 1000).rounded() / 1000 }))
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
        func rounded(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }
        return AbstentionModel(
            bias: rounded(fit.bias), weights: Dictionary(uniqueKeysWithValues: zip(AnswerEvidence.names, fit.weights.map(rounded))), threshold: rounded(threshold))
    }
}
