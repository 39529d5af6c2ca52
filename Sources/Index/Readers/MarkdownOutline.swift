/// The headings of a Markdown body and the sections they make.
struct MarkdownOutline: Sendable {
    struct Heading: Sendable {
        /// Number of `#`.
        let level: Int
        let text: String
        /// Headings from the outermost to this one.
        let path: [String]
        /// From 1, counted from the line given to `init`.
        let line: Int
    }

    let headings: [Heading]
    /// Parts with text of their own, in order.
    let sections: [Section]

    /// - Parameter line: the number of the body's first line in its file.
    init(_ bytes: [UInt8], line: Int = 1) {
        var headings: [Heading] = []
        var sections: [Section] = []
        var open: [(level: Int, text: String)] = []
        var start = 0
        var fenced = false
        var lines = LineCursor(bytes, line: line)
        func close(at end: Int) {
            var (low, high) = (start, end)
            while low < high, TextBlocks.isSpace(bytes[low]) { low += 1 }
            while high > low, TextBlocks.isSpace(bytes[high - 1]) { high -= 1 }
            if low < high { sections.append(Section(path: open.map(\.text), start: low, end: high)) }
        }
        while let line = lines.next() {
            if line.text.hasPrefix("```") || line.text.hasPrefix("~~~") { fenced.toggle() }
            guard !fenced, let (level, text) = Self.heading(line.text) else { continue }
            close(at: line.start)
            start = lines.offset
            open.removeAll { $0.level >= level }
            open.append((level, text))
            headings.append(Heading(level: level, text: text, path: open.map(\.text), line: line.number))
        }
        close(at: bytes.count)
        self.headings = headings
        self.sections = sections
    }

    /// `## Text` or `## Text ##`.
    static func heading(_ line: String) -> (level: Int, text: String)? {
        let level = line.prefix { $0 == "#" }.count
        guard (1...6).contains(level), line.dropFirst(level).first?.isWhitespace == true else { return nil }
        var text = line.dropFirst(level).trimmed
        while text.hasSuffix("#") { text = text.dropLast().trimmed }
        return text.isEmpty ? nil : (level, text)
    }
}
