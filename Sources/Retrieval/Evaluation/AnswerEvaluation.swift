import Foundation
import Index

/// How good the answers to a set of questions are.
public struct AnswerEvaluation: Sendable {
    /// One question's outcome.
    public struct Outcome: Sendable, Codable {
        public let question: EvaluationQuestion
        public let answer: Answer
        /// Whether the evidence's section was among the passages put before the model.
        public let retrieved: Bool
        /// Whether an evidence sentence stands in the answer.
        public let exact: Bool
        public let rougeL: Double
        public let tokenF1: Double
        /// Citations whose offsets give their quote, byte for byte, in the stored article.
        public let resolved: Int
        public let citations: Int
        /// Sentences that carry a citation which resolves.
        public let citedSentences: Int
        public let sentences: Int
    }

    /// Means over a group of outcomes.
    public struct Row: Sendable, Codable {
        public let group: String
        public let questions: Int
        public let retrieved: Double
        public let exact: Double
        public let rougeL: Double
        public let tokenF1: Double
        public let citationPrecision: Double
        public let citationRecall: Double
        /// Share of the answerable questions that were declined.
        public let falseRefusals: Double
        /// Share of the unanswerable questions that were declined; of `unanswerable`.
        public let declined: Double
        public let unanswerable: Int
    }

    public static func outcome(_ question: EvaluationQuestion, answer: Answer, hits: [SearchHit], store: IndexStore) -> Outcome {
        let evidence = question.evidence.map { NormalizedText($0).bytes }
        let exact = answer.sentences.contains { evidence.contains(NormalizedText($0.text).bytes) }
        var resolved = 0
        var supported: Set<Int> = []
        for citation in answer.citations {
            guard let source = answer.sources.first(where: { $0.n == citation.source }), let text = try? store.article(source.article)?.text else { continue }
            let utf8 = Array(text.utf8)
            guard citation.start >= 0, citation.start < citation.end, citation.end <= utf8.count,
                utf8[citation.start..<citation.end].elementsEqual(citation.quote.utf8)
            else { continue }
            resolved += 1
            supported.insert(citation.sentence)
        }
        let text = answer.sentences.map(\.text).joined(separator: " ")
        return Outcome(
            question: question, answer: answer,
            retrieved: hits.contains { $0.passage.article == question.article && $0.passage.sectionPath.joined(separator: " > ") == question.section ?? "" },
            exact: exact, rougeL: question.answerable ? TextMetrics.rougeL(text, reference: question.evidence.joined(separator: " ")) : 0,
            tokenF1: question.answerable ? TextMetrics.tokenF1(text, reference: question.evidence.joined(separator: " ")) : 0, resolved: resolved, citations: answer.citations.count,
            citedSentences: supported.count, sentences: answer.sentences.count)
    }

    /// One row for the group's outcomes.
    public static func row(_ group: String, _ outcomes: [Outcome]) -> Row {
        let answerable = outcomes.filter(\.question.answerable)
        let unanswerable = outcomes.filter { !$0.question.answerable }
        func share(_ part: Int, _ whole: Int) -> Double { whole > 0 ? Double(part) / Double(whole) : 0 }
        return Row(
            group: group, questions: answerable.count, retrieved: share(answerable.filter(\.retrieved).count, answerable.count),
            exact: share(answerable.filter(\.exact).count, answerable.count), rougeL: Statistics.mean(answerable.map(\.rougeL)), tokenF1: Statistics.mean(answerable.map(\.tokenF1)),
            citationPrecision: share(outcomes.reduce(0) { $0 + $1.resolved }, outcomes.reduce(0) { $0 + $1.citations }),
            citationRecall: share(outcomes.reduce(0) { $0 + $1.citedSentences }, outcomes.reduce(0) { $0 + $1.sentences }),
            falseRefusals: share(answerable.filter(\.answer.abstained).count, answerable.count), declined: share(unanswerable.filter(\.answer.abstained).count, unanswerable.count),
            unanswerable: unanswerable.count)
    }

    /// The whole, then by system, kind of question and variation.
    public static func table(_ outcomes: [Outcome]) -> [Row] {
        var rows = [row("all", outcomes)]
        for (title, key) in [("system", \EvaluationQuestion.systemName), ("kind", \.kind), ("variation", \.variation)] as [(String, KeyPath<EvaluationQuestion, String>)] {
            for value in Set(outcomes.map { $0.question[keyPath: key] }).sorted() {
                rows.append(row("\(title): \(value)", outcomes.filter { $0.question[keyPath: key] == value }))
            }
        }
        return rows
    }

    /// How well confidence separates answered-and-right from the rest.
    public static func confidenceAUROC(_ outcomes: [Outcome]) -> Double {
        Statistics.auroc(positive: outcomes.filter(\.question.answerable).map(\.answer.confidence), negative: outcomes.filter { !$0.question.answerable }.map(\.answer.confidence))
    }
}

extension EvaluationQuestion {
    var systemName: String { system ?? "none" }
}
