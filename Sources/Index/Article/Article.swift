/// A part of an article under one heading, without the parts under deeper headings.
public struct Section: Sendable, Hashable {
    /// Headings from the outermost inwards; empty for the introduction.
    public let path: [String]
    /// UTF-8 byte offsets into `Article.text`, white space at both ends left out.
    public let start: Int
    public let end: Int

    public init(path: [String], start: Int, end: Int) {
        self.path = path
        self.start = start
        self.end = end
    }

    /// `Radiographic features > CT`; empty for the introduction.
    public var heading: String { path.joined(separator: " > ") }
}

/// One document of a corpus, as it is stored: the text stays byte for byte what was read, so that a quote resolves to it.
public struct Article: Sendable, Hashable {
    /// Unique in an index.
    public let slug: String
    public let title: String
    /// `pathology`, `anatomy`, …; empty where the source does not say.
    public let kind: String
    /// The primary one first.
    public let systems: [String]
    public let synonyms: [String]
    /// The body. Every offset counts UTF-8 bytes of it.
    public let text: String
    /// In the order of the text; only those with text of their own.
    public let sections: [Section]
    public let licence: String
    /// Date of the last revision as the source gives it.
    public let revised: String
    /// Who reviewed the text.
    public let review: String
    /// Where it was read: the path in the corpus folder, or the collection that the record names.
    public let source: String
    public let url: String?

    public init(
        slug: String, title: String, kind: String = "", systems: [String] = [], synonyms: [String] = [], text: String, sections: [Section],
        licence: String = "", revised: String = "", review: String = "", source: String, url: String? = nil
    ) {
        self.slug = slug
        self.title = title
        self.kind = kind
        self.systems = systems
        self.synonyms = synonyms
        self.text = text
        self.sections = sections
        self.licence = licence
        self.revised = revised
        self.review = review
        self.source = source
        self.url = url
    }
}

extension Article {
    /// The article under a slug that is not in `slugs`, which it is added to: its own, or with `renaming` its own with a number (`x`, `x-2`, `x-3`).
    /// Nil when the slug is taken and must not be changed.
    func named(apartFrom slugs: inout [String: Int], renaming: Bool) -> Article? {
        guard let used = slugs[slug] else {
            slugs[slug] = 1
            return self
        }
        guard renaming else { return nil }
        var number = used + 1
        while slugs["\(slug)-\(number)"] != nil { number += 1 }
        slugs[slug] = number
        slugs["\(slug)-\(number)"] = 1
        return Article(
            slug: "\(slug)-\(number)", title: title, kind: kind, systems: systems, synonyms: synonyms, text: text, sections: sections, licence: licence, revised: revised,
            review: review, source: source, url: url)
    }
}
