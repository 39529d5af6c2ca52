/// The rules for one article of the corpus format.
struct ArticleLint {
    private let article: CorpusArticle
    private(set) var findings: [LintFinding] = []

    static let words = 250...700
    private static let keys = ["slug", "title", "kind", "systems", "synonyms", "licence", "revised", "review"]

    init(_ article: CorpusArticle) {
        self.article = article
        checkFrontMatter()
        checkHeadings()
        checkBody()
    }

    private mutating func add(_ line: Int, _ rule: String, _ message: String) {
        findings.append(LintFinding(file: article.file.name, line: line, rule: rule, message: message))
    }

    private mutating func checkFrontMatter() {
        let matter = article.matter
        for line in matter.strayLines { add(line, "front-matter", "not a line of the form key: value") }
        for key in Self.keys where !matter.entries.contains(where: { $0.key == key }) { add(1, "front-matter", "the key \(key) is missing") }
        var seen = Set<String>()
        for entry in matter.entries {
            if !Self.keys.contains(entry.key) { add(entry.line, "front-matter", "unknown key \(entry.key)") }
            if !seen.insert(entry.key).inserted { add(entry.line, "front-matter", "\(entry.key) is given twice") }
            if entry.value.isEmpty, entry.key != "synonyms" { add(entry.line, "front-matter", "\(entry.key) is empty") }
        }
        let name = article.file.name.split(separator: "/").last.map { $0.hasSuffix(".md") ? String($0.dropLast(3)) : String($0) } ?? ""
        let slug = matter.value("slug")
        if slug != name { add(matter.line("slug"), "slug", "slug \(slug) in the file \(name).md; both must agree") }
        if !slug.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }) {
            add(matter.line("slug"), "slug", "slug \(slug): only lower-case ASCII letters, digits and hyphens")
        }
        if article.kind == nil, !matter.value("kind").isEmpty {
            add(matter.line("kind"), "kind", "unknown kind \(matter.value("kind")); known are \(ArticleKind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let systems = matter.list("systems")
        for system in systems where RadiologySystem(rawValue: system) == nil { add(matter.line("systems"), "systems", "unknown system \(system)") }
        if Set(systems).count != systems.count { add(matter.line("systems"), "systems", "a system is given twice") }
        if let primary = systems.first.flatMap(RadiologySystem.init(rawValue:)), primary.folder != article.folder {
            add(matter.line("systems"), "systems", "the primary system \(primary.rawValue) belongs to the folder \(primary.folder), the file is in \(article.folder)")
        }
        checkNames(matter)
        if !Self.isDate(matter.value("revised")), !matter.value("revised").isEmpty { add(matter.line("revised"), "revised", "\(matter.value("revised")) is not a date YYYY-MM-DD") }
    }

    private mutating func checkNames(_ matter: FrontMatter) {
        let title = matter.value("title")
        if let first = title.first, first.isLowercase, !title.prefix(while: { !$0.isWhitespace }).contains(where: { $0.isUppercase || $0.isNumber }) {
            add(matter.line("title"), "title", "the title \(title) begins in lower case")
        }
        let synonyms = matter.list("synonyms")
        // Acronyms may differ in case alone: pNET and PNET are two things.
        var seen: Set<String> = [title]
        for synonym in synonyms where !seen.insert(synonym).inserted {
            add(matter.line("synonyms"), "synonyms", "\(synonym) stands there twice or is the title")
        }
    }

    private static func isDate(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
        return text.utf8.count == 10 && parts.count == 3 && (1900...2200).contains(parts[0]) && (1...12).contains(parts[1]) && (1...31).contains(parts[2])
    }

    private mutating func checkHeadings() {
        guard let kind = article.kind else { return }
        var last: [String: Int] = [:]
        var parent = ""
        for heading in article.outline.headings {
            guard (2...3).contains(heading.level) else { add(heading.line, "heading", "headings are ## or ###"); continue }
            if heading.level == 2 { parent = heading.text }
            if heading.level == 3, parent.isEmpty { add(heading.line, "heading", "\(heading.text) has no heading above it"); continue }
            let known = heading.level == 2 ? kind.headings : kind.subheadings(of: parent)
            guard let position = known.firstIndex(of: heading.text) else {
                let place = heading.level == 2 ? "an article of kind \(kind.rawValue)" : parent
                add(heading.line, "heading", "unknown heading \(heading.text) in \(place)")
                continue
            }
            let scope = heading.level == 2 ? "" : parent
            if let before = last[scope], position <= before {
                add(heading.line, "heading-order", position == before ? "\(heading.text) stands there twice" : "\(heading.text) stands after \(known[before]) and belongs before it")
            }
            last[scope] = max(position, last[scope] ?? -1)
            if heading.level == 2 { last[heading.text] = nil }
        }
        let withText = Set(article.outline.sections.map(\.path))
        for (position, heading) in article.outline.headings.enumerated() where !withText.contains(heading.path) {
            let next = position + 1 < article.outline.headings.count ? article.outline.headings[position + 1] : nil
            if next.map({ $0.level <= heading.level }) ?? true { add(heading.line, "heading", "\(heading.text) has no text") }
        }
        if article.outline.sections.first?.path.isEmpty != true { add(article.matter.bodyLine, "introduction", "the introduction is missing") }
    }

    private mutating func checkBody() {
        let count = article.wordCount
        if !Self.words.contains(count) { add(article.matter.bodyLine, "length", "\(count) words; \(Self.words.lowerBound) to \(Self.words.upperBound) are expected") }
        if article.bytes.contains(0x0D) { add(1, "line-ends", "CR line ends; LF is expected") }
        if article.bytes.last != 0x0A { add(article.lines.last?.number ?? 1, "line-ends", "the last line has no line end") }
        var section = ""
        var previousIsProse = false
        for line in article.lines {
            let text = line.text
            if text.isEmpty { previousIsProse = false; continue }
            if text != text.trimmed { add(line.number, "white-space", "white space at the beginning or end of the line") }
            if let heading = MarkdownOutline.heading(text) {
                if heading.level == 2 { section = heading.text }
                previousIsProse = false
                continue
            }
            if let sign = Self.forbidden(text) { add(line.number, "markup", "\(sign) is not part of the format") }
            if text.hasPrefix("#") { add(line.number, "heading", "a heading needs a space after its signs") }
            let isItem = text.hasPrefix("- ")
            if !isItem, previousIsProse { add(line.number, "paragraph", "a paragraph is one line; blank lines stand between paragraphs") }
            previousIsProse = !isItem
            if section == "See also" {
                if !isItem { add(line.number, "see-also", "See also is a list of titles, one an item") }
            } else if let last = text.last, !".?:".contains(last) {
                add(line.number, "full-stop", "the last sentence does not end with a full stop, question mark or colon")
            }
        }
    }

    private static func forbidden(_ text: String) -> String? {
        let lower = text.lowercased()
        for sign in ["http://", "https://", "www.", "doi:", "doi.org", "](", "![", "rid-", "[^"] where lower.contains(sign) { return "\(sign) (links, images, references)" }
        if text.hasPrefix("|") { return "a table" }
        if text.hasPrefix("* ") || text.hasPrefix("+ ") { return "\(text.prefix(1)) as a list marker" }
        if lower.contains(" et al") { return "a reference to authors" }
        if let open = text.firstIndex(of: "<"), let next = text[open...].dropFirst().first, next.isLetter || next == "/", text[open...].contains(">") { return "HTML" }
        return nil
    }
}
