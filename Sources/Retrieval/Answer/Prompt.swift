import Engine
import Index

/// The Rad-Phi2-Base prompt: an instruction, the question, numbered passages, the question again, and the word after which the model writes.
///
///     Instruct: Answer the question from the numbered passages and cite them.
///     Question: …
///     [1] Title — Section > Subsection
///      First sentence. Second sentence.
///     Question: …
///     Output:
///
/// A decoder reads a passage with what stands before it in mind, so the question stands there; and again at the end, where the answer begins.
/// A passage's sentences are joined by one space and begin after one, so that a copied sentence has the same tokens in both places.
public struct Prompt: Sendable {
    public static let instruction = "Instruct: Answer the question from the numbered passages and cite them.\n"
    /// What a model writes when no passage answers.
    public static let decline = " The passages do not answer this question."

    public let tokens: [Int32]
    /// The passages that found room, in order; the first is never cut or left out.
    public let passages: [Passage]
    /// For each passage, the UTF-8 ranges of its sentences in its text.
    public let sentences: [[Range<Int>]]

    /// Fills the prompt up to `budget` tokens; passages after the first that do not fit whole are left out.
    ///
    /// - Throws: `PromptError.tooLong` if not even the first passage and the question fit.
    public init(question: String, passages candidates: [Passage], tokenizer: Tokenizer, budget: Int) throws {
        let head = tokenizer.encode("\(Self.instruction)Question: \(question)\n")
        let tail = tokenizer.encode("Question: \(question)\nOutput:")
        var tokens = head
        var used: [Passage] = []
        var spans: [[Range<Int>]] = []
        for passage in candidates {
            let ranges = SentenceSplitter.sentences(passage.text)
            let utf8 = Array(passage.text.utf8)
            let text = ranges.map { Self.oneLine(utf8[$0]) }.joined(separator: " ")
            let block = tokenizer.encode("[\(used.count + 1)] \(passage.heading)\n \(text)\n")
            guard tokens.count + block.count + tail.count <= budget else {
                if used.isEmpty { throw PromptError.tooLong(tokens: head.count + block.count + tail.count, budget: budget) }
                continue
            }
            tokens += block
            used.append(passage)
            spans.append(ranges)
        }
        self.tokens = tokens + tail
        self.passages = used
        sentences = spans
    }

    /// A sentence as the model reads it: line breaks inside it are spaces.
    static func oneLine(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }, as: UTF8.self)
    }
}

public enum PromptError: DiagnosableError {
    case tooLong(tokens: Int, budget: Int)

    public var kind: String { "prompt-too-long" }
    public var exitStatus: ExitStatus { .badData }
    public var message: String {
        switch self {
        case .tooLong(let tokens, let budget):
            "the question and the best passage take \(tokens) tokens, and \(budget) are free in the model's context; ask a shorter question or lower --max-tokens"
        }
    }
}
