/// An answer as every interface gives it: terminal, `--json`, JSON Lines and MCP share this one shape.
public struct Answer: Sendable, Codable {
    /// The request's own id, where it had one.
    public var id: RequestID?
    public let question: String
    /// What was searched for, when a follow-up was completed from the conversation; nil when it is the question itself.
    public let searchedFor: String?
    /// The sentences with their numbers, as one text; on abstention the sentence that says so.
    public let answer: String
    public let sentences: [AnswerSentence]
    public let citations: [Citation]
    public let sources: [Source]
    public let abstained: Bool
    /// Calibrated probability that the corpus answers the question and this is the answer, 0…1.
    public let confidence: Double
    /// How the sentences came about: `generate` (free text, verified), `quote` (decoded from the passages' sentences) or `extract` (ranked sentences).
    public let method: String
    /// Of two things that were to be compared, the one that the answer leaves out because too little was found about it.
    public let uncovered: [String]
    /// The articles nearest to the question, when nothing could be answered.
    public let nearest: [NearestArticle]
    public let model: String
    public let index: String
    public let timings: Timings
    public let tokenCounts: TokenCounts
    /// The statement of intended use.
    public let notice: String

    /// What a reader is told of `uncovered`; nil when nothing is left out.
    public var uncoveredRemark: String? { uncovered.isEmpty ? nil : "Too little was found about \(uncovered.joined(separator: ", ")) to compare it." }
}

/// A request's id: JSON-RPC and JSON Lines allow text and whole numbers.
public enum RequestID: Sendable, Codable, Hashable {
    case text(String)
    case number(Int)

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int.self) { self = .number(number) } else { self = .text(try container.decode(String.self)) }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .number(let number): try container.encode(number)
        }
    }
}

public struct AnswerSentence: Sendable, Codable {
    public let text: String
    public let support: Support
    /// Numbers of the sources that carry the sentence; empty when unsupported.
    public let citations: [Int]
    /// Why the sentence is unsupported; nil when it is not.
    public let reason: String?
}

/// The exact span behind one sentence: `quote` equals bytes `start..<end` of the stored article's text.
public struct Citation: Sendable, Codable {
    /// The number as it stands in the answer; equals `source`.
    public let n: Int
    /// The number of the source in `sources`.
    public let source: Int
    /// Position in `sentences` of the sentence that it supports.
    public let sentence: Int
    /// UTF-8 byte offsets into the article's stored text.
    public let start: Int
    public let end: Int
    public let quote: String
}

/// A passage that the answer cites, numbered by first appearance.
public struct Source: Sendable, Codable {
    public let n: Int
    /// Slug of the article.
    public let article: String
    public let title: String
    /// `Radiographic features > CT`; empty for the introduction.
    public let section: String
    public let passage: Int64
    public let text: String
    /// UTF-8 byte offsets of `text` in the article's stored text.
    public let start: Int
    public let end: Int
    public let score: Double
    public let licence: String
    public let revised: String
    public let review: String
    /// Where the article was read from.
    public let origin: String
    /// Further reading, not the source of the text: a search link made from the title.
    public let url: String
}

public struct NearestArticle: Sendable, Codable {
    public let article: String
    public let title: String
    public let section: String
    public let score: Double
}

/// Seconds.
public struct Timings: Sendable, Codable {
    public var search = 0.0
    public var prefill = 0.0
    public var firstToken = 0.0
    public var decode = 0.0
    public var total = 0.0
}

public struct TokenCounts: Sendable, Codable {
    public var prompt = 0
    public var reused = 0
    public var generated = 0

    public init(prompt: Int = 0, reused: Int = 0, generated: Int = 0) {
        self.prompt = prompt
        self.reused = reused
        self.generated = generated
    }

    /// Adds those of one more pass over the same prompt.
    mutating func add(_ other: TokenCounts) {
        if prompt == 0 { (prompt, reused) = (other.prompt, other.reused) }
        generated += other.generated
    }
}
