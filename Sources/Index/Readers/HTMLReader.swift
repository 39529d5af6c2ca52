/// Saved article pages. Read by meaning (the article's own container, headings, paragraphs, lists, tables), with a fallback to the
/// element that holds most of the page's paragraphs; nothing is fetched, and what a page refers to is never opened.
///
/// The stored text is Markdown made from the page: headings from `##` down, `- ` items, `| a | b |` table rows.
enum HTMLReader {
    static let sizeLimit = 10 << 20

    static func read(_ file: CorpusFile, _ bytes: [UInt8]) -> ReadOutcome {
        guard bytes.count <= sizeLimit else { return .skipped(line: nil, reason: "a page larger than \(sizeLimit >> 20) MB") }
        if let nul = bytes.firstIndex(of: 0) { return .skipped(line: nil, reason: "a NUL byte at offset \(nul)") }
        do throws(HTMLDocument.Failure) {
            return try HTMLDocument.with(bytes) { (root: HTMLNode) in article(file, root) }
        } catch {
            return .skipped(line: nil, reason: error.reason)
        }
    }

    private static func article(_ file: CorpusFile, _ root: HTMLNode) -> ReadOutcome {
        guard let container = HTMLContent.container(root) else { return .skipped(line: nil, reason: "no element with paragraphs was found in it") }
        let text = HTMLText.markdown(container)
        let outline = MarkdownOutline(Array(text.utf8))
        guard !outline.sections.isEmpty else { return .skipped(line: nil, reason: "its article has no text") }
        let title = HTMLContent.title(root)
        return .article(Article(
            slug: DocumentText.slug(fromName: file.name), title: title.isEmpty ? DocumentText.title(fromName: file.name) : title,
            systems: HTMLContent.labelled(root, "systems"), synonyms: HTMLContent.labelled(root, "synonyms"), text: text, sections: outline.sections,
            licence: HTMLContent.licence(root), revised: HTMLContent.revised(root), source: file.name, url: DocumentText.url(HTMLContent.address(root))))
    }
}
