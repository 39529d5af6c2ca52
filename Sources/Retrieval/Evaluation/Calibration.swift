import Foundation
import Index

/// Fits what an `AnswerSettings` holds to a model and a corpus, never on test questions.
///
/// Small fits, one after the other, each on top of the one before: fusion weights, sentence weights, the model's share in the choice, abstention.
/// A model has seen the train questions, so whatever it computes looks better on them than it is. Its features are therefore fitted on the
/// other questions alone, beside one scale for everything else; the rest is fitted on all.
public struct Calibration {
    let questions: [EvaluationQuestion]
    /// Share of the answerable questions that may be declined.
    let falseRefusals: Double
    let passages: Int
    /// Tells the stage, and how many of its questions are done; throwing from it stops the work.
    let progress: (String, Int, Int) throws -> Void

    /// - Parameters:
    ///   - passages: passages put before the model.
    ///   - trainLimit: at most so many answerable questions of the train split are answered, evenly spaced; all of them count for the fusion.
    public init(
        questions: [EvaluationQuestion], falseRefusals: Double = 0.1, passages: Int = 5, trainLimit: Int = 400, progress: @escaping (String, Int, Int) throws -> Void = { _, _, _ in }
    ) {
        self.questions = questions
        self.falseRefusals = falseRefusals
        self.passages = passages
        self.progress = progress
        let train = questions.filter { $0.answerable && $0.split == "train" }
        let step = max(1, Int((Double(train.count) / Double(max(1, trainLimit))).rounded(.up)))
        let chosen = Set(train.enumerated().filter { $0.offset % step == 0 }.map(\.element.id))
        answered = questions.filter { !$0.answerable || $0.split != "train" || chosen.contains($0.id) }
    }

    /// The questions of every stage but the fusion.
    private let answered: [EvaluationQuestion]

    /// Fitted settings, beginning from `settings`.
    ///
    /// - Parameter answerer: makes an answerer with given settings.
    public func fit(_ settings: AnswerSettings, answerer: (AnswerSettings) throws -> Answerer) throws -> AnswerSettings {
        var settings = settings
        settings.fusion = try fusionWeights(answerer(settings).searcher)
        // Any weight but 0 makes the sentences' similarity known.
        settings.sentenceWeights["similarity"] = 1
        let preparing = try answerer(settings)
        var runs: [(question: EvaluationQuestion, run: Answerer.Run)] = []
        for (position, question) in answered.enumerated() {
            try progress("sentences", position, answered.count)
            runs.append((question, try preparing.prepare(request(question))))
        }
        settings.sentenceWeights = sentenceWeights(runs)
        let ranker = SentenceRanker(weights: settings.sentenceWeights)
        for index in runs.indices { runs[index].run.sides[0].ranked = ranker.rescored(runs[index].run.sides[0].ranked) }

        settings.rankingWeight = try rankingWeight(answerer(settings), runs)
        let answering = try answerer(settings)
        var attempts: [Attempt] = []
        for (position, (question, run)) in runs.enumerated() {
            try progress("abstention", position, runs.count)
            attempts.append(try attempt(question, run, isAnswerable: question.answerable, answering))
            if question.answerable { attempts.append(try attempt(question, withheld(question, answering), isAnswerable: false, answering)) }
        }
        settings.abstention = abstention(attempts, \.asked)
        settings.abstentionWithoutModel = abstention(attempts, \.quoted)
        return settings
    }

    /// What was known about the answer to a question from passages that answer it or do not.
    struct Attempt {
        let question: EvaluationQuestion
        let isAnswerable: Bool
        let asked: AnswerEvidence
        let quoted: AnswerEvidence
    }

    private func attempt(_ question: EvaluationQuestion, _ run: Answerer.Run, isAnswerable: Bool, _ answerer: Answerer) throws -> Attempt {
        Attempt(question: question, isAnswerable: isAnswerable, asked: try answerer.evidence(run, mode: .auto), quoted: try answerer.evidence(run, mode: .extract))
    }

    /// One question, one answer: what is fitted holds for each side of a comparison too.
    private func request(_ question: EvaluationQuestion) -> AskRequest {
        var request = AskRequest(question: question.question, topK: passages)
        request.splitsComparisons = false
        return request
    }

    /// The question before the best passages that do not hold its evidence: what must be declined although the article is the right one.
    private func withheld(_ question: EvaluationQuestion, _ answerer: Answerer) throws -> Answerer.Run {
        var request = request(question)
        request.among = try ReadingEvaluation.wrongPassages(question, searcher: answerer.searcher, count: passages)
        return try answerer.prepare(request)
    }

    /// Whether no model was trained on a question.
    private func isHeldOut(_ question: EvaluationQuestion) -> Bool { question.split != "train" }

    // MARK: - Fusion

