import Foundation

/// Finds the parts of a saved page: the article itself, its title, and what the page says about it.
enum HTMLContent {
    static let ignored: Set<String> = [
        "script", "style", "noscript", "nav", "footer", "aside", "form", "button", "select", "input", "textarea", "figure", "figcaption", "caption", "iframe", "svg", "template", "object",
        "video", "audio", "canvas", "img", "picture", "map", "math", "head", "dialog",
    ]

    private static let ignoredClasses: Set<String> = [
        "nav", "navbar", "navigation", "menu", "breadcrumb", "breadcrumbs", "sidebar", "caption", "figure", "references", "reference-list", "reflist", "footnotes", "toc", "advert",
        "advertisement", "ad", "share", "social", "cookie", "cookies", "related", "related-articles", "cases", "citation", "citation-box", "metadata", "meta", "hidden", "sr-only", "print-only",
        "edit-section", "mw-editsection", "case-section", "image-gallery", "gallery",
    ]

    static func isIgnored(_ node: HTMLNode) -> Bool {
        if ignored.contains(node.name) { return true }
        if node.name == "sup", node.foldedText.utf8.allSatisfy({ (0x30...0x39).contains($0) || [0x2C, 0x2D, 0x5B, 0x5D, 0x20].contains($0) }) {
            // A reference number; an exponent has letters or stands in a number, which pages write without a link.
            return node.first { $0.name == "a" } != nil || node.classes.contains { $0.contains("ref") || $0.contains("cit") }
        }
        if !node.attribute("hidden").isEmpty || node.attribute("aria-hidden") == "true" || ["navigation", "banner", "complementary", "search"].contains(node.attribute("role")) { return true }
        return node.classes.contains { ignoredClasses.contains($0) }
    }

    /// The element that holds the article.
    static func container(_ root: HTMLNode) -> HTMLNode? {
        let known: [(HTMLNode) -> Bool] = [
            { $0.classes.contains("user-generated-content") && $0.classes.contains("body") },
            { $0.classes.contains("user-generated-content") },
            { $0.attribute("itemprop").lowercased() == "articlebody" },
            { $0.name == "article" },
            { $0.name == "main" || $0.attribute("role") == "main" },
        ]
        for matches in known {
            // Of several, the one with the most text; an empty one is some page's placeholder.
            let found = root.elements(where: matches).map { ($0, weight($0)) }.max { $0.1 < $1.1 }
            if let (node, weight) = found, weight > 0 { return node }
        }
        guard var node = root.first(where: { $0.name == "body" }) ?? Optional(root), weight(node) > 0 else { return nil }
        // Go down as long as one child holds nearly all of the prose.
        while true {
            let whole = weight(node)
            guard let child = node.children.filter({ $0.isElement && !isIgnored($0) && !["p", "li", "ul", "ol", "table", "dl"].contains($0.name) }).max(by: { weight($0) < weight($1) }),
                weight(child) * 10 >= whole * 9 else { return node }
            node = child
        }
    }

    /// Bytes of prose in an element: in paragraphs, items and cells.
    private static func weight(_ node: HTMLNode) -> Int {
        var sum = 0
        var open = [node]
        while let next = open.popLast() {
            guard next.isElement, !isIgnored(next) else { continue }
            if ["p", "li", "td", "dd", "blockquote", "pre"].contains(next.name) { sum += next.foldedText.utf8.count } else { open += next.children }
        }
        return sum
    }

    static func title(_ root: HTMLNode) -> String {
        if let header = root.first(where: { $0.classes.contains("header-title") }) { return DocumentText.line(header.foldedText) }
        if let top = root.first(where: { $0.name == "h1" }), !top.foldedText.isEmpty { return DocumentText.line(top.foldedText) }
        let whole = meta(root, "og:title") ?? root.first { $0.name == "title" }?.foldedText ?? ""
        // "Pneumothorax | Reference article | Site"
        return DocumentText.line(whole.split(separator: "|").first.map { String($0) } ?? whole)
    }

    /// The members of an item such as "Systems: Chest, Cardiac".
    static func labelled(_ root: HTMLNode, _ label: String) -> [String] {
        guard let item = root.first(where: { $0.classes.contains("meta-item-\(label)") }) else { return [] }
        let text = item.foldedText
        let members = text.split(separator: ":", maxSplits: 1).last.map { String($0) } ?? ""
        return FrontMatter.list(DocumentText.line(members, limit: 4000))
    }

    static func licence(_ root: HTMLNode) -> String {
        let link = root.first { ["link", "a"].contains($0.name) && $0.attribute("rel").lowercased().split(separator: " ").contains("license") }
        return DocumentText.line(link.map { $0.attribute("href") } ?? meta(root, "dc.rights") ?? "")
    }

    static func address(_ root: HTMLNode) -> String? {
        root.first { $0.name == "link" && $0.attribute("rel").lowercased() == "canonical" }?.attribute("href") ?? meta(root, "og:url")
    }

    /// The date of the last revision as the page gives it.
    static func revised(_ root: HTMLNode) -> String {
        if let date = meta(root, "article:modified_time") { return DocumentText.line(date, limit: 40) }
        guard let info = root.first(where: { $0.classes.contains("author-info") }) else {
            return DocumentText.line(root.first { $0.name == "time" && !$0.attribute("datetime").isEmpty }?.attribute("datetime") ?? "", limit: 40)
        }
        // "… last revised by A. Author on 12 Nov 2024"
        let text = info.foldedText
        guard let on = text.range(of: " on ", options: .backwards) else { return "" }
        return DocumentText.line(text[on.upperBound...].prefix { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" }.trimmed, limit: 40)
    }

    private static func meta(_ root: HTMLNode, _ name: String) -> String? {
        root.first { $0.name == "meta" && ($0.attribute("property").lowercased() == name || $0.attribute("name").lowercased() == name) }?.attribute("content")
    }
}
