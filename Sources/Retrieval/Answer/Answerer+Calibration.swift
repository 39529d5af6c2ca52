import Engine
import Foundation

extension Answerer {
    /// What is known about the answer to a prepared question, for calibration: as `answer` finds it, whatever the threshold.
    func evidence(_ prepared: Run, mode: AnswerMode) throws -> AnswerEvidence {
        var run = prepared
        guard !run.hits.isEmpty else { return run.sides[0].evidence }
        if mode == .extract {
            try extract(&run, onEvent: { _ in })
        } else {
            let request = AskRequest(question: run.query.question, mode: mode)
            try generate(&run, request, began: ContinuousClock().now, isCancelled: { false }, onEvent: { _ in })
        }
        return run.sides[0].evidence
    }

    /// The first sentence of the answer to a prepared question for each weight of the ranking beside the model, for calibration.
    func firstSentences(_ run: Run, rankingWeights: [Double]) throws -> [String] {
        guard let prompt = run.prompt else { return [] }
        return try rankingWeights.map { weight in
            let constraint = quoting(run.sides[0].ranked, EvidenceConstraint.Policy(maxSentences: 1, rankingWeight: weight, furtherSentence: 1))
            _ = try turns.take { try $0.generate(prompt: prompt.tokens, options: GenerationOptions(constraint: constraint)) }
            return constraint.written.first?.text ?? ""
        }
    }

    /// The sentence that the model chooses when the ranking has no say; nil when it finds declining more probable than that sentence.
    func modelsOwnChoice(_ run: Run) throws -> EvidenceConstraint.Choice? {
        guard let prompt = run.prompt else { return nil }
        let constraint = quoting(run.sides[0].ranked, EvidenceConstraint.Policy(maxSentences: 1, rankingWeight: 0, furtherSentence: 1))
        _ = try turns.take { try $0.generate(prompt: prompt.tokens, options: GenerationOptions(constraint: constraint)) }
        return constraint.declineProbability > exp(constraint.choiceLogProbability) ? nil : constraint.written.first
    }
}
