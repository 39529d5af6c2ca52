import CKernels
import Engine
import Testing

/// Small models of seeded random weights in memory, of any element type.
enum SyntheticModel {
    static let shape = PhiConfiguration(
        vocabularySize: 130, tokenCount: 125, hiddenSize: 128, layerCount: 3, headCount: 4, keyValueHeadCount: 4, intermediateSize: 288, contextLength: 640,
        rotaryDimensions: 12, tieWordEmbeddings: false, beginToken: 0, endToken: 124)

    static func make(_ type: ElementType, threads: Int = 1, level: InstructionLevel = .best) throws -> PhiModel {
        var random = SplitMix64(seed: 7)
        let c = shape
        func tensor(_ rows: Int, _ columns: Int) throws -> WeightTensor {
            let values = (0..<rows * columns).map { _ in Float.random(in: -1...1, using: &random) * 2.5 / Float(columns).squareRoot() }
            return try #require(
                WeightTensor(name: "random", type: type, rows: rows, columns: columns) { bytes in
                    radphi_quantize(type.rawValue, values, bytes.baseAddress, Int64(values.count))
                })
        }
        func vector(_ count: Int, around center: Float = 0) -> [Float] { (0..<count).map { _ in center + Float.random(in: -0.1...0.1, using: &random) } }
        let layers = try (0..<c.layerCount).map { _ in
            LayerWeights(
                inputNormWeight: vector(c.hiddenSize, around: 1), inputNormBias: vector(c.hiddenSize), query: try tensor(c.hiddenSize, c.hiddenSize),
                key: try tensor(c.hiddenSize, c.hiddenSize), value: try tensor(c.hiddenSize, c.hiddenSize), dense: try tensor(c.hiddenSize, c.hiddenSize),
                fc1: try tensor(c.intermediateSize, c.hiddenSize), fc2: try tensor(c.hiddenSize, c.intermediateSize), queryBias: vector(c.hiddenSize),
                keyBias: vector(c.hiddenSize), valueBias: vector(c.hiddenSize), denseBias: vector(c.hiddenSize), fc1Bias: vector(c.intermediateSize),
                fc2Bias: vector(c.hiddenSize))
        }
        let weights = PhiWeights(
            tokenEmbedding: try tensor(c.vocabularySize, c.hiddenSize), layers: layers, finalNormWeight: vector(c.hiddenSize, around: 1),
            finalNormBias: vector(c.hiddenSize), head: try tensor(c.vocabularySize, c.hiddenSize), headBias: vector(c.vocabularySize))
        return try PhiModel(configuration: c, weights: weights, threads: threads, level: level)
    }

    static func tokens(_ count: Int, seed: UInt64 = 1) -> [Int32] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { _ in Int32.random(in: 1..<120, using: &random) }
    }
}
