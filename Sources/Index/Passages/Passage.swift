/// A few whole sentences of one section of an article: what is embedded, found, shown and cited.
public struct Passage: Sendable, Hashable, Identifiable {
    /// From 1, in the order of the index.
    public let id: Int64
    /// The article's slug.
    public let article: String
    /// The article's title.
    public let title: String
    /// The article's other names.
    public let synonyms: [String]
    /// Empty for the introduction.
    public let sectionPath: [String]
    /// The article's text from `start` to `end`, byte for byte: list markers and line ends included.
    public let text: String
    /// UTF-8 byte offsets into `Article.text`.
    public let start: Int
    public let end: Int
    public let systems: [String]
    public let kind: String
    /// Tokens of `shownText` after a space, as it stands in a prompt.
    public let tokenCount: Int

    public init(
        id: Int64, article: String, title: String, synonyms: [String] = [], sectionPath: [String], text: String, start: Int, end: Int, systems: [String],
        kind: String, tokenCount: Int
    ) {
        self.id = id
        self.article = article
        self.title = title
        self.synonyms = synonyms
        self.sectionPath = sectionPath
        self.text = text
        self.start = start
        self.end = end
        self.systems = systems
        self.kind = kind
        self.tokenCount = tokenCount
    }

    /// `Title — Section > Subsection`; for the introduction the title alone.
    public var heading: String {
        sectionPath.isEmpty ? title : "\(title) — \(sectionPath.joined(separator: " > "))"
    }

    /// The sentences with one space between them and without list markers: how a passage stands in a prompt.
    public var shownText: String { SentenceSplitter.joined(text) }

    /// What the model embeds: heading, the article's first six other names, sentences. Questions name a disease by its abbreviation or a synonym, and one
    /// passage of an article rarely holds them all.
    public var embeddedText: String { "\(heading)\(synonyms.prefix(6).map { "; \($0)" }.joined())\n \(shownText)" }
}
