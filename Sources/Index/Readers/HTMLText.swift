/// Turns the article element of a page into Markdown.
struct HTMLText {
    private var blocks: [String] = []
    /// Inline text of the block that is open.
    private var inline = ""
    private var marker = ""
    /// The smallest heading of the article becomes `##`, the next size `###`.
    private let levels: [String: Int]
    /// Inside a section that is not the article's own text, until the next heading.
    private var isDropped = false

    private static let dropped: Set<String> = ["references", "cases and figures", "related articles", "external links", "advertisement", "read more", "article information"]
    private static let blockNames: Set<String> = [
        "p", "div", "section", "article", "main", "blockquote", "pre", "dl", "dt", "dd", "ul", "ol", "table", "hr", "header", "center", "fieldset", "address", "details", "summary", "body",
    ]

    static func markdown(_ container: HTMLNode) -> String {
        let names = Set(container.elements { ["h2", "h3", "h4", "h5", "h6"].contains($0.name) && !HTMLContent.isIgnored($0) }.map(\.name)).sorted()
        var text = HTMLText(levels: Dictionary(names.enumerated().map { ($1, min(6, $0 + 2)) }, uniquingKeysWith: { first, _ in first }))
        text.visit(container)
        text.close()
        return text.blocks.joined(separator: "\n")
    }

    private init(levels: [String: Int]) { self.levels = levels }

    /// White space folded to single spaces, none at the ends.
    static func folded(_ text: String) -> String {
        text.split(whereSeparator: { $0.isWhitespace || $0 == "\u{200B}" || $0 == "\0" }).joined(separator: " ")
    }

    /// Recursion is bounded by `HTMLDocument.depthLimit`.
    private mutating func visit(_ node: HTMLNode) {
        for child in node.children {
            if child.isText {
                inline += child.text
                continue
            }
            guard child.isElement, !HTMLContent.isIgnored(child) else { continue }
            switch child.name {
            case "h1": close()
            case let name where levels[name] != nil: heading(child, levels[name] ?? 2)
            case "br": inline += " "
            case "li":
                close()
                marker = "- "
                visit(child)
                close()
                marker = ""
            case "tr":
                close()
                let cells = child.children.filter { ["td", "th"].contains($0.name) }.map { $0.foldedText.replacing("|", with: "/") }
                if cells.contains(where: { !$0.isEmpty }) { append("| " + cells.joined(separator: " | ") + " |") }
            case let name where Self.blockNames.contains(name):
                // The first paragraph of an item belongs to its marker.
                if !(name == "p" && marker == "- " && Self.folded(inline).isEmpty) { close() }
                visit(child)
                close()
            default: visit(child)
            }
        }
    }

    private mutating func heading(_ node: HTMLNode, _ level: Int) {
        close()
        let text = node.foldedText
        isDropped = Self.dropped.contains(text.lowercased())
        guard !text.isEmpty, !isDropped else { return }
        blocks.append("\n" + String(repeating: "#", count: level) + " " + text + "\n")
    }

    private mutating func close() {
        var text = Self.folded(inline)
        inline = ""
        // A paragraph must not become a heading or a table by what it begins with.
        while let first = text.first, marker.isEmpty, "#|".contains(first) { text = text.dropFirst().trimmed }
        guard !text.isEmpty else { return }
        append(marker.isEmpty ? "\(text)\n" : marker + text)
        if !marker.isEmpty { marker = "  " }
    }

    private mutating func append(_ block: String) {
        guard !isDropped else { return }
        // A list or table ends with a blank line.
        if let last = blocks.last, !last.hasSuffix("\n"), !(block.hasPrefix("- ") || block.hasPrefix("| ") || block.hasPrefix("  ")) { blocks.append("") }
        blocks.append(block)
    }
}
