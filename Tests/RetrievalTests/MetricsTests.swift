import Engine
import Foundation
import Retrieval
import Testing

/// Values by hand from the definitions; equality with the reference packages is checked by `benchmarks/compare_metrics.py`.
@Suite struct MetricsTests {
    @Test func rankingMetrics() {
        let ranking = ["a", "b", "c", "d"]
        #expect(RankingMetrics.reciprocalRank(ranking, ["c": 1], at: 10) == 1.0 / 3)
        #expect(RankingMetrics.reciprocalRank(ranking, ["c": 1], at: 2) == 0)
        #expect(RankingMetrics.recall(ranking, ["a": 1, "x": 1], at: 5) == 0.5)
        #expect(RankingMetrics.recall(ranking, ["a": 0], at: 5) == 0)
        let expected = (1 / log2(3.0) + 2 / log2(5.0)) / (2 / log2(2.0) + 1 / log2(3.0))
        #expect(abs(RankingMetrics.ndcg(ranking, ["b": 1, "d": 2], at: 10) - expected) < 1e-12)
    }

    @Test func equalScoresAreOrderedAsTrecEvalDoes() {
        #expect(RankingMetrics.order([("a", 1), ("c", 1), ("b", 2)]) == ["b", "c", "a"])
    }

    @Test func rougeL() {
        #expect(TextMetrics.rougeL("the cat sat", reference: "The cat sat.") == 1)
        // Longest common subsequence "cat the mat": 3 of 4 and 3 of 6.
        #expect(abs(TextMetrics.rougeL("cat on-the mat", reference: "a cat sat under the mat") - 2 * 0.75 * 0.5 / 1.25) < 1e-12)
        #expect(TextMetrics.rougeL("", reference: "x") == 0)
    }

    @Test func tokenF1IgnoresArticlesAndPunctuation() {
        #expect(TextMetrics.tokenF1("The appendix.", reference: "an appendix") == 1)
        #expect(TextMetrics.tokenF1("left lung", reference: "right lung") == 0.5)
    }

    @Test func aurocCountsTiesHalf() {
        #expect(Statistics.auroc(positive: [0.9, 0.5], negative: [0.5, 0.1]) == 0.875)
    }

    @Test func logisticRegressionRecoversItsModel() {
        var generator = SplitMix64(seed: 7)
        func unit() -> Double { Double.random(in: 0..<1, using: &generator) }
        var rows: [[Double]] = []
        var labels: [Bool] = []
        for _ in 0..<4000 {
            let x = [unit() * 4 - 2, unit() * 4 - 2]
            let p = 1 / (1 + exp(-(0.5 + 2 * x[0] - 1 * x[1])))
            rows.append(x)
            labels.append(unit() < p)
        }
        let fit = LogisticRegression(rows: rows, labels: labels)
        #expect(abs(fit.bias - 0.5) < 0.2 && abs(fit.weights[0] - 2) < 0.25 && abs(fit.weights[1] + 1) < 0.2)
    }

    @Test func anExampleOfImportanceTwoCountsAsTwo() {
        let rows = [[0.1], [0.4], [0.5], [0.9]]
        let labels = [false, true, false, true]
        let weighted = LogisticRegression(rows: rows, labels: labels, importance: [1, 2, 1, 1])
        let repeated = LogisticRegression(rows: rows + [rows[1]], labels: labels + [true])
        #expect(abs(weighted.bias - repeated.bias) < 1e-9 && abs(weighted.weights[0] - repeated.weights[0]) < 1e-9)
    }
}
