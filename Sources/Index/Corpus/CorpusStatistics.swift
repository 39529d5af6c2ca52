/// Counts of a corpus by system and by kind.
public struct CorpusStatistics: Sendable, Codable {
    public struct Row: Sendable, Codable {
        public let name: String
        public var articles = 0
        public var words = 0
        /// With a token taken as three quarters of a word; an index counts with the model's own tokenizer.
        public var passages = 0
        public var answerable = 0
        public var unanswerable = 0
    }

    /// By primary system, in the order of the systems.
    public let systems: [Row]
    /// By kind of article.
    public let kinds: [Row]
    public let total: Row
    /// Questions in each split.
    public let splits: [String: Int]

    init(articles: [(system: String, kind: String, words: Int, passages: Int)], questions: [(system: String, kind: String, answerable: Bool, split: String)]) {
        func rows(_ order: [String], _ article: (Int) -> String, _ question: (Int) -> String) -> [Row] {
            var rows: [String: Row] = [:]
            for (position, value) in articles.enumerated() {
                rows[article(position), default: Row(name: article(position))].add(value.words, value.passages)
            }
            for (position, value) in questions.enumerated() { rows[question(position), default: Row(name: question(position))].add(answerable: value.answerable) }
            let rest = rows.keys.filter { !order.contains($0) }.sorted()
            return (order + rest).map { rows[$0] ?? Row(name: $0) }
        }
        systems = rows(RadiologySystem.allCases.map(\.rawValue), { articles[$0].system }, { questions[$0].system })
        kinds = rows(ArticleKind.allCases.map(\.rawValue), { articles[$0].kind }, { questions[$0].kind })
        var total = Row(name: "total")
        for article in articles { total.add(article.words, article.passages) }
        for question in questions { total.add(answerable: question.answerable) }
        self.total = total
        splits = Dictionary(questions.map { ($0.split, 1) }, uniquingKeysWith: +)
    }
}

extension CorpusStatistics.Row {
    fileprivate mutating func add(_ words: Int, _ passages: Int) {
        articles += 1
        self.words += words
        self.passages += passages
    }

    fileprivate mutating func add(answerable: Bool) {
        if answerable { self.answerable += 1 } else { unanswerable += 1 }
    }
}
