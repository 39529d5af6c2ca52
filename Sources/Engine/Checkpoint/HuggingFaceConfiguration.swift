/// Reads a model folder's `config.json`.
struct HuggingFaceConfiguration {
    let configuration: PhiConfiguration
    let names: TensorNames

    /// `endToken` and `tokenCount` are completed from the tokenizer by the caller.
    init(path: String, root: JSONNode, tokenizer: TokenizerDefinition) throws(FileError) {
        func integer(_ keys: String..., default fallback: Int? = nil) throws(FileError) -> Int {
            for key in keys {
                guard let node = root[key] else { continue }
                guard let value = node.integer else { throw .malformed("config", path, field: key, offset: node.offset, "a whole number is expected") }
                return value
            }
            guard let fallback else { throw .malformed("config", path, field: keys[0], "the key is missing") }
            return fallback
        }
        func number(_ node: JSONNode?, _ key: String, default fallback: Double) throws(FileError) -> Double {
            guard let node else { return fallback }
            guard let value = node.number else { throw .malformed("config", path, field: key, offset: node.offset, "a number is expected") }
            return value
        }
        func refuse(_ key: String, _ problem: String) throws(FileError) {
            if let node = root[key] { throw .unsupported(path, field: key, offset: node.offset, problem) }
        }
        guard root.object != nil else { throw .malformed("config", path, field: "config", offset: root.offset, "an object is expected") }
        let type = root["model_type"]?.string ?? ""
        let activationKey = type == "phi-msft" ? "activation_function" : "hidden_act"
        if let activation = root[activationKey], !["gelu_new", "gelu_fast", "gelu_pytorch_tanh"].contains(activation.string) {
            throw .unsupported(path, field: activationKey, offset: activation.offset, "gelu_new is expected")
        }
        if root["qk_layernorm"]?.boolean == true { try refuse("qk_layernorm", "layer norms on Q and K are not supported") }

        let hidden: Int, layers: Int, heads: Int, keyValueHeads: Int, intermediate: Int, context: Int, rotary: Int
        var base = 10000.0
        switch type {
        case "phi":
            hidden = try integer("hidden_size")
            layers = try integer("num_hidden_layers")
            heads = try integer("num_attention_heads")
            keyValueHeads = try integer("num_key_value_heads", default: heads)
            intermediate = try integer("intermediate_size")
            context = try integer("max_position_embeddings")
            // Newer files keep the rotary numbers in an object of their own.
            let parameters = root["rope_parameters"] ?? root["rope_scaling"]
            if let kind = (parameters?["rope_type"] ?? parameters?["type"]), kind.string != "default" {
                throw .unsupported(path, field: "rope_type", offset: kind.offset, "only the default rotary embedding is supported")
            }
            base = try number(root["rope_theta"] ?? parameters?["rope_theta"], "rope_theta", default: 10000)
            let factor = try number(root["partial_rotary_factor"] ?? parameters?["partial_rotary_factor"], "partial_rotary_factor", default: 0.5)
            guard factor >= 0, factor <= 1, heads > 0, hidden > 0 else {
                throw .malformed("config", path, field: "partial_rotary_factor", "\(factor); from 0 to 1 is expected")
            }
            rotary = Int(factor * Double(hidden / heads))
            names = .huggingFace
        case "phi-msft":
            hidden = try integer("n_embd")
            layers = try integer("n_layer")
            heads = try integer("n_head")
            keyValueHeads = try integer("n_head_kv", default: heads)
            let quadruple = hidden.multipliedReportingOverflow(by: 4)
            intermediate = try integer("n_inner", default: quadruple.overflow ? 0 : quadruple.partialValue)
            context = try integer("n_positions")
            rotary = try integer("rotary_dim")
            names = .phiMsft
        default:
            let offset = root["model_type"]?.offset
            throw .unsupported(path, field: "model_type", offset: offset, "\"\(type.prefix(40))\"; phi or phi-msft is expected")
        }
        let epsilonKey = type == "phi" ? "layer_norm_eps" : "layer_norm_epsilon"
        let named = tokenizer.id(of: "<|endoftext|>").map(Int.init)
        let end: Int
        if let node = root["eos_token_id"] {
            guard let value = node.integer ?? node.array?.first?.integer else {
                throw .malformed("config", path, field: "eos_token_id", offset: node.offset, "a whole number is expected")
            }
            end = value
        } else if let named {
            end = named
        } else {
            throw .malformed("config", path, field: "eos_token_id", "the key is missing, and the tokenizer has no <|endoftext|>")
        }
        let begin = try integer("bos_token_id", default: end)
        guard let endToken = Int32(exactly: end), let beginToken = Int32(exactly: begin) else {
            throw .malformed("config", path, field: "eos_token_id", "\(end) is no token")
        }
        let made = PhiConfiguration(
            vocabularySize: try integer("vocab_size"), tokenCount: tokenizer.texts.count, hiddenSize: hidden, layerCount: layers, headCount: heads,
            keyValueHeadCount: keyValueHeads, intermediateSize: intermediate, contextLength: context, rotaryDimensions: rotary, rotaryBase: base,
            layerNormEpsilon: try number(root[epsilonKey], epsilonKey, default: 1e-5),
            tieWordEmbeddings: root["tie_word_embeddings"]?.boolean ?? false, beginToken: beginToken, endToken: endToken)
        try made.validate(file: path, format: "config")
        configuration = made
    }
}
