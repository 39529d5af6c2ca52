/// The command line that makes an index anew, for messages that a user can paste.
public struct RebuildCommand: Sendable, Hashable {
    public var corpus: String?
    public var index: String
    public var model: String?

    public init(corpus: String? = nil, index: String, model: String? = nil) {
        self.corpus = corpus
        self.index = index
        self.model = model
    }

    public var text: String {
        var words = ["radphi-rag", "index", "build"]
        if let corpus { words += ["--corpus", Self.quoted(corpus)] }
        words += ["--index", Self.quoted(index)]
        if let model { words += ["--model", Self.quoted(model)] }
        return words.joined(separator: " ")
    }

    static func quoted(_ word: String) -> String {
        let plain = word.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || [0x2F, 0x2E, 0x2D, 0x5F].contains(byte)
        }
        return plain && !word.isEmpty ? word : "'\(word.replacing("'", with: "'\\''"))'"
    }
}
