import CKernels
import Foundation

extension Checkpoint {
    /// What `convert` can make of the matrices.
    public enum ConversionType: String, Sendable, CaseIterable {
        case f16
        case q8_0
        case q4_0

        /// The number that llama.cpp uses in `general.file_type`.
        var fileType: UInt32 {
            switch self {
            case .f16: 1
            case .q8_0: 7
            case .q4_0: 2
            }
        }

        /// The type of a matrix; rows that do not fill blocks stay f16, and the head, which every token's choice hangs on, keeps 8 bits.
        func elementType(columns: Int, isHead: Bool) -> ElementType {
            guard columns.isMultiple(of: 32) else { return .f16 }
            switch self {
            case .f16: return .f16
            case .q8_0: return .q8_0
            case .q4_0: return isHead ? .q8_0 : .q4_0
            }
        }
    }

    /// Writes the model as a GGUF file that llama.cpp and this program read. Norms and biases are kept in fp32.
    ///
    /// Throws `FileError` for a weight that is NaN or infinite (nothing is left on disk then) and when the file cannot be written.
    /// - Parameter progress: called with the fraction done, after each matrix.
    public func convert(to path: String, type: ConversionType, progress: (Double) throws -> Void = { _ in }) throws {
        try checkFinite()
        let writer = try GGUFWriter(path: path)
        addMetadata(to: writer, type)
        let parts = conversionParts()
        for part in parts {
            switch part.content {
            case .vector(let values): try writer.describe(part.name, .f32, columns: values.count)
            case .matrix(let tensors, let isHead):
                let columns = tensors[0].columns
                try writer.describe(
                    part.name, type.elementType(columns: columns, isHead: isHead), rows: tensors.reduce(0) { $0 + $1.rows }, columns: columns)
            }
        }
        for (index, part) in parts.enumerated() {
            switch part.content {
            case .vector(let values): try values.withUnsafeBytes { try writer.write($0) }
            case .matrix(let tensors, let isHead):
                for tensor in tensors {
                    try write(tensor, as: type.elementType(columns: tensor.columns, isHead: isHead), named: part.name, to: writer)
                }
            }
            try progress(Double(index + 1) / Double(parts.count))
        }
        try checkIntact()
        try writer.finish()
    }

    /// Throws `FileError`, naming the tensor, when a weight is NaN or infinite.
    public func checkFinite() throws(FileError) {
        for (name, values) in weights.vectors where radphi_all_finite(values, Int64(values.count)) == 0 {
            throw .malformed("weights", path, field: name, "NaN or infinite numbers; the model cannot be used")
        }
        for (name, tensor) in weights.matrices {
            var row = [Float](repeating: 0, count: tensor.columns)
            for index in 0..<tensor.rows {
                row.withUnsafeMutableBufferPointer { tensor.dequantizedRow(index, into: $0) }
                guard radphi_all_finite(row, Int64(row.count)) != 0 else {
                    throw .malformed("weights", path, field: name, "NaN or infinite numbers in row \(index); the model cannot be used")
                }
            }
            tensor.releasePages()
        }
        try checkIntact()
    }

    private enum Content {
        case vector([Float])
        /// Matrices one below the other.
        case matrix([WeightTensor], isHead: Bool)
    }

    private func conversionParts() -> [(name: String, content: Content)] {
        var parts: [(String, Content)] = [("token_embd.weight", .matrix([weights.tokenEmbedding], isHead: false))]
        for (index, layer) in weights.layers.enumerated() {
            let prefix = "blk.\(index)"
            parts += [
                ("\(prefix).attn_norm.weight", .vector(layer.inputNormWeight)), ("\(prefix).attn_norm.bias", .vector(layer.inputNormBias)),
                ("\(prefix).attn_qkv.weight", .matrix([layer.query, layer.key, layer.value], isHead: false)),
                ("\(prefix).attn_qkv.bias", .vector(layer.queryBias + layer.keyBias + layer.valueBias)),
                ("\(prefix).attn_output.weight", .matrix([layer.dense], isHead: false)), ("\(prefix).attn_output.bias", .vector(layer.denseBias)),
                ("\(prefix).ffn_up.weight", .matrix([layer.fc1], isHead: false)), ("\(prefix).ffn_up.bias", .vector(layer.fc1Bias)),
                ("\(prefix).ffn_down.weight", .matrix([layer.fc2], isHead: false)), ("\(prefix).ffn_down.bias", .vector(layer.fc2Bias)),
            ]
        }
        // llama.cpp wants the head and its bias even where they are tied or absent.
        let bias = weights.headBias ?? [Float](repeating: 0, count: configuration.vocabularySize)
        parts += [
            ("output_norm.weight", .vector(weights.finalNormWeight)), ("output_norm.bias", .vector(weights.finalNormBias)),
            ("output.weight", .matrix([weights.head], isHead: true)), ("output.bias", .vector(bias)),
        ]
        return parts
    }

