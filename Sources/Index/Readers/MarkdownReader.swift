/// Markdown files: the corpus format with its front matter, or any other.
///
/// The stored text is the body as it stands in the file, byte for byte. A plain file's title is its first `# Heading`, otherwise its name.
enum MarkdownReader {
    static func read(_ file: CorpusFile, _ bytes: [UInt8]) -> ReadOutcome {
        if let problem = DocumentText.problem(bytes) { return .skipped(line: problem.line, reason: problem.reason) }
        let bytes = DocumentText.withoutMark(bytes)
        let matter = FrontMatter(bytes)
        var body = Array(bytes[(matter?.bodyStart ?? 0)...])
        // The line end after the closing "---" and blank lines are not text.
        while let first = body.first, first == 0x0A || first == 0x0D { body.removeFirst() }
        var title = matter?.value("title") ?? ""
        var outline = MarkdownOutline(body)
        if let first = outline.headings.first, first.level == 1, outline.headings.filter({ $0.level == 1 }).count == 1 {
            if title.isEmpty { title = first.text }
            // One top heading is the title; it is no part of the paths below it.
            outline = MarkdownOutline(sections: outline.sections.map { section in
                Section(path: section.path.first == first.text ? Array(section.path.dropFirst()) : section.path, start: section.start, end: section.end)
            }, headings: outline.headings)
        }
        guard !outline.sections.isEmpty else { return .skipped(line: nil, reason: "it has no text") }
        if title.isEmpty { title = DocumentText.title(fromName: file.name) }
        let slug = matter?.value("slug") ?? ""
        return .article(Article(
            slug: slug.isEmpty ? DocumentText.slug(fromName: file.name) : slug, title: title, kind: matter?.value("kind") ?? "", systems: matter?.list("systems") ?? [],
            synonyms: matter?.list("synonyms") ?? [], text: String(decoding: body, as: UTF8.self), sections: outline.sections, licence: matter?.value("licence") ?? "",
            revised: matter?.value("revised") ?? "", review: matter?.value("review") ?? "", source: file.name, url: DocumentText.url(matter?.value("url"))))
    }
}

extension MarkdownOutline {
    init(sections: [Section], headings: [Heading]) {
        self.sections = sections
        self.headings = headings
    }
}
