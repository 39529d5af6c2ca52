import Engine

/// One line of `questions/<system>.jsonl`.
struct CorpusQuestion: Decodable {
    let id: String
    let question: String
    let answerable: Bool
    let article: String?
    let section: String?
    let evidence: [String]
    let answer: String
    let system: String?
    let kind: String
    let variation: String
    let split: String

    static let kinds: Set<String> = [
        "definition", "epidemiology", "presentation", "cause", "imaging", "differential", "treatment", "complication", "classification", "anatomy", "technique", "practical",
    ]
    static let variations: Set<String> = ["plain", "paraphrase", "typo", "abbreviation", "american"]

    enum Sort: String { case answerable = "q", nearMiss = "x", outside }

    /// What the id says the question is, and whose; nil where the id has no known form.
    var named: (sort: Sort, slug: String)? {
        let parts = id.split(separator: "-")
        guard let last = parts.last else { return nil }
        if parts.count == 2, parts[0] == "outside", Int(last) != nil { return (.outside, id) }
        guard let sort = last.first.flatMap({ Sort(rawValue: String($0)) }), Int(last.dropFirst()) != nil, parts.count > 1 else { return nil }
        return (sort, parts.dropLast().joined(separator: "-"))
    }

    /// The split that `key` (a slug, or an `outside` id) belongs to: the first eight hexadecimal digits of its SHA-256 modulo 10.
    static func split(of key: String) -> String {
        var hash = SHA256()
        hash.update(key)
        let number = hash.digest().prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        switch number % 10 {
        case 0...6: return "train"
        case 7: return "dev"
        default: return "test"
        }
    }
}
