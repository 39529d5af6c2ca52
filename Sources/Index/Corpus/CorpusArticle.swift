/// An article file of the corpus format with everything that lint and statistics look at.
struct CorpusArticle {
    let file: CorpusFile
    let matter: FrontMatter
    let outline: MarkdownOutline
    let bytes: [UInt8]
    /// Lines of the body.
    let lines: [LineCursor.Line]
    let article: Article

    var slug: String { matter.value("slug") }
    var kind: ArticleKind? { ArticleKind(rawValue: matter.value("kind")) }
    /// The name of the file's folder below `articles`.
    var folder: String { file.name.split(separator: "/").dropLast().last.map { String($0) } ?? "" }

    /// Words of the body without the heading marks.
    var wordCount: Int {
        lines.reduce(0) { sum, line in sum + line.text.split(whereSeparator: { $0.isWhitespace || $0 == "#" }).filter { $0 != "-" }.count }
    }

    /// Nil where the file is not of the format at all; `problem` then says why.
    init?(_ file: CorpusFile, _ bytes: [UInt8], problem: inout String) {
        if let bad = DocumentText.problem(bytes) {
            problem = bad.reason
            return nil
        }
        guard let matter = FrontMatter(bytes) else {
            problem = "no front matter: the file begins with a line ---, and another one ends the block"
            return nil
        }
        guard case .article(let article) = MarkdownReader.read(file, bytes) else {
            problem = "no text after the front matter"
            return nil
        }
        self.file = file
        self.matter = matter
        self.bytes = bytes
        self.article = article
        outline = MarkdownOutline(Array(bytes[matter.bodyStart...]), line: matter.bodyLine)
        var cursor = LineCursor(bytes, from: matter.bodyStart, line: matter.bodyLine)
        var lines: [LineCursor.Line] = []
        while let line = cursor.next() { lines.append(line) }
        self.lines = lines
    }
}