    private func write(_ tensor: WeightTensor, as type: ElementType, named name: String, to writer: GGUFWriter) throws {
        // Same type: the bytes as they are. Else: rows through fp32.
        if tensor.type == type {
            try tensor.withUnsafeBytes { try writer.write($0) }
        } else {
            var row = [Float](repeating: 0, count: tensor.columns)
            var packed = [UInt8](repeating: 0, count: type.rowBytes(columns: tensor.columns) ?? 0)
            for index in 0..<tensor.rows {
                row.withUnsafeMutableBufferPointer { tensor.dequantizedRow(index, into: $0) }
                // 65504 is the largest half; a block's scale, a 127th or an 8th of its numbers, has as much room.
                guard type != .f16 || !row.contains(where: { abs($0) > 65504 }) else {
                    throw FileError.malformed("weights", path, field: name, "a number in row \(index) is too large for f16")
                }
                packed.withUnsafeMutableBytes { radphi_quantize(type.rawValue, row, $0.baseAddress, Int64(row.count)) }
                try packed.withUnsafeBytes { try writer.write($0) }
            }
        }
        tensor.releasePages()
    }

    private func addMetadata(to writer: GGUFWriter, _ type: ConversionType) {
        let shape = configuration
        writer.add("general.architecture", "phi2")
        writer.add("general.name", metadata["general.name"] ?? URL(fileURLWithPath: path).lastPathComponent)
        for key in ["general.license", "general.author"] { if let text = metadata[key] { writer.add(key, text) } }
        writer.add("general.file_type", type.fileType)
        writer.add("general.quantization_version", UInt32(2))
        writer.add("general.alignment", UInt32(32))
        writer.add("phi2.context_length", UInt32(shape.contextLength))
        writer.add("phi2.embedding_length", UInt32(shape.hiddenSize))
        writer.add("phi2.feed_forward_length", UInt32(shape.intermediateSize))
        writer.add("phi2.block_count", UInt32(shape.layerCount))
        writer.add("phi2.attention.head_count", UInt32(shape.headCount))
        writer.add("phi2.attention.head_count_kv", UInt32(shape.keyValueHeadCount))
        writer.add("phi2.attention.layer_norm_epsilon", Float(shape.layerNormEpsilon))
        writer.add("phi2.rope.dimension_count", UInt32(shape.rotaryDimensions))
        writer.add("phi2.rope.freq_base", Float(shape.rotaryBase))
        writer.add("tokenizer.ggml.model", "gpt2")
        writer.add("tokenizer.ggml.pre", "gpt-2")
        let vocabulary = tokenizer.vocabulary(size: shape.vocabularySize)
        writer.add("tokenizer.ggml.tokens", vocabulary.texts)
        writer.add("tokenizer.ggml.token_type", vocabulary.kinds)
        writer.add("tokenizer.ggml.merges", tokenizer.mergeTexts())
        writer.add("tokenizer.ggml.bos_token_id", UInt32(bitPattern: shape.beginToken))
        writer.add("tokenizer.ggml.eos_token_id", UInt32(bitPattern: shape.endToken))
        writer.add("tokenizer.ggml.add_bos_token", false)
    }
}

extension Tokenizer {
    /// The stored text and GGUF kind of each id below `size`; ids without a token are padding.
    func vocabulary(size: Int) -> (texts: [String], kinds: [Int32]) {
        let addedByID = Dictionary(added.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var texts: [String] = []
        var kinds: [Int32] = []
        for id in 0..<Int32(size) {
            let bytes = Int(id) < tokenCount ? decodeBytes(id) : []
            if let token = addedByID[id] {
                texts.append(token.content)
                kinds.append(token.special ? 3 : 4)
            } else if bytes.isEmpty {
                texts.append("[PAD\(id)]")
                kinds.append(5)
            } else {
                texts.append(ByteAlphabet.encode(bytes))
                kinds.append(1)
            }
        }
        return (texts, kinds)
    }

    func mergeTexts() -> [String] {
        merges.map { "\(ByteAlphabet.encode(decodeBytes($0.left))) \(ByteAlphabet.encode(decodeBytes($0.right)))" }
    }
}
