import CKernels

extension PhiModel {
    /// A model of a given shape whose weights are random and made in memory: for measuring speed, not for text. All layers hold the same numbers.
    ///
    /// Throws `OutOfMemory`, or `ModelError` for a type that cannot be made (only f32, f16, bf16, q8_0 and q4_0 can).
    public static func random(_ shape: PhiConfiguration, type: ElementType, threads: Int? = nil, level: InstructionLevel = .best) throws -> PhiModel {
        var state: UInt64 = 1
        /// One row of random numbers, in the stored form, is repeated with a shift: quick to make, and no two rows alike.
        func tensor(_ rows: Int, _ columns: Int) throws -> WeightTensor {
            let spread = 1 / Float(columns).squareRoot()
            var values = [Float](repeating: 0, count: columns * 64)
            for index in values.indices {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                values[index] = (Float(state >> 40) * 0x1p-23 - 1) * spread
            }
            let made = WeightTensor(name: "random", type: type, rows: rows, columns: columns) { bytes in
                guard let base = bytes.baseAddress else { return }
                var row = 0
                while row < rows {
                    let count = min(64, rows - row)
                    radphi_quantize(type.rawValue, values, base + row * (bytes.count / rows), Int64(count * columns))
                    row += count
                }
            }
            guard let made else { throw OutOfMemory(bytes: rows * columns) }
            return made
        }
        guard [.f32, .f16, .bf16, .q8_0, .q4_0].contains(type) else { throw ModelError.noRandomWeights(type) }
        let zeros = [Float](repeating: 0, count: shape.hiddenSize)
        let ones = [Float](repeating: 1, count: shape.hiddenSize)
        let layer = LayerWeights(
            inputNormWeight: ones, inputNormBias: zeros, query: try tensor(shape.hiddenSize, shape.hiddenSize), key: try tensor(shape.keyValueSize, shape.hiddenSize),
            value: try tensor(shape.keyValueSize, shape.hiddenSize), dense: try tensor(shape.hiddenSize, shape.hiddenSize),
            fc1: try tensor(shape.intermediateSize, shape.hiddenSize), fc2: try tensor(shape.hiddenSize, shape.intermediateSize), queryBias: zeros,
            keyBias: [Float](repeating: 0, count: shape.keyValueSize), valueBias: [Float](repeating: 0, count: shape.keyValueSize), denseBias: zeros,
            fc1Bias: [Float](repeating: 0, count: shape.intermediateSize), fc2Bias: zeros)
        let embedding = try tensor(shape.vocabularySize, shape.hiddenSize)
        let weights = PhiWeights(tokenEmbedding: embedding, layers: [], finalNormWeight: ones, finalNormBias: zeros, head: embedding, headBias: nil)
        return try PhiModel(configuration: shape, weights: weights, layer: { _ in layer }, checkpoint: nil, threads: threads, level: level)
    }
}
