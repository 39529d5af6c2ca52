/// Wraps text that arrives in pieces at word boundaries. A no-break space keeps its neighbours on one line and is shown as a space.
struct LineWrapper {
    let width: Int
    let indent: String
    private var column = 0
    private var word = ""

    init(width: Int, indent: String = "") {
        self.width = max(20, width)
        self.indent = indent
    }

    /// A whole text, wrapped.
    static func wrap(_ text: String, width: Int, indent: String = "") -> String {
        var wrapper = LineWrapper(width: width, indent: indent)
        return wrapper.append(text) + wrapper.finish()
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

    /// Prints the waiting word; more may follow on the same line.
    mutating func flush() -> String { flushWord() }

    mutating func finish() -> String {
        let rest = flushWord()
        defer { column = 0 }
        return column > 0 ? rest + "\n" : rest
    }

    private mutating func flushWord() -> String {
        guard !word.isEmpty else { return "" }
        defer { word = "" }
        let length = TextWidth.columns(word)
        let shown = word.replacing("\u{A0}", with: " ")
        if column == 0 {
            column = indent.count + length
            return indent + shown
        }
        if column + 1 + length > width {
            column = indent.count + length
            return "\n" + indent + shown
        }
        column += 1 + length
        return " " + shown
    }
}
