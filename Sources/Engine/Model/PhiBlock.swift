import CKernels
import Foundation

/// A LayerNorm's parameters, `[hidden]` each.
struct LayerNorm: Sendable {
    let weight: FloatVector
    let bias: FloatVector
    let epsilon: Float

    init(_ weight: [Float], _ bias: [Float], epsilon: Double) {
        self.weight = FloatVector(weight)
        self.bias = FloatVector(bias)
        self.epsilon = Float(epsilon)
    }
}

/// One block of Phi: `x + attention(n) + mlp(n)`, n the normalised x.
struct PhiBlock: Sendable {
    let norm: LayerNorm
    let query, key, value, dense, fc1, fc2: PackedMatrix
    let queryBias, keyBias, valueBias, fc1Bias: FloatVector
    /// Of dense and fc2 together: both are added to x.
    let outputBias: FloatVector

    /// Packs a layer's weights and lets go of the file's pages behind them.
    init(_ weights: LayerWeights, epsilon: Double, pool: ThreadPool) throws(OutOfMemory) {
        func pack(_ tensor: WeightTensor) throws(OutOfMemory) -> PackedMatrix {
            defer { tensor.releasePages() }
            return try PackedMatrix(tensor, pool: pool)
        }
        norm = LayerNorm(weights.inputNormWeight, weights.inputNormBias, epsilon: epsilon)
        query = try pack(weights.query)
        key = try pack(weights.key)
        value = try pack(weights.value)
        dense = try pack(weights.dense)
        fc1 = try pack(weights.fc1)
        fc2 = try pack(weights.fc2)
        queryBias = FloatVector(weights.queryBias)
        keyBias = FloatVector(weights.keyBias)
        valueBias = FloatVector(weights.valueBias)
        fc1Bias = FloatVector(weights.fc1Bias)
        outputBias = FloatVector(zip(weights.denseBias, weights.fc2Bias).map { $0 + $1 })
    }

    var matrices: [PackedMatrix] { [query, key, value, dense, fc1, fc2] }
}

/// Rotation angles of every position, `[context, rotary / 2]`.
struct RotaryTable: Sendable {
    let cosines: FloatVector
    let sines: FloatVector

    init(_ configuration: PhiConfiguration) {
        let half = configuration.rotaryDimensions / 2
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
        self.cosines = FloatVector(cosines)
        self.sines = FloatVector(sines)
    }
}
