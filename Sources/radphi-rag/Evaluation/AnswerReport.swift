import Foundation
import Retrieval

/// How one system did.
struct SystemReport: Encodable {
    let system: String
    let rows: [AnswerEvaluation.Row]
    let confidenceAuroc: Double
    let coverage: [AnswerEvaluation.CoveragePoint]
    /// Seconds at the 50th, 90th, 95th and 99th percentile.
    let seconds: [Double]
    let firstTokenMedian: Double
    let generatedTokens: Double
    let failures: [Failure]

    /// A question that went wrong, for people to look at.
    struct Failure: Encodable {
        let id: String
        let question: String
        let expected: String
        let answer: String
        let confidence: Double
    }

    static let percentiles = [0.5, 0.9, 0.95, 0.99]

    init(_ system: String, _ outcomes: [AnswerEvaluation.Outcome]) {
        self.system = system
        rows = AnswerEvaluation.table(outcomes)
        confidenceAuroc = AnswerEvaluation.confidenceAUROC(outcomes)
        coverage = AnswerEvaluation.coverage(outcomes)
        let durations = outcomes.map(\.answer.timings.total)
        seconds = Self.percentiles.map { Statistics.percentile(durations, $0) }
        firstTokenMedian = Statistics.percentile(outcomes.map(\.answer.timings.firstToken).filter { $0 > 0 }, 0.5)
        generatedTokens = Statistics.mean(outcomes.map { Double($0.answer.tokenCounts.generated) })
        failures = outcomes.filter { $0.question.answerable ? !$0.exact : !$0.abstained }.map {
            Failure(
                id: $0.question.id, question: $0.question.question, expected: $0.question.answerable ? $0.question.evidence.joined(separator: " ") : "(the corpus does not say)",
                answer: $0.abstained ? "(declined)" : $0.answer.sentences.map(\.text).joined(separator: " "), confidence: $0.answer.confidence)
        }
    }
}

/// The whole report of `eval answers`: the program first, then what it is compared with.
struct AnswerReport: Encodable {
    let model: String
    let questions: Int
    let split: String
    let systems: [SystemReport]

    init(model: String, questions: [EvaluationQuestion], systems: [SystemReport]) {
        self.model = model
        self.questions = questions.count
        split = Set(questions.map(\.split)).sorted().joined(separator: ", ")
        self.systems = systems
    }

    static let header = ["group", "n", "retrieved", "evidence", "ROUGE-L", "F1", "cit. prec.", "cit. rec.", "contradict", "refused", "declined", "of"]
    static func cells(_ row: AnswerEvaluation.Row, name: String? = nil) -> [String] {
        [
            name ?? row.group, String(row.questions), row.retrieved.fixed, row.exact.fixed, row.rougeL.fixed, row.tokenF1.fixed, row.citationPrecision.fixed, row.citationRecall.fixed,
            row.contradictions.fixed, row.falseRefusals.fixed, row.declined.fixed, String(row.unanswerable),
        ]
    }

    /// For the terminal: every group of the first system, then one line a system.
    var text: String {
        var text = ""
        if let first = systems.first { text += TextTable(Self.header, first.rows.map { Self.cells($0) }).text + "\n" }
        text += TextTable(
            Self.header + ["AUROC", "s median", "s 95 %", "tokens"],
            systems.compactMap { system in
                system.rows.first.map { Self.cells($0, name: system.system) + [system.confidenceAuroc.fixed, system.seconds[0].fixed, system.seconds[2].fixed, system.generatedTokens.fixed] }
            }).text
        return text
    }
}
