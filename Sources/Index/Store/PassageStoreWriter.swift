/// Writes `passages.sqlite`: the same articles in the same order give the same bytes.
///
/// Tables: `article` (the stored texts), `article_system`, `section` (ranges in the text), `passage` (ranges and token counts), `passage_text` (FTS5
/// without content: the text is in `article` once), `vocabulary` (words of titles and synonyms), `vector_transform` (mean, then components).
final class PassageStoreWriter {
    static let fileName = "passages.sqlite"
    static let formatVersion = 1

    private let database: SQLiteDatabase
    private var vocabulary: [String: Int] = [:]
    private(set) var articleCount: Int64 = 0
    private(set) var passageCount: Int64 = 0
    private var uncommitted = 0

    init(_ path: String) throws(IndexError) {
        database = try SQLiteDatabase(path, .scratch)
        try database.execute("""
            PRAGMA page_size=4096; PRAGMA encoding='UTF-8'; PRAGMA application_id=1381004370; PRAGMA user_version=\(Self.formatVersion);
            BEGIN;
            CREATE TABLE article(id INTEGER PRIMARY KEY, slug TEXT NOT NULL UNIQUE, title TEXT NOT NULL, kind TEXT NOT NULL, systems TEXT NOT NULL,
                synonyms TEXT NOT NULL, text BLOB NOT NULL, licence TEXT NOT NULL, revised TEXT NOT NULL, review TEXT NOT NULL, source TEXT NOT NULL, url TEXT) STRICT;
            CREATE TABLE article_system(article INTEGER NOT NULL, system TEXT NOT NULL, PRIMARY KEY(article, system)) STRICT, WITHOUT ROWID;
            CREATE TABLE section(article INTEGER NOT NULL, position INTEGER NOT NULL, path TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
                PRIMARY KEY(article, position)) STRICT, WITHOUT ROWID;
            CREATE TABLE passage(id INTEGER PRIMARY KEY, article INTEGER NOT NULL, section INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
                tokens INTEGER NOT NULL) STRICT;
            CREATE INDEX passage_article ON passage(article, section);
            CREATE VIRTUAL TABLE passage_text USING fts5(title, headings, synonyms, text, content='', tokenize='porter unicode61 remove_diacritics 2');
            CREATE TABLE vocabulary(word TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID;
            CREATE TABLE vector_transform(position INTEGER PRIMARY KEY, vector BLOB NOT NULL) STRICT;
            """)
    }

    /// Stores the article and its passages; returns the passages as they will be read back.
    func add(_ article: Article, _ drafts: [PassageDraft]) throws(IndexError) -> [Passage] {
        articleCount += 1
        let id = articleCount
        try database.run("INSERT INTO article VALUES(?,?,?,?,?,?,?,?,?,?,?,?)", [
            .integer(id), .text(article.slug), .text(article.title), .text(article.kind), .text(Self.list(article.systems)), .text(Self.list(article.synonyms)),
            .blob(Array(article.text.utf8)), .text(article.licence), .text(article.revised), .text(article.review), .text(article.source),
            article.url.map { .text($0) } ?? .null,
        ])
        for system in Set(article.systems).sorted() {
            try database.run("INSERT INTO article_system VALUES(?,?)", [.integer(id), .text(system)])
        }
        for (position, section) in article.sections.enumerated() {
            try database.run("INSERT INTO section VALUES(?,?,?,?,?)", [
                .integer(id), .integer(Int64(position)), .text(Self.list(section.path)), .integer(Int64(section.start)), .integer(Int64(section.end)),
            ])
        }
        let utf8 = Array(article.text.utf8)
        let synonyms = article.synonyms.joined(separator: " , ")
        var passages: [Passage] = []
        for draft in drafts {
            guard draft.section < article.sections.count, draft.start >= 0, draft.start < draft.end, draft.end <= utf8.count else { continue }
            passageCount += 1
            let section = article.sections[draft.section]
            let text = String(decoding: utf8[draft.start..<draft.end], as: UTF8.self)
            try database.run("INSERT INTO passage VALUES(?,?,?,?,?,?)", [
                .integer(passageCount), .integer(id), .integer(Int64(draft.section)), .integer(Int64(draft.start)), .integer(Int64(draft.end)), .integer(Int64(draft.tokenCount)),
            ])
            try database.run("INSERT INTO passage_text(rowid, title, headings, synonyms, text) VALUES(?,?,?,?,?)", [
                .integer(passageCount), .text(article.title), .text(section.path.joined(separator: " , ")), .text(synonyms), .text(text),
            ])
            passages.append(Passage(
                id: passageCount, article: article.slug, title: article.title, synonyms: article.synonyms, sectionPath: section.path, text: text, start: draft.start, end: draft.end,
                systems: article.systems, kind: article.kind, tokenCount: draft.tokenCount))
        }
        for name in [article.title] + article.synonyms {
            for word in Self.words(name) { vocabulary[word, default: 0] += 1 }
        }
        uncommitted += 1
        // A bounded transaction keeps SQLite's dirty pages, and so memory, bounded. A fixed count keeps the file's bytes reproducible.
        if uncommitted == 512 {
            uncommitted = 0
            try database.execute("COMMIT; BEGIN")
        }
        return passages
    }

    /// Writes what is known only at the end, and closes the transaction. The file is complete once the writer is released.
    func finish(transform: VectorTransform) throws(IndexError) {
        for (word, count) in vocabulary.sorted(by: { $0.key < $1.key }) {
            try database.run("INSERT INTO vocabulary VALUES(?,?)", [.text(word), .integer(Int64(count))])
        }
        for (position, vector) in transform.stored.enumerated() {
            try database.run("INSERT INTO vector_transform VALUES(?,?)", [.integer(Int64(position)), .blob(VectorBytes.encode(vector))])
        }
        try database.execute("INSERT INTO passage_text(passage_text) VALUES('optimize'); COMMIT")
    }

    /// Lists are stored with line ends between their members; readers never let one into a member.
    static func list(_ members: [String]) -> String { members.map { $0.replacing("\n", with: " ") }.joined(separator: "\n") }
    static func members(_ list: String) -> [String] { list.isEmpty ? [] : list.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }

    /// Lower-case words of three letters or more.
    static func words(_ text: String) -> [String] {
        let parts: [Substring] = text.lowercased().split(omittingEmptySubsequences: true) { (character: Character) in !(character.isLetter || character.isNumber) }
        return parts.filter { $0.count >= 3 && $0.contains(where: \.isLetter) }.map { String($0) }
    }
}
