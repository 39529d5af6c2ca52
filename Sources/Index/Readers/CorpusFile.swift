/// One file of a corpus.
struct CorpusFile: Sendable {
    enum Form: Sendable { case markdown, text, html, json, jsonLines }

    /// Path in the corpus folder, with `/`; the file's name for a corpus of one file.
    let name: String
    let path: String
    let form: Form
    let size: Int

    static func form(_ name: String) -> Form? {
        switch name.split(separator: ".").last?.lowercased() {
        case "md", "markdown": .markdown
        case "txt", "text": .text
        case "html", "htm", "xhtml": .html
        case "json": .json
        case "jsonl", "ndjson": .jsonLines
        default: nil
        }
    }
}

/// What a reader reports: a document, or why there is none.
enum ReadOutcome {
    case article(Article)
    case skipped(line: Int?, reason: String)
}

/// What comes of a document that does not say.
enum DocumentLimits {
    /// A single document (not a JSON Lines file, which is a collection) is read whole.
    static let documentBytes = 32 << 20
    static let lineBytes = 16 << 20
}