    /// Weights that make the evidence's section likely among all candidates.
    private func fusionWeights(_ searcher: Searcher) throws -> FusionWeights {
        let answerable = questions.filter { $0.answerable && $0.article != nil }
        var cases: [ConditionalLogit.Case] = []
        for (position, question) in answerable.enumerated() {
            try progress("fusion", position, answerable.count)
            let hits = try searcher.search(SearchRequest(question: question.question, limit: 100)).hits
            let right = hits.indices.filter { hits[$0].passage.article == question.article && hits[$0].passage.sectionPath.joined(separator: " > ") == question.section }
            cases.append(ConditionalLogit.Case(features: hits.map(\.signals.vector), right: Set(right), isHeldOut: isHeldOut(question)))
        }
        return FusionWeights(vector: ConditionalLogit.stacked(cases, width: FusionWeights().vector.count, learned: [FusionWeights.densePosition]).map(Self.rounded))
    }

    // MARK: - Sentences

    /// Weights that make the evidence sentence likely among all sentences of the passages.
    private func sentenceWeights(_ runs: [(question: EvaluationQuestion, run: Answerer.Run)]) -> [String: Double] {
        let cases = runs.filter(\.question.answerable).map { question, run in
            let evidence = Set(question.evidence.map { NormalizedText($0).bytes })
            let right = run.sides[0].ranked.indices.filter { evidence.contains(NormalizedText(run.sides[0].ranked[$0].text).bytes) }
            return ConditionalLogit.Case(features: run.sides[0].ranked.map(\.features.vector), right: Set(right), isHeldOut: isHeldOut(question))
        }
        let learned = SentenceFeatures.names.indices.filter { SentenceFeatures.names[$0] == "similarity" }
        let weights = ConditionalLogit.stacked(cases, width: SentenceFeatures.names.count, learned: learned)
        return Dictionary(uniqueKeysWithValues: zip(SentenceFeatures.names, weights.map(Self.rounded)))
    }

    /// The weight of the ranking beside the model's choice with which the evidence sentence comes first most often; of equal ones the smallest.
    private func rankingWeight(_ answerer: Answerer, _ runs: [(question: EvaluationQuestion, run: Answerer.Run)]) throws -> Double {
        let grid = [0.25, 0.5, 1, 2, 4, 16]
        let held = runs.filter { $0.question.answerable && isHeldOut($0.question) }
        var right = [Int](repeating: 0, count: grid.count)
        for (position, (question, run)) in held.enumerated() {
            try progress("choice", position, held.count)
            let evidence = Set(question.evidence.map { NormalizedText($0).bytes })
            for (index, sentence) in try answerer.firstSentences(run, rankingWeights: grid).enumerated() where evidence.contains(NormalizedText(sentence).bytes) { right[index] += 1 }
        }
        let most = right.max() ?? 0
        return held.isEmpty ? 1 : zip(grid, right).first { $0.1 == most }?.0 ?? 1
    }

    // MARK: - Abstention

    /// A logistic model of "answerable", and the threshold at which no more than `falseRefusals` of the answerable questions are declined.
    ///
    /// Questions that the corpus does not answer are few here and what users meet more often than evidence that was not found, so all of them together
    /// count twice as much as the questions whose evidence was withheld; and the questions with their evidence as much as both, so that the
    /// probability is one at even odds.
    func abstention(_ attempts: [Attempt], _ evidence: KeyPath<Attempt, AnswerEvidence>) -> AbstentionModel {
        let withheld = attempts.filter { $0.question.answerable && !$0.isAnswerable }.count
        let unanswerable = attempts.filter { !$0.question.answerable }.count
        func importance(_ attempt: Attempt) -> Double {
            guard withheld > 0, unanswerable > 0 else { return 1 }
            return attempt.isAnswerable ? 3 : attempt.question.answerable ? 1 : 2 * Double(withheld) / Double(unanswerable)
        }
        let fit = LogisticRegression.stacked(
            attempts.map {
                LogisticRegression.Example(
                    features: $0[keyPath: evidence].vector, label: $0.isAnswerable, isHeldOut: isHeldOut($0.question), importance: importance($0))
            },
            learned: AnswerEvidence.names.indices.filter { AnswerEvidence.learned.contains(AnswerEvidence.names[$0]) })
        var judged = attempts.filter { $0.isAnswerable && isHeldOut($0.question) }
        if judged.count < 50 { judged = attempts.filter(\.isAnswerable) }
        let confidences = judged.map { fit.probability($0[keyPath: evidence].vector) }.sorted()
        let position = min(confidences.count - 1, Int(Double(confidences.count) * falseRefusals))
        let threshold = confidences.isEmpty ? 0.5 : max(0, confidences[max(0, position)] - 1e-4)
        return AbstentionModel(
            bias: Self.rounded(fit.bias), weights: Dictionary(uniqueKeysWithValues: zip(AnswerEvidence.names, fit.weights.map(Self.rounded))), threshold: Self.rounded(threshold))
    }

    private static func rounded(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }
}
