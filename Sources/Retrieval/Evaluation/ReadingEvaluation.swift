import Foundation
import Index

/// How well answers are read out of four passages, whatever the search would have found.
///
/// Each answerable question is put twice: with the passage that holds its evidence beside the three best wrong ones that the search finds, and with the
/// four best wrong ones. Wrong passages are hard in this way: mostly other sections of the same article.
public struct ReadingEvaluation: Sendable {
    public static let passages = 4

    /// A question with the passages that it is to be answered from.
    public struct Case: Sendable {
        public let question: EvaluationQuestion
        /// The passage that holds the evidence; nil when none of them does.
        public let right: Int64?
        public let passages: Set<Int64>
    }

    /// What was made of a case.
    public struct Outcome: Sendable {
        let hasRight: Bool
        let isAnswerable: Bool
        let declined: Bool
        let copied: Bool
        let fromRight: Bool
        /// Sentences shown, and those of them that stand in the passage whose number follows them.
        let sentences: Int
        let numbered: Int

        /// - Parameter sentences: the answer's sentences with the passages cited for them; empty when declined.
        public init(_ reading: Case, sentences: [(text: String, passage: Passage?)]) {
            let evidence = ReadingEvaluation.evidence(of: reading.question)
            hasRight = reading.right != nil
            isAnswerable = reading.question.answerable
            declined = sentences.isEmpty
            copied = sentences.contains { evidence.contains(NormalizedText($0.text).bytes) }
            fromRight = reading.right != nil && sentences.first?.passage?.id == reading.right
            self.sentences = sentences.count
            numbered = sentences.filter { sentence in
                sentence.passage.map { ReadingEvaluation.sentences(of: $0).contains(NormalizedText(sentence.text).bytes) } ?? false
            }.count
        }
    }

    /// Shares over all cases of a reader.
    public struct Row: Sendable, Codable {
        public let reader: String
        /// Questions with the right passage among the four.
        public let questions: Int
        /// Of them: an evidence sentence stands in the answer, word for word.
        public let copied: Double
        /// Of them: the first sentence is taken from the right passage.
        public let fromRightPassage: Double
        /// Of them: declined.
        public let falseRefusals: Double
        /// Of all sentences shown: followed by the number of a passage in which they stand.
        public let numberRight: Double
        /// Questions with none of the four right, and the share of them that was declined.
        public let withoutRight: Int
        public let declined: Double
        /// Questions that the corpus does not answer, and the share of them that was declined.
        public let unanswerable: Int
        public let declinedUnanswerable: Double
    }

    /// The cases of a question: two, one when it is unanswerable, none when no passage of the index holds its evidence.
    public static func cases(_ question: EvaluationQuestion, searcher: Searcher) throws -> [Case] {
        guard question.answerable, let slug = question.article else {
            return [Case(question: question, right: nil, passages: try wrongPassages(question, searcher: searcher, count: passages))]
        }
        let evidence = evidence(of: question)
        guard let right = try searcher.store.passages(of: slug).first(where: { !sentences(of: $0).isDisjoint(with: evidence) })?.id else { return [] }
        return [
            Case(question: question, right: right, passages: try wrongPassages(question, searcher: searcher, count: passages - 1).union([right])),
            Case(question: question, right: nil, passages: try wrongPassages(question, searcher: searcher, count: passages)),
        ]
    }

    /// The best passages that the search finds and that hold none of the question's evidence.
    static func wrongPassages(_ question: EvaluationQuestion, searcher: Searcher, count: Int) throws -> Set<Int64> {
        let evidence = evidence(of: question)
        let found = try searcher.search(SearchRequest(question: question.question, limit: count + 10)).hits.map(\.passage)
        return Set(found.filter { sentences(of: $0).isDisjoint(with: evidence) }.prefix(count).map(\.id))
    }

    private static func evidence(of question: EvaluationQuestion) -> Set<[UInt8]> { Set(question.evidence.map { NormalizedText($0).bytes }) }

    private static func sentences(of passage: Passage) -> Set<[UInt8]> {
        let utf8 = Array(passage.text.utf8)
        return Set(SentenceSplitter.sentences(passage.text).map { NormalizedText(Prompt.oneLine(utf8[$0])).bytes })
    }

    public static func row(_ reader: String, _ outcomes: [Outcome]) -> Row {
        func share(_ outcomes: [Outcome], _ holds: (Outcome) -> Bool) -> Double {
            outcomes.isEmpty ? 0 : Double(outcomes.filter(holds).count) / Double(outcomes.count)
        }
        let with = outcomes.filter(\.hasRight)
        let without = outcomes.filter { !$0.hasRight && $0.isAnswerable }
        let unanswerable = outcomes.filter { !$0.isAnswerable }
        let written = outcomes.reduce(0) { $0 + $1.sentences }
        return Row(
            reader: reader, questions: with.count, copied: share(with, \.copied), fromRightPassage: share(with, \.fromRight), falseRefusals: share(with, \.declined),
            numberRight: written > 0 ? Double(outcomes.reduce(0) { $0 + $1.numbered }) / Double(written) : 0, withoutRight: without.count,
            declined: share(without, \.declined), unanswerable: unanswerable.count, declinedUnanswerable: share(unanswerable, \.declined))
    }
}

extension Answerer {
    /// The sentences of the answer to a case in `mode`, with the passages cited for them.
    public func read(_ reading: ReadingEvaluation.Case, mode: AnswerMode) throws -> ReadingEvaluation.Outcome {
        var hits: [Int64: Passage] = [:]
        let answer = try answer(
            request(reading, mode),
            onEvent: { event in
                if case .sources(let found) = event { for hit in found { hits[hit.passage.id] = hit.passage } }
            })
        let sources = Dictionary(uniqueKeysWithValues: answer.sources.map { ($0.n, $0.passage) })
        return ReadingEvaluation.Outcome(
            reading, sentences: answer.sentences.map { sentence in (sentence.text, sentence.citations.first.flatMap { sources[$0] }.flatMap { hits[$0] }) })
    }

    /// The sentence that the model alone chooses, without the ranking and without the calibrated decision to decline.
    public func readAlone(_ reading: ReadingEvaluation.Case) throws -> ReadingEvaluation.Outcome {
        let run = try prepare(request(reading, .auto))
        let choice = try modelsOwnChoice(run)
        return ReadingEvaluation.Outcome(reading, sentences: choice.map { [($0.text, run.hits[$0.passage].passage)] } ?? [])
    }

    private func request(_ reading: ReadingEvaluation.Case, _ mode: AnswerMode) -> AskRequest {
        var request = AskRequest(question: reading.question.question, topK: reading.passages.count, mode: mode)
        request.among = reading.passages
        request.splitsComparisons = false
        return request
    }
}
