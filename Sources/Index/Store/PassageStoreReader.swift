/// Reads `passages.sqlite`. Not thread-safe by itself; `IndexStore` holds a lock around it.
struct PassageStoreReader: ~Copyable {
    private let database: SQLiteDatabase

    private static let passageColumns = """
        SELECT p.id, a.slug, a.title, s.path, substr(a.text, p.start + 1, p."end" - p.start), p.start, p."end", a.systems, a.kind, p.tokens, a.synonyms
        FROM passage p JOIN article a ON a.id = p.article JOIN section s ON s.article = p.article AND s.position = p.section
        """

    init(_ path: String) throws(IndexError) { database = try SQLiteDatabase(path, .immutable) }

    func transform(dimension: Int) throws -> VectorTransform {
        let vectors = try database.rows("SELECT vector FROM vector_transform ORDER BY position") { $0.blob(0) }
        guard let mean = vectors.first else { return .identity }
        return VectorTransform(
            mean: VectorBytes.decode(mean, dimension: dimension) ?? [], components: vectors.dropFirst().compactMap { VectorBytes.decode($0, dimension: dimension) })
    }

    func article(_ slug: String) throws -> Article? { try articles(where: "slug = ?", [.text(slug)]).first }

    private func articles(where condition: String, _ values: [SQLiteDatabase.Value]) throws -> [Article] {
        try database.rows("SELECT id, slug, title, kind, systems, synonyms, text, licence, revised, review, source, url FROM article WHERE \(condition)", values) { row in
            let sections = try database.rows("SELECT path, start, \"end\" FROM section WHERE article = ? ORDER BY position", [.integer(row.integer(0))]) {
                Section(path: PassageStoreWriter.members($0.text(0)), start: $0.int(1), end: $0.int(2))
            }
            return Article(
                slug: row.text(1), title: row.text(2), kind: row.text(3), systems: PassageStoreWriter.members(row.text(4)), synonyms: PassageStoreWriter.members(row.text(5)),
                text: String(decoding: row.blob(6), as: UTF8.self), sections: sections, licence: row.text(7), revised: row.text(8), review: row.text(9), source: row.text(10),
                url: row.isNull(11) ? nil : row.text(11))
        }
    }

    /// By its position in the index, from 1.
    func article(number: Int64) throws -> Article? { try articles(where: "id = ?", [.integer(number)]).first }

    func passages(where condition: String, _ values: [SQLiteDatabase.Value]) throws -> [Passage] {
        try database.rows("\(Self.passageColumns) WHERE \(condition) ORDER BY p.id", values) { Self.passage($0) }
    }

    private static func passage(_ row: SQLiteDatabase.Row) -> Passage {
        Passage(
            id: row.integer(0), article: row.text(1), title: row.text(2), synonyms: PassageStoreWriter.members(row.text(10)), sectionPath: PassageStoreWriter.members(row.text(3)), text: String(decoding: row.blob(4), as: UTF8.self),
            start: row.int(5), end: row.int(6), systems: PassageStoreWriter.members(row.text(7)), kind: row.text(8), tokenCount: row.int(9))
    }

    func neighbours(of id: Int64, before: Int, after: Int) throws -> [Passage] {
        // Ids follow the text, so neighbours in a section are neighbours in number.
        try passages(
            where: "p.id BETWEEN ? AND ? AND p.id <> ? AND (p.article, p.section) = (SELECT article, section FROM passage WHERE id = ?)",
            [.integer(id - Int64(before)), .integer(id + Int64(after)), .integer(id), .integer(id)])
    }

    func lexicalSearch(_ terms: [String], _ filter: PassageFilter, _ weights: ColumnWeights, _ limit: Int) throws -> [ScoredPassage] {
        guard let query = Self.query(terms), limit > 0 else { return [] }
        let (condition, values) = Self.condition(filter)
        let numbers = [weights.title, weights.headings, weights.synonyms, weights.text].map { $0.isFinite ? String($0) : "1.0" }.joined(separator: ", ")
        let restriction = condition.isEmpty ? "" : "AND t.rowid IN (SELECT p.id FROM passage p JOIN article a ON a.id = p.article WHERE \(condition))"
        return try database.rows(
            "SELECT t.rowid, bm25(passage_text, \(numbers)) AS rank FROM passage_text t WHERE passage_text MATCH ? \(restriction) ORDER BY rank, t.rowid LIMIT ?",
            [.text(query)] + values + [.integer(Int64(limit))]
        ) { ScoredPassage(id: $0.integer(0), score: -$0.double(1)) }
    }

    func documentFrequency(_ term: String) throws -> Int {
        guard let query = Self.query([term]) else { return 0 }
        return try database.rows("SELECT count(*) FROM passage_text WHERE passage_text MATCH ?", [.text(query)]) { $0.int(0) }.first ?? 0
    }

    func ids(_ filter: PassageFilter) throws -> Set<Int64> {
        let (condition, values) = Self.condition(filter)
        return Set(try database.rows(
            "SELECT p.id FROM passage p JOIN article a ON a.id = p.article WHERE \(condition.isEmpty ? "1" : condition)", values) { $0.integer(0) })
    }

    func vocabulary() throws -> [String: Int] {
        Dictionary(try database.rows("SELECT word, count FROM vocabulary") { ($0.text(0), $0.int(1)) }, uniquingKeysWith: { first, _ in first })
    }

    /// Quoted terms joined by OR; nil when no term has a letter or digit. A NUL would end the expression early.
    private static func query(_ terms: [String]) -> String? {
        let quoted = terms
            .filter { term in term.contains { $0.isLetter || $0.isNumber } }
            .prefix(256)
            .map { "\"" + $0.replacing("\0", with: " ").replacing("\"", with: "\"\"") + "\"" }
        return quoted.isEmpty ? nil : quoted.joined(separator: " OR ")
    }

    private static func condition(_ filter: PassageFilter) -> (String, [SQLiteDatabase.Value]) {
        var parts: [String] = []
        var values: [SQLiteDatabase.Value] = []
        func marks(_ count: Int) -> String { repeatElement("?", count: count).joined(separator: ",") }
        if !filter.systems.isEmpty {
            parts.append("p.article IN (SELECT article FROM article_system WHERE system COLLATE NOCASE IN (\(marks(filter.systems.count))))")
            values += filter.systems.map { .text($0) }
        }
        if !filter.kinds.isEmpty {
            parts.append("a.kind COLLATE NOCASE IN (\(marks(filter.kinds.count)))")
            values += filter.kinds.map { .text($0) }
        }
        if !filter.sources.isEmpty {
            parts.append("(" + filter.sources.map { _ in "substr(a.source, 1, length(?)) = ?" }.joined(separator: " OR ") + ")")
            values += filter.sources.flatMap { [.text($0), .text($0)] }
        }
        return (parts.joined(separator: " AND "), values)
    }
}
