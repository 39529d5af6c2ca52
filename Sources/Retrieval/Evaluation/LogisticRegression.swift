import Foundation

/// Logistic regression with an L2 penalty, by Newton's method (iteratively reweighted least squares).
///
/// Meant for a dozen features and some thousand examples; deterministic.
public struct LogisticRegression: Sendable {
    public let bias: Double
    public let weights: [Double]

    /// - Parameters:
    ///   - rows: the examples' features, all of one length.
    ///   - labels: whether each is positive.
    ///   - importance: how often each counts; once each when nil.
    ///   - penalty: strength of the L2 penalty on the weights (not on the bias).
    public init(rows: [[Double]], labels: [Bool], importance: [Double]? = nil, penalty: Double = 1) {
        let importance = importance ?? [Double](repeating: 1, count: rows.count)
        let width = (rows.first?.count ?? 0) + 1
        var beta = [Double](repeating: 0, count: width)
        for _ in 0..<50 {
            var gradient = [Double](repeating: 0, count: width)
            var hessian = [[Double]](repeating: [Double](repeating: 0, count: width), count: width)
            for (index, row) in rows.enumerated() where row.count + 1 == width {
                let x = [1] + row
                let p = 1 / (1 + exp(-zip(x, beta).reduce(0) { $0 + $1.0 * $1.1 }))
                let weight = importance[index] * max(p * (1 - p), 1e-6)
                for i in 0..<width {
                    gradient[i] += importance[index] * x[i] * ((labels[index] ? 1 : 0) - p)
                    for j in 0...i { hessian[i][j] += weight * x[i] * x[j] }
                }
            }
            for i in 0..<width {
                if i > 0 { gradient[i] -= penalty * beta[i] }
                hessian[i][i] += i > 0 ? penalty : 1e-9
                for j in 0..<i { hessian[j][i] = hessian[i][j] }
            }
            let step = Self.solve(hessian, gradient)
            for i in 0..<width { beta[i] += step[i] }
            if step.allSatisfy({ abs($0) < 1e-9 }) { break }
        }
        bias = beta.first ?? 0
        weights = Array(beta.dropFirst())
    }

    /// An example that a model may or may not have been trained on.
    struct Example {
        let features: [Double]
        let label: Bool
        let isHeldOut: Bool
        /// How often it counts.
        var importance = 1.0
    }

    /// Fitted in two steps: all but the `learned` weights on every example, then these, beside one scale for the others, on the held-out ones.
    static func stacked(_ examples: [Example], learned: [Int]) -> LogisticRegression {
        let held = examples.filter(\.isHeldOut)
        let enough = min(held.filter(\.label).count, held.filter { !$0.label }.count) >= 10
        guard enough, held.count < examples.count else { return LogisticRegression(rows: examples.map(\.features), labels: examples.map(\.label), importance: examples.map(\.importance)) }
        func without(_ row: [Double]) -> [Double] { row.indices.map { learned.contains($0) ? 0 : row[$0] } }
        let base = LogisticRegression(rows: examples.map { without($0.features) }, labels: examples.map(\.label), importance: examples.map(\.importance))
        let rows = held.map { example in [zip(without(example.features), base.weights).reduce(base.bias) { $0 + $1.0 * $1.1 }] + learned.map { example.features[$0] } }
        let second = LogisticRegression(rows: rows, labels: held.map(\.label), importance: held.map(\.importance))
        var weights = base.weights.map { $0 * second.weights[0] }
        for (index, position) in learned.enumerated() { weights[position] = second.weights[index + 1] }
        return LogisticRegression(bias: second.bias + base.bias * second.weights[0], weights: weights)
    }

    private init(bias: Double, weights: [Double]) {
        self.bias = bias
        self.weights = weights
    }

    public func probability(_ row: [Double]) -> Double {
        1 / (1 + exp(-zip(row, weights).reduce(bias) { $0 + $1.0 * $1.1 }))
    }

    /// Gaussian elimination with partial pivoting.
    private static func solve(_ matrix: [[Double]], _ vector: [Double]) -> [Double] {
        var a = matrix
        var b = vector
        let n = b.count
        for column in 0..<n {
            guard let pivot = (column..<n).max(by: { abs(a[$0][column]) < abs(a[$1][column]) }), abs(a[pivot][column]) > 1e-12 else { continue }
            a.swapAt(column, pivot)
            b.swapAt(column, pivot)
            for row in column + 1..<max(n, column + 1) {
                let factor = a[row][column] / a[column][column]
                for k in column..<n { a[row][k] -= factor * a[column][k] }
                b[row] -= factor * b[column]
            }
        }
        var x = [Double](repeating: 0, count: n)
        for row in stride(from: n - 1, through: 0, by: -1) {
            let rest = (row + 1..<max(n, row + 1)).reduce(0.0) { $0 + a[row][$1] * x[$1] }
            x[row] = abs(a[row][row]) > 1e-12 ? (b[row] - rest) / a[row][row] : 0
        }
        return x
    }
}
