/// The weights of one block. Matrices are `[outputs, inputs]`; vectors are fp32.
public struct LayerWeights: Sendable {
    /// `[hidden]`
    public var inputNormWeight: [Float]
    public var inputNormBias: [Float]
    /// `[hidden, hidden]`, and key and value `[keyValueHeads · headSize, hidden]`. Views of one matrix where the file has it fused.
    public var query: WeightTensor
    public var key: WeightTensor
    public var value: WeightTensor
    /// `[hidden, hidden]`
    public var dense: WeightTensor
    /// `[intermediate, hidden]`
    public var fc1: WeightTensor
    /// `[hidden, intermediate]`
    public var fc2: WeightTensor
    public var queryBias: [Float]
    public var keyBias: [Float]
    public var valueBias: [Float]
    public var denseBias: [Float]
    public var fc1Bias: [Float]
    public var fc2Bias: [Float]

    public init(
        inputNormWeight: [Float], inputNormBias: [Float], query: WeightTensor, key: WeightTensor, value: WeightTensor, dense: WeightTensor,
        fc1: WeightTensor, fc2: WeightTensor, queryBias: [Float], keyBias: [Float], valueBias: [Float], denseBias: [Float], fc1Bias: [Float],
        fc2Bias: [Float]
    ) {
        self.inputNormWeight = inputNormWeight
        self.inputNormBias = inputNormBias
        self.query = query
        self.key = key
        self.value = value
        self.dense = dense
        self.fc1 = fc1
        self.fc2 = fc2
        self.queryBias = queryBias
        self.keyBias = keyBias
        self.valueBias = valueBias
        self.denseBias = denseBias
        self.fc1Bias = fc1Bias
        self.fc2Bias = fc2Bias
    }
}

/// All weights of a Phi model.
public struct PhiWeights: Sendable {
    /// `[vocabulary, hidden]`
    public var tokenEmbedding: WeightTensor
    public var layers: [LayerWeights]
    /// `[hidden]`
    public var finalNormWeight: [Float]
    public var finalNormBias: [Float]
    /// `[vocabulary, hidden]`; the embedding itself where the two are tied.
    public var head: WeightTensor
    /// `[vocabulary]`
    public var headBias: [Float]?

    public init(
        tokenEmbedding: WeightTensor, layers: [LayerWeights], finalNormWeight: [Float], finalNormBias: [Float], head: WeightTensor, headBias: [Float]?
    ) {
        self.tokenEmbedding = tokenEmbedding
        self.layers = layers
        self.finalNormWeight = finalNormWeight
        self.finalNormBias = finalNormBias
        self.head = head
        self.headBias = headBias
    }

    /// Every matrix with its name in this program, each once.
    public var matrices: [(name: String, tensor: WeightTensor)] {
        var all = [("embedding", tokenEmbedding)]
        for (index, layer) in layers.enumerated() {
            for (part, tensor) in [
                ("query", layer.query), ("key", layer.key), ("value", layer.value), ("dense", layer.dense), ("fc1", layer.fc1), ("fc2", layer.fc2),
            ] {
                all.append(("layer \(index) \(part)", tensor))
            }
        }
        all.append(("head", head))
        return all
    }

    /// Every vector with its name.
    public var vectors: [(name: String, values: [Float])] {
        var all: [(String, [Float])] = []
        for (index, layer) in layers.enumerated() {
            for (part, values) in [
                ("norm weight", layer.inputNormWeight), ("norm bias", layer.inputNormBias), ("query bias", layer.queryBias),
                ("key bias", layer.keyBias), ("value bias", layer.valueBias), ("dense bias", layer.denseBias), ("fc1 bias", layer.fc1Bias),
                ("fc2 bias", layer.fc2Bias),
            ] {
                all.append(("layer \(index) \(part)", values))
            }
        }
        return all + [("final norm weight", finalNormWeight), ("final norm bias", finalNormBias), ("head bias", headBias ?? [])]
    }
}
