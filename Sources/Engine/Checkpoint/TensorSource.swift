/// Named tensors of a checkpoint's files, whatever their format.
package protocol TensorSource {
    /// The file that an error about tensors is to name.
    var path: String { get }
    var format: String { get }
    /// The tensor of this name, or nil. Throws when it is there but of a type or shape that no weight can have.
    func tensor(_ name: String) throws(FileError) -> WeightTensor?
}

extension TensorSource {
    /// A matrix that must be there with exactly this shape.
    func matrix(_ name: String, rows: Int, columns: Int) throws(FileError) -> WeightTensor {
        guard let tensor = try tensor(name) else { throw .malformed(format, path, field: name, "the tensor is missing") }
        guard tensor.rows == rows, tensor.columns == columns else {
            throw .malformed(
                format, tensor.file?.path ?? path, field: name,
                "shape [\(tensor.rows), \(tensor.columns)]; [\(rows), \(columns)] is expected from the configuration")
        }
        return tensor
    }

    /// A vector of `count` numbers as fp32.
    func vector(_ name: String, count: Int) throws(FileError) -> [Float] {
        guard let values = try optionalVector(name, count: count) else { throw .malformed(format, path, field: name, "the tensor is missing") }
        return values
    }

    func optionalVector(_ name: String, count: Int) throws(FileError) -> [Float]? {
        guard let tensor = try tensor(name) else { return nil }
        guard tensor.rows == 1, tensor.columns == count else {
            throw .malformed(
                format, tensor.file?.path ?? path, field: name, "shape [\(tensor.rows), \(tensor.columns)]; [\(count)] is expected from the configuration")
        }
        return tensor.dequantized()
    }
}

/// What the tensors are called; each family of files has its own names.
struct TensorNames {
    /// Names of a block, without `.weight` and `.bias`.
    struct Block {
        var norm: String
        var fused: String?
        var query: String?
        var key: String?
        var value: String?
        var dense: String
        var fc1: String
        var fc2: String
    }

    var embedding: String
    var finalNorm: String
    var head: String
    var block: @Sendable (Int) -> Block

    /// `model_type: phi`
    static let huggingFace = TensorNames(
        embedding: "model.embed_tokens", finalNorm: "model.final_layernorm", head: "lm_head",
        block: { layer in
            let prefix = "model.layers.\(layer)"
            return Block(
                norm: "\(prefix).input_layernorm", fused: nil, query: "\(prefix).self_attn.q_proj", key: "\(prefix).self_attn.k_proj",
                value: "\(prefix).self_attn.v_proj", dense: "\(prefix).self_attn.dense", fc1: "\(prefix).mlp.fc1", fc2: "\(prefix).mlp.fc2")
        })

    /// `model_type: phi-msft`, the first published form of Phi-2. Rows of Wqkv: all Q, all K, all V.
    static let phiMsft = TensorNames(
        embedding: "transformer.embd.wte", finalNorm: "lm_head.ln", head: "lm_head.linear",
        block: { layer in
            let prefix = "transformer.h.\(layer)"
            return Block(
                norm: "\(prefix).ln", fused: "\(prefix).mixer.Wqkv", dense: "\(prefix).mixer.out_proj", fc1: "\(prefix).mlp.fc1",
                fc2: "\(prefix).mlp.fc2")
        })

    /// GGUF; attn_qkv in one or in three.
    static let gguf = TensorNames(
        embedding: "token_embd", finalNorm: "output_norm", head: "output",
        block: { layer in
            let prefix = "blk.\(layer)"
            return Block(
                norm: "\(prefix).attn_norm", fused: "\(prefix).attn_qkv", query: "\(prefix).attn_q", key: "\(prefix).attn_k",
                value: "\(prefix).attn_v", dense: "\(prefix).attn_output", fc1: "\(prefix).ffn_up", fc2: "\(prefix).ffn_down")
        })
}

extension PhiWeights {
    /// Gathers the weights of `configuration` from `source` under `names`; matrices stay where they are, vectors are copied as fp32.
    init(_ source: some TensorSource, names: TensorNames, configuration: PhiConfiguration) throws(FileError) {
        let hidden = configuration.hiddenSize
        let keyValue = configuration.keyValueSize
        let intermediate = configuration.intermediateSize
        let vocabulary = configuration.vocabularySize
        let embedding = try source.matrix("\(names.embedding).weight", rows: vocabulary, columns: hidden)
        var layers: [LayerWeights] = []
        for index in 0..<configuration.layerCount {
            let block = names.block(index)
            let query: WeightTensor, key: WeightTensor, value: WeightTensor
            let queryBias: [Float], keyBias: [Float], valueBias: [Float]
            var fused = block.fused
            if let name = fused, block.query != nil, try source.tensor("\(name).weight") == nil { fused = nil }
            if let fused {
                let all = hidden + 2 * keyValue
                let matrix = try source.matrix("\(fused).weight", rows: all, columns: hidden)
                let bias = try source.vector("\(fused).bias", count: all)
                query = matrix.rowRange(0..<hidden)
                key = matrix.rowRange(hidden..<hidden + keyValue)
                value = matrix.rowRange(hidden + keyValue..<all)
                queryBias = Array(bias[..<hidden])
                keyBias = Array(bias[hidden..<hidden + keyValue])
                valueBias = Array(bias[(hidden + keyValue)...])
            } else {
                let (q, k, v) = (block.query ?? "", block.key ?? "", block.value ?? "")
                query = try source.matrix("\(q).weight", rows: hidden, columns: hidden)
                key = try source.matrix("\(k).weight", rows: keyValue, columns: hidden)
                value = try source.matrix("\(v).weight", rows: keyValue, columns: hidden)
                queryBias = try source.vector("\(q).bias", count: hidden)
                keyBias = try source.vector("\(k).bias", count: keyValue)
                valueBias = try source.vector("\(v).bias", count: keyValue)
            }
            layers.append(
                LayerWeights(
                    inputNormWeight: try source.vector("\(block.norm).weight", count: hidden),
                    inputNormBias: try source.vector("\(block.norm).bias", count: hidden),
                    query: query, key: key, value: value,
                    dense: try source.matrix("\(block.dense).weight", rows: hidden, columns: hidden),
                    fc1: try source.matrix("\(block.fc1).weight", rows: intermediate, columns: hidden),
                    fc2: try source.matrix("\(block.fc2).weight", rows: hidden, columns: intermediate),
                    queryBias: queryBias, keyBias: keyBias, valueBias: valueBias,
                    denseBias: try source.vector("\(block.dense).bias", count: hidden),
                    fc1Bias: try source.vector("\(block.fc1).bias", count: intermediate),
                    fc2Bias: try source.vector("\(block.fc2).bias", count: hidden)))
        }
        let head = configuration.tieWordEmbeddings ? embedding : try source.matrix("\(names.head).weight", rows: vocabulary, columns: hidden)
        self.init(
            tokenEmbedding: embedding, layers: layers,
            finalNormWeight: try source.vector("\(names.finalNorm).weight", count: hidden),
            finalNormBias: try source.vector("\(names.finalNorm).bias", count: hidden),
            head: head, headBias: try source.optionalVector("\(names.head).bias", count: vocabulary))
    }
}
