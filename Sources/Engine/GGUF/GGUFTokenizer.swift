/// Reads the tokenizer and the shape of a Phi-2 model from a GGUF file's metadata.
extension GGUFFile {
    /// GGUF's numbers for kinds of tokens.
    private enum TokenKind: Int64 {
        case normal = 1, unknown, control, userDefined, unused, byte
    }

    func tokenizerDefinition() throws(FileError) -> TokenizerDefinition {
        var definition = TokenizerDefinition(path: path, format: "gguf")
        guard value("tokenizer.ggml.model")?.string == "gpt2" else {
            throw fault("tokenizer.ggml.model", "\"\(value("tokenizer.ggml.model")?.string?.prefix(40) ?? "")\"; gpt2 (byte-level BPE) is expected")
        }
        if let pre = value("tokenizer.ggml.pre") {
            guard let name = pre.string, ["gpt-2", "gpt2", "phi-2", "default", "codegen"].contains(name) else {
                throw FileError.unsupported(
                    path, field: "tokenizer.ggml.pre", offset: offset("tokenizer.ggml.pre"), "\"\(pre.string?.prefix(40) ?? "")\"; gpt-2 or phi-2 is expected")
            }
        }
        guard let tokens = try strings("tokenizer.ggml.tokens") else { throw fault("tokenizer.ggml.tokens", "the key is missing") }
        guard let merges = try strings("tokenizer.ggml.merges") else { throw fault("tokenizer.ggml.merges", "the key is missing") }
        guard !tokens.isEmpty, tokens.count <= 1 << 24 else { throw fault("tokenizer.ggml.tokens", "\(tokens.count) tokens") }
        var kinds = try numbers("tokenizer.ggml.token_type") ?? []
        if kinds.isEmpty { kinds = [Int64](repeating: TokenKind.normal.rawValue, count: tokens.count) }
        guard kinds.count == tokens.count else { throw fault("tokenizer.ggml.token_type", "\(kinds.count) types for \(tokens.count) tokens") }

        let end = try integer("tokenizer.ggml.eos_token_id", default: -1)
        var count = tokens.count
        while count > 0, GGUFFile.isPadding(tokens[count - 1], kinds[count - 1], id: count - 1) { count -= 1 }
        definition.reserve(count)
        let place = offset("tokenizer.ggml.tokens")
        var added: [TokenizerDefinition.AddedToken] = []
        for (id, text) in tokens.prefix(count).enumerated() {
            var kind = TokenKind(rawValue: kinds[id]) ?? .normal
            if kind == .normal, id == end { kind = .control }
            switch kind {
            case .control, .userDefined, .unknown:
                let special = kind != .userDefined
                added.append(.init(id: Int32(id), content: text, special: special, normalized: !special, stripLeft: false, stripRight: false))
            case .normal, .byte: try definition.set(text, id: id, offset: place)
            case .unused: try definition.set(text, id: id, offset: place, unique: false)
            }
        }
        for token in added { try definition.add(token, offset: place) }
        definition.markSpecials()
        for (index, text) in merges.enumerated() { try TokenizerFiles.merge(text, index, offset("tokenizer.ggml.merges"), &definition) }
        return definition
    }

    /// Rows at the end that only fill the matrix up; older converters called them user-defined.
    private static func isPadding(_ text: String, _ kind: Int64, id: Int) -> Bool {
        kind == TokenKind.unused.rawValue || text == "[PAD\(id)]" || text == "<pad\(id)>"
    }

    func phiConfiguration(_ tokenizer: TokenizerDefinition) throws(FileError) -> PhiConfiguration {
        guard let architecture = value("general.architecture")?.string else { throw fault("general.architecture", "the key is missing") }
        guard architecture == "phi2" else {
            throw FileError.unsupported(
                path, field: "general.architecture", offset: offset("general.architecture"), "\"\(architecture.prefix(40))\"; phi2 is expected")
        }
        if let kind = value("phi2.rope.scaling.type")?.string, kind != "none" {
            throw FileError.unsupported(path, field: "phi2.rope.scaling.type", offset: offset("phi2.rope.scaling.type"), "\"\(kind.prefix(40))\"; none is expected")
        }
        guard let embedding = tensors["token_embd.weight"], embedding.shape.count >= 2 else {
            throw FileError.malformed("gguf", path, field: "token_embd.weight", "the matrix is missing")
        }
        let heads = try integer("phi2.attention.head_count")
        let end = try integer("tokenizer.ggml.eos_token_id", default: tokenizer.id(of: "<|endoftext|>").map(Int.init) ?? -1)
        let begin = try integer("tokenizer.ggml.bos_token_id", default: end)
        guard let endToken = Int32(exactly: end), let beginToken = Int32(exactly: begin) else {
            throw fault("tokenizer.ggml.eos_token_id", "\(end) is no token")
        }
        let configuration = PhiConfiguration(
            vocabularySize: embedding.shape[1], tokenCount: tokenizer.texts.count, hiddenSize: try integer("phi2.embedding_length"),
            layerCount: try integer("phi2.block_count"), headCount: heads,
            keyValueHeadCount: try integer("phi2.attention.head_count_kv", default: heads),
            intermediateSize: try integer("phi2.feed_forward_length"), contextLength: try integer("phi2.context_length"),
            rotaryDimensions: try integer("phi2.rope.dimension_count"), rotaryBase: try number("phi2.rope.freq_base", default: 10000),
            layerNormEpsilon: try number("phi2.attention.layer_norm_epsilon"), tieWordEmbeddings: tensors["output.weight"] == nil,
            beginToken: beginToken, endToken: endToken)
        try configuration.validate(file: path, format: "gguf")
        return configuration
    }
}
