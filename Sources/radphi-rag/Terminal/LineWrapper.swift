/// Wraps text that arrives in pieces at word boundaries.
struct LineWrapper {
    let width: Int
    let indent: String
    private var column = 0
    private var word = ""

    init(width: Int, indent: String = "") {
        self.width = max(20, width)
        self.indent = indent
    }

    /// What can be printed now; the last word waits until it is whole.
    mutating func append(_ text: String) -> String {
        var out = ""
        for character in text {
            if character == " " || character == "\n" {
                out += flushWord()
                if character == "\n", column > 0 { out += "\n"; column = 0 }
            } else {
                word.append(character)
            }
        }
        return out
    }

    mutating func finish() -> String {
        let rest = flushWord()
        defer { column = 0 }
        return column > 0 ? rest + "\n" : rest
    }

    private mutating func flushWord() -> String {
        guard !word.isEmpty else { return "" }
        defer { word = "" }
        let length = Style.visibleCount(word)
        if column == 0 {
            column = indent.count + length
            return indent + word
        }
        if column + 1 + length > width {
            column = indent.count + length
            return "\n" + indent + word
        }
        column += 1 + length
        return " " + word
    }
}

/// Terminal styles; plain text where colour is off.
struct Style: Sendable {
    let enabled: Bool

    func bold(_ text: String) -> String { wrap(text, "1") }
    func dim(_ text: String) -> String { wrap(text, "2") }
    func accent(_ text: String) -> String { wrap(text, "36") }
    func warning(_ text: String) -> String { wrap(text, "33") }
    func highlight(_ text: String) -> String { wrap(text, "1;32") }

    /// Word by word, so that wrapping never splits a sequence.
    private func wrap(_ text: String, _ code: String) -> String {
        guard enabled else { return text }
        return text.split(separator: " ", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : "\u{1B}[\(code)m\($0)\u{1B}[0m" }.joined(separator: " ")
    }

    /// Columns that a text takes, escape sequences left out.
    static func visibleCount(_ text: String) -> Int {
        text.contains("\u{1B}") ? text.replacing(/\u{1B}\[[0-9;]*m/, with: "").count : text.count
    }

    /// Text from outside without control characters, so that no article can move the cursor or change the title.
    static func harmless(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { ($0.value < 0x20 && $0 != "\n") || (0x7F...0x9F).contains($0.value) ? " " : $0 }))
    }
}
