import Foundation
import Index

/// How good the answers to a set of questions are.
public struct AnswerEvaluation: Sendable {
    /// One question's outcome.
    public struct Outcome: Sendable, Codable {
        public let question: EvaluationQuestion
        public let answer: Answer
        /// Whether the answer was held back for want of confidence.
        public let abstained: Bool
        /// Whether the evidence's section was among the passages put before the model.
        public let retrieved: Bool
        /// Whether an evidence sentence stands in the answer that was shown.
        public let exact: Bool
        /// The same if the answer had been shown whatever its confidence.
        public let exactIfShown: Bool
        public let rougeL: Double
        public let tokenF1: Double
        /// Citations whose offsets give their quote, byte for byte, in the stored article.
        public let resolved: Int
        public let citations: Int
        /// Sentences that carry a citation which resolves.
        public let citedSentences: Int
        public let sentences: Int
        /// Sentences that differ from the passages in a number, a side, a negation or hedging.
        public let contradictions: Int
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
        /// Share of the sentences that differ from the passages in a number, a side, a negation or hedging.
        public let contradictions: Double
        /// Share of the answerable questions that were declined.
        public let falseRefusals: Double
        /// Share of the unanswerable questions that were declined; of `unanswerable`.
        public let declined: Double
        public let unanswerable: Int
    }

    /// - Parameter threshold: the confidence below which the answer counts as held back; nil when the answer already says whether it abstains.
    public static func outcome(_ question: EvaluationQuestion, answer: Answer, hits: [SearchHit], store: IndexStore, threshold: Double? = nil) -> Outcome {
        let abstained = answer.abstained || threshold.map { answer.confidence < $0 } ?? false
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
        let text = abstained ? "" : answer.sentences.map(\.text).joined(separator: " ")
        let shown = abstained ? [] : answer.sentences
        return Outcome(
            question: question, answer: answer, abstained: abstained,
            retrieved: hits.contains { $0.passage.article == question.article && $0.passage.sectionPath.joined(separator: " > ") == question.section ?? "" },
            exact: exact && !abstained, exactIfShown: exact, rougeL: question.answerable ? TextMetrics.rougeL(text, reference: question.evidence.joined(separator: " ")) : 0,
            tokenF1: question.answerable ? TextMetrics.tokenF1(text, reference: question.evidence.joined(separator: " ")) : 0, resolved: abstained ? 0 : resolved,
            citations: abstained ? 0 : answer.citations.count, citedSentences: abstained ? 0 : supported.count, sentences: shown.count,
            contradictions: shown.filter { $0.reason.map { $0.hasPrefix("number") || $0.hasSuffix("differs") } ?? false }.count)
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
            contradictions: share(outcomes.reduce(0) { $0 + $1.contradictions }, outcomes.reduce(0) { $0 + $1.sentences }),
            falseRefusals: share(answerable.filter(\.abstained).count, answerable.count), declined: share(unanswerable.filter(\.abstained).count, unanswerable.count),
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

    /// One threshold's consequences.
    public struct CoveragePoint: Sendable, Codable {
        /// Share of all questions that are answered.
        public let coverage: Double
        /// Share of the answered ones whose answer lacks the evidence, unanswerable ones included.
        public let error: Double
        public let threshold: Double
    }

    /// Coverage against error as the threshold falls, at most 100 points.
    public static func coverage(_ outcomes: [Outcome]) -> [CoveragePoint] {
        let sorted = outcomes.sorted { $0.answer.confidence > $1.answer.confidence }
        let step = max(1, sorted.count / 100)
        var wrong = 0
        var points: [CoveragePoint] = []
        for (position, outcome) in sorted.enumerated() {
            if !outcome.question.answerable || !outcome.exactIfShown { wrong += 1 }
            guard (position + 1) % step == 0 || position + 1 == sorted.count else { continue }
            points.append(CoveragePoint(coverage: Double(position + 1) / Double(sorted.count), error: Double(wrong) / Double(position + 1), threshold: outcome.answer.confidence))
        }
        return points
    }

    /// How well confidence separates the answerable from the unanswerable.
    public static func confidenceAUROC(_ outcomes: [Outcome]) -> Double {
        Statistics.auroc(positive: outcomes.filter(\.question.answerable).map(\.answer.confidence), negative: outcomes.filter { !$0.question.answerable }.map(\.answer.confidence))
    }
}

extension EvaluationQuestion {
    var systemName: String { system ?? "none" }
}
