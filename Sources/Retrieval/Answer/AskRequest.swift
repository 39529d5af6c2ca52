import Engine
import Index

/// How an answer comes about.
public enum AnswerMode: String, Sendable, CaseIterable, Codable {
    /// The model writes, and may only write sentences of the passages; ranked sentences are quoted when that gives nothing.
    case auto
    /// The model writes freely; every sentence is checked against the passages afterwards.
    case generate
    /// No model text: the sentences ranked best are quoted.
    case extract
}

/// A question with everything that shapes its answer.
public struct AskRequest: Sendable {
    public var id: RequestID?
    public var question: String
    /// Passages put before the model.
    public var topK: Int
    public var filter: PassageFilter
    /// Tokens the model may write.
    public var maxTokens: Int
    public var mode: AnswerMode
    /// Only verbatim sentences pass, paraphrases do not.
    public var strict: Bool
    /// Unsupported sentences are kept, and marked, instead of left out.
    public var keepUnsupported: Bool
    /// Titles of what the conversation was about, the latest last; completes follow-ups like "and on MRI?".
    public var subjects: [String]
    /// Parts of the search that take part; all unless an evaluation wants one alone.
    public var legs = SearchLegs.all
    /// Whether the two sides of a comparison are answered one by one.
    public var splitsComparisons = true
    /// Identifiers of the only passages to answer from; nil for the whole index.
    public var among: Set<Int64>?

    public init(
        id: RequestID? = nil, question: String, topK: Int = 5, filter: PassageFilter = PassageFilter(), maxTokens: Int = 256, mode: AnswerMode = .auto,
        strict: Bool = false, keepUnsupported: Bool = false, subjects: [String] = []
    ) {
        self.id = id
        self.question = question
        self.topK = topK
        self.filter = filter
        self.maxTokens = maxTokens
        self.mode = mode
        self.strict = strict
        self.keepUnsupported = keepUnsupported
        self.subjects = subjects
    }
}

/// What happens while an answer is made, in this order: sources once, tokens, and the answer once.
public enum AnswerEvent: Sendable {
    /// The passages put before the model, best first.
    case sources([SearchHit])
    /// The next checked piece of the answer's text.
    case token(String)
    case answer(Answer)
}

public enum AskError: DiagnosableError {
    case emptyQuestion
    case questionTooLong(characters: Int)
    case cancelled

    /// Characters a question may have.
    public static let longestQuestion = 4_000

    public var kind: String {
        switch self {
        case .emptyQuestion: "empty-question"
        case .questionTooLong: "question-too-long"
        case .cancelled: "cancelled"
        }
    }
    public var exitStatus: ExitStatus {
        switch self {
        case .emptyQuestion, .questionTooLong: .usage
        case .cancelled: .interrupted
        }
    }
    public var message: String {
        switch self {
        case .emptyQuestion: "the question is empty; ask something like \"What are the CT findings of acute appendicitis?\""
        case .questionTooLong(let count): "the question has \(count) characters; at most \(Self.longestQuestion) are taken"
        case .cancelled: "cancelled"
        }
    }
}
