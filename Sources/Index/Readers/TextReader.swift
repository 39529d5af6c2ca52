/// Plain text: the title is a short first line with a blank line after it, otherwise the file's name.
enum TextReader {
    static func read(_ file: CorpusFile, _ bytes: [UInt8]) -> ReadOutcome {
        if let problem = DocumentText.problem(bytes) { return .skipped(line: problem.line, reason: problem.reason) }
        let bytes = DocumentText.withoutMark(bytes)
        var lines = LineCursor(bytes)
        var title = DocumentText.title(fromName: file.name)
        var start = 0
        if let first = lines.next(), (1...120).contains(first.text.trimmed.count), let second = lines.next(), second.text.trimmed.isEmpty {
            title = DocumentText.line(first.text)
            start = lines.offset
        }
        var end = bytes.count
        while start < end, TextBlocks.isSpace(bytes[start]) { start += 1 }
        while end > start, TextBlocks.isSpace(bytes[end - 1]) { end -= 1 }
        guard start < end else { return .skipped(line: nil, reason: "it has no text") }
        return .article(Article(
            slug: DocumentText.slug(fromName: file.name), title: title, text: String(decoding: bytes, as: UTF8.self),
            sections: [Section(path: [], start: start, end: end)], source: file.name))
    }
}
