import Foundation
import Index

/// How well each leg, and the fusion, finds the section that holds a question's evidence.
public struct RetrievalEvaluation: Sendable {
    /// One way of searching, and the name it has in reports.
    public static let variants: [(name: String, legs: SearchLegs)] = [
        ("lexical", .lexical), ("dense", .dense), ("lexical + dense", [.lexical, .dense]), ("fused", .all),
    ]

    public struct Row: Sendable, Codable {
        public let variant: String
        /// A system, or `all`.
        public let group: String
        public let questions: Int
        public let ndcg10: Double
        public let ndcg10Low: Double
        public let ndcg10High: Double
        public let recall5: Double
        public let recall10: Double
        public let recall100: Double
        public let mrr10: Double
    }

    /// What one variant found for one query.
    public struct Ranking: Sendable {
        public let query: JudgedQuery
        public let variant: String
        public let documents: [(document: String, score: Double)]

        /// nDCG@10, Recall@5, Recall@10, Recall@100 and MRR@10.
        public var measures: [Double] {
            let order = RankingMetrics.order(documents)
            let judgements = query.judgements
            return [RankingMetrics.ndcg(order, judgements, at: 10)] + [5, 10, 100].map { RankingMetrics.recall(order, judgements, at: $0) }
                + [RankingMetrics.reciprocalRank(order, judgements, at: 10)]
        }
    }

    /// Runs every variant over the queries.
    public static func run(_ queries: [JudgedQuery], searcher: Searcher, progress: (Int, Int) throws -> Void = { _, _ in }) throws -> [Ranking] {
        var rankings: [Ranking] = []
        for (position, query) in queries.enumerated() {
            try progress(position, queries.count)
            for variant in variants {
                let hits = try searcher.search(SearchRequest(question: query.text, limit: 100, legs: variant.legs)).hits
                var seen: Set<String> = []
                let documents = hits.map { (document: query.document(of: $0.passage), score: $0.score) }.filter { seen.insert($0.document).inserted }
                rankings.append(Ranking(query: query, variant: variant.name, documents: documents))
            }
        }
        return rankings
    }

    /// A row per variant and system, the whole first.
    public static func table(_ rankings: [Ranking]) -> [Row] {
        var rows: [Row] = []
        let systems = Set(rankings.compactMap(\.query.group)).sorted()
        for group in ["all"] + systems {
            for variant in variants {
                let chosen = rankings.filter { $0.variant == variant.name && (group == "all" || $0.query.group == group) }
                guard !chosen.isEmpty else { continue }
                var values: [[Double]] = Array(repeating: [], count: 5)
                for ranking in chosen {
                    for (index, value) in ranking.measures.enumerated() { values[index].append(value) }
                }
                let interval = Statistics.bootstrapInterval(values[0])
                rows.append(
                    Row(
                        variant: variant.name, group: group, questions: chosen.count, ndcg10: Statistics.mean(values[0]), ndcg10Low: interval.low, ndcg10High: interval.high,
                        recall5: Statistics.mean(values[1]), recall10: Statistics.mean(values[2]), recall100: Statistics.mean(values[3]), mrr10: Statistics.mean(values[4])))
            }
        }
        return rows
    }
}
