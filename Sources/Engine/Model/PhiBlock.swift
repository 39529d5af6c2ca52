import CKernels
import Foundation

/// A LayerNorm's parameters, `[hidden]` each.
struct LayerNorm: Sendable {
    let weight: [Float]
    let bias: [Float]
    let epsilon: Float

    func apply(_ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>) {
        radphi_norm(input, weight, bias, epsilon, Int32(weight.count), output)
    }
}

/// One block of Phi: `x + attention(n) + mlp(n)`, n the normalised x.
struct PhiBlock: Sendable {
    let norm: LayerNorm
    let query, key, value, dense, fc1, fc2: PackedMatrix

    /// Packs a layer's weights and lets go of the file's pages behind them.
    init(_ weights: LayerWeights, epsilon: Double, pool: ThreadPool) throws(OutOfMemory) {
        norm = LayerNorm(weight: weights.inputNormWeight, bias: weights.inputNormBias, epsilon: Float(epsilon))
        func pack(_ tensor: WeightTensor, _ bias: [Float]) throws(OutOfMemory) -> PackedMatrix {
            defer { tensor.releasePages() }
            return try PackedMatrix(tensor, bias: bias, pool: pool)
        }
        query = try pack(weights.query, weights.queryBias)
        key = try pack(weights.key, weights.keyBias)
        value = try pack(weights.value, weights.valueBias)
        dense = try pack(weights.dense, weights.denseBias)
        fc1 = try pack(weights.fc1, weights.fc1Bias)
        fc2 = try pack(weights.fc2, weights.fc2Bias)
    }

    var matrices: [PackedMatrix] { [query, key, value, dense, fc1, fc2] }
}

/// Rotation angles of every position, `[context, rotary / 2]`.
struct RotaryTable: Sendable {
    let half: Int
    let cosines: [Float]
    let sines: [Float]

    init(_ configuration: PhiConfiguration) {
        half = configuration.rotaryDimensions / 2
        var cosines: [Float] = []
        var sines: [Float] = []
        cosines.reserveCapacity(configuration.contextLength * half)
        sines.reserveCapacity(configuration.contextLength * half)
        let frequencies = (0..<half).map { 1 / pow(configuration.rotaryBase, Double(2 * $0) / Double(configuration.rotaryDimensions)) }
        for position in 0..<configuration.contextLength {
            for frequency in frequencies {
                cosines.append(Float(cos(Double(position) * frequency)))
                sines.append(Float(sin(Double(position) * frequency)))
            }
        }
        self.cosines = cosines
        self.sines = sines
    }

    /// Rotates `heads` heads of `size` that lie one after the other, for `position`.
    func rotate(_ rows: UnsafeMutablePointer<Float>, heads: Int, size: Int, position: Int) {
        cosines.withUnsafeBufferPointer { cosines in
            sines.withUnsafeBufferPointer { sines in
                guard half > 0, let c = cosines.baseAddress, let s = sines.baseAddress else { return }
                radphi_rotate(rows, Int32(heads), Int32(size), Int32(2 * half), c + position * half, s + position * half)
            }
        }
    }
}
