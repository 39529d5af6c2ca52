import Foundation

/// A conditional logit: weights that make the right alternatives likely among all alternatives of a case (McFadden, 1974).
///
/// Fitted by Adam over all cases at once, with an L2 penalty on the distance from 1, where every weight begins; deterministic. Where the cases
/// say little, a weight so stays what it would be by default, rather than falling to 0.
package struct ConditionalLogit {
    /// One choice: the alternatives' features, and which of them are right.
    package struct Case {
        var features: [[Double]]
        var right: Set<Int>
        /// Whether no model was trained on it.
        var isHeldOut = true

        package init(features: [[Double]], right: Set<Int>, isHeldOut: Bool = true) {
            self.features = features
            self.right = right
            self.isHeldOut = isHeldOut
        }
    }

    package let weights: [Double]

    /// - Parameter fixed: weights that are kept at a value, by position.
    package init(_ cases: [Case], width: Int, fixed: [Int: Double] = [:], steps: Int = 300, penalty: Double = 0.01) {
        let cases = cases.filter { !$0.right.isEmpty && $0.right.count < $0.features.count }
        var weights = (0..<width).map { fixed[$0] ?? 1 }
        var mean = [Double](repeating: 0, count: width)
        var square = mean
        for step in 1...steps where !cases.isEmpty {
            var gradient = weights.map { -penalty * ($0 - 1) }
            for example in cases {
                let scores = example.features.map { row in zip(row, weights).reduce(0) { $0 + $1.0 * $1.1 } }
                let top = scores.max() ?? 0
                let masses = scores.map { exp($0 - top) }
                let all = masses.reduce(0, +)
                let good = example.right.reduce(0) { $0 + masses[$1] }
                guard good > 0 else { continue }
                for (index, row) in example.features.enumerated() {
                    let pull = ((example.right.contains(index) ? masses[index] / good : 0) - masses[index] / all) / Double(cases.count)
                    if abs(pull) < 1e-12 { continue }
                    for k in 0..<width { gradient[k] += pull * row[k] }
                }
            }
            for k in 0..<width where fixed[k] == nil {
                mean[k] = 0.9 * mean[k] + 0.1 * gradient[k]
                square[k] = 0.99 * square[k] + 0.01 * gradient[k] * gradient[k]
                weights[k] += 0.1 * (mean[k] / (1 - pow(0.9, Double(step)))) / ((square[k] / (1 - pow(0.99, Double(step)))).squareRoot() + 1e-8)
            }
        }
        self.weights = weights
    }

    /// Weights fitted in two steps: all but the `learned` ones on every case, then these, beside one scale for the others, on the held-out cases.
    /// The learned ones are similarities and are never negative.
    package static func stacked(_ cases: [Case], width: Int, learned: [Int]) -> [Double] {
        let held = cases.filter(\.isHeldOut)
        guard !held.isEmpty, held.count < cases.count else { return ConditionalLogit(cases, width: width).weights }
        var weights = ConditionalLogit(cases, width: width, fixed: Dictionary(uniqueKeysWithValues: learned.map { ($0, 0) })).weights
        let second = held.map { example in
            Case(features: example.features.map { row in [zip(row, weights).reduce(0) { $0 + $1.0 * $1.1 }] + learned.map { row[$0] } }, right: example.right)
        }
        let fit = ConditionalLogit(second, width: learned.count + 1).weights
        weights = weights.map { $0 * fit[0] }
        // More similar never speaks against: a negative weight would only be noise of few cases.
        for (index, position) in learned.enumerated() { weights[position] = max(0, fit[index + 1]) }
        return weights
    }
}
