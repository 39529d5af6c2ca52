import Engine
import Foundation

/// Small statistics for evaluation reports.
public enum Statistics {
    public static func mean(_ values: [Double]) -> Double { values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count) }

    /// The value below which a share `p` of the values lie, linear between neighbours.
    public static func percentile(_ values: [Double], _ p: Double) -> Double {
        guard !values.isEmpty else { return 0 }
        let sorted = values.sorted()
        let place = min(max(p, 0), 1) * Double(sorted.count - 1)
        let low = Int(place)
        let high = min(low + 1, sorted.count - 1)
        return sorted[low] + (sorted[high] - sorted[low]) * (place - Double(low))
    }

    /// 95 % interval of the mean by the percentile bootstrap, seeded (Efron and Tibshirani, 1993).
    public static func bootstrapInterval(_ values: [Double], resamples: Int = 1000, seed: UInt64 = 1) -> (low: Double, high: Double) {
        guard values.count > 1 else { return (values.first ?? 0, values.first ?? 0) }
        var generator = SplitMix64(seed: seed)
        let means = (0..<resamples).map { _ in
            var sum = 0.0
            for _ in values.indices { sum += values[Int(generator.next() % UInt64(values.count))] }
            return sum / Double(values.count)
        }
        return (percentile(means, 0.025), percentile(means, 0.975))
    }

    /// Area under the ROC curve: the chance that a positive scores above a negative, ties counting half.
    public static func auroc(positive: [Double], negative: [Double]) -> Double {
        guard !positive.isEmpty, !negative.isEmpty else { return 0.5 }
        let all = (positive.map { ($0, true) } + negative.map { ($0, false) }).sorted { $0.0 < $1.0 }
        var rankSum = 0.0
        var i = 0
        while i < all.count {
            var j = i
            while j < all.count, all[j].0 == all[i].0 { j += 1 }
            let rank = Double(i + j + 1) / 2
            rankSum += rank * Double(all[i..<j].filter(\.1).count)
            i = j
        }
        let n = Double(positive.count)
        return (rankSum - n * (n + 1) / 2) / (n * Double(negative.count))
    }
}
