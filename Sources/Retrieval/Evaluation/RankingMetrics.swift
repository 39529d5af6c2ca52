import Foundation

/// Measures of a ranking, with the definitions of trec_eval (so that `pytrec_eval` and `ranx` give the same values).
public enum RankingMetrics {
    /// Relevance grades by document; documents that are not listed have grade 0.
    public typealias Judgements = [String: Int]

    /// The documents of a run in trec_eval's order: falling score, in single precision, and among equal scores falling document name.
    public static func order(_ run: [(document: String, score: Double)]) -> [String] {
        run.sorted {
            let scores = (Float($0.score), Float($1.score))
            return scores.0 != scores.1 ? scores.0 > scores.1 : $1.document.utf8.lexicographicallyPrecedes($0.document.utf8)
        }
        .map(\.document)
    }

    /// Normalised discounted cumulative gain over the first `k` documents, gain = grade, discount = log2(rank + 1).
    ///
    /// Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", 2002, in trec_eval's form.
    public static func ndcg(_ ranking: [String], _ judgements: Judgements, at k: Int) -> Double {
        let ideal = judgements.values.filter { $0 > 0 }.sorted(by: >)
        func gain(_ grades: [Int]) -> Double {
            grades.prefix(k).enumerated().reduce(0) { $0 + Double($1.element) / log2(Double($1.offset) + 2) }
        }
        let best = gain(ideal)
        return best > 0 ? gain(ranking.prefix(k).map { max(0, judgements[$0] ?? 0) }) / best : 0
    }

    /// Share of the relevant documents that are among the first `k`.
    public static func recall(_ ranking: [String], _ judgements: Judgements, at k: Int) -> Double {
        let relevant = judgements.filter { $0.value > 0 }
        guard !relevant.isEmpty else { return 0 }
        return Double(ranking.prefix(k).filter { relevant[$0] != nil }.count) / Double(relevant.count)
    }

    /// 1 / rank of the first relevant document among the first `k`, otherwise 0.
    public static func reciprocalRank(_ ranking: [String], _ judgements: Judgements, at k: Int) -> Double {
        guard let position = ranking.prefix(k).firstIndex(where: { (judgements[$0] ?? 0) > 0 }) else { return 0 }
        return 1 / Double(position + 1)
    }
}
