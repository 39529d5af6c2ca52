import CKernels
import Dispatch
import Foundation

/// Which logits a forward pass returns.
public enum LogitsRequest: Sendable {
    case none, last, all
}

/// What a forward pass returns.
public struct ForwardResult: Sendable {
    /// `[positions, vocabulary]` for the positions asked for; ids that are padding have −∞.
    public let logits: [[Float]]
    /// `[tokens, hidden]`; empty when none were asked for.
    public let hiddenStates: [Float]
}

/// The input of a forward pass was not of its form.
public enum ModelError: DiagnosableError {
    case tokenOutOfRange(Int32, vocabulary: Int)
    case contextFull(tokens: Int, capacity: Int)
    case noSuchLayer(Int, layers: Int)
    case emptyInput

    public var kind: String { "model-input" }
    public var exitStatus: ExitStatus { .badData }
    public var message: String {
        switch self {
        case .tokenOutOfRange(let id, let vocabulary): "token \(id) is outside of the vocabulary of \(vocabulary)"
        case .contextFull(let tokens, let capacity): "\(tokens) tokens do not fit into a context of \(capacity)"
        case .noSuchLayer(let layer, let layers): "there is no layer \(layer); hidden states go from 0 (embeddings) to \(layers)"
        case .emptyInput: "there is no token to read"
        }
    }
}

/// Phi-2's forward pass. Immutable after loading, so threads may share it, each with a cache of its own.
public final class PhiModel: Sendable {
    public let configuration: PhiConfiguration
    public let threads: Int
    private let layers: [Layer]
    /// `[vocabulary, hidden]`
    private let embedding: Matrix
    private let head: Matrix
    private let finalNorm: Norm
    /// Rotation angles `[context, rotary / 2]`.
    private let cosines: [Float]
    private let sines: [Float]

    struct Norm: Sendable {
        let weight: [Float]
        let bias: [Float]
    }

    struct Layer: Sendable {
        let norm: Norm
        let query, key, value, dense, fc1, fc2: Matrix
    }

    /// An fp32 matrix `[rows, columns]` with its bias.
    struct Matrix: Sendable {
        let rows: Int
        let columns: Int
        let weights: [Float]
        let bias: [Float]?

        init(_ tensor: WeightTensor, bias: [Float]?) {
            rows = tensor.rows
            columns = tensor.columns
            weights = tensor.dequantized()
            self.bias = bias
        }

        /// `[count, columns]` → `[count, rows]`; output columns are shared out to threads in fixed pieces.
        func multiply(_ input: UnsafePointer<Float>, count: Int, into output: UnsafeMutablePointer<Float>, threads: Int) {
            let piece = 64
            let pieces = (rows + piece - 1) / piece
            nonisolated(unsafe) let input = input
            nonisolated(unsafe) let output = output
            let work: @Sendable (Int) -> Void = { index in
                weights.withUnsafeBufferPointer { w in
                    let low = Int32(index * piece)
                    let high = Int32(min(rows, (index + 1) * piece))
                    if let bias {
                        radphi_matmul(input, Int32(count), Int32(columns), w.baseAddress, bias, low, high, output, Int32(rows))
                    } else {
                        radphi_matmul(input, Int32(count), Int32(columns), w.baseAddress, nil, low, high, output, Int32(rows))
                    }
                }
            }
            if threads == 1 || count * rows * columns < 200_000 {
                for index in 0..<pieces { work(index) }
            } else {
                DispatchQueue.concurrentPerform(iterations: pieces, execute: work)
            }
        }
    }

    public init(checkpoint: Checkpoint, threads: Int? = nil) throws {
        let configuration = checkpoint.configuration
        let weights = checkpoint.weights
        self.configuration = configuration
        self.threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
        embedding = Matrix(weights.tokenEmbedding, bias: nil)
        head = configuration.tieWordEmbeddings ? Matrix(weights.tokenEmbedding, bias: weights.headBias) : Matrix(weights.head, bias: weights.headBias)
        finalNorm = Norm(weight: weights.finalNormWeight, bias: weights.finalNormBias)
        layers = weights.layers.map { layer in
            Layer(
                norm: Norm(weight: layer.inputNormWeight, bias: layer.inputNormBias), query: Matrix(layer.query, bias: layer.queryBias), key: Matrix(layer.key, bias: layer.keyBias),
                value: Matrix(layer.value, bias: layer.valueBias), dense: Matrix(layer.dense, bias: layer.denseBias), fc1: Matrix(layer.fc1, bias: layer.fc1Bias),
                fc2: Matrix(layer.fc2, bias: layer.fc2Bias))
        }
        try checkpoint.checkIntact()
        let half = configuration.rotaryDimensions / 2
        var cosines: [Float] = []
        var sines: [Float] = []
        for position in 0..<configuration.contextLength {
            for index in 0..<half {
                let angle = Double(position) * pow(configuration.rotaryBase, -2 * Double(index) / Double(max(1, configuration.rotaryDimensions)))
                cosines.append(Float(cos(angle)))
                sines.append(Float(sin(angle)))
            }
        }
        self.cosines = cosines
        self.sines = sines
    }

    public func makeCache(capacity: Int) -> KVCache {
        KVCache(layers: configuration.layerCount, width: configuration.keyValueSize, capacity: min(capacity, configuration.contextLength))
    }

    /// Reads `tokens` after what `cache` holds.
    ///
    /// - Parameter hiddenStatesAfterLayer: 0 for the embeddings, k for block k, the last after the final norm (as Hugging Face numbers them).
    ///   Without logits the pass stops there.
    public func forward(_ tokens: [Int32], cache: KVCache, logits: LogitsRequest = .last, hiddenStatesAfterLayer layer: Int? = nil) throws -> ForwardResult {
        guard !tokens.isEmpty else { throw ModelError.emptyInput }
        guard cache.count + tokens.count <= cache.capacity else { throw ModelError.contextFull(tokens: cache.count + tokens.count, capacity: cache.capacity) }
        if let layer, !(0...configuration.layerCount).contains(layer) { throw ModelError.noSuchLayer(layer, layers: configuration.layerCount) }
        let hidden = configuration.hiddenSize
        let count = tokens.count
        var stream = [Float](repeating: 0, count: count * hidden)
        for (position, token) in tokens.enumerated() {
            guard token >= 0, Int(token) < embedding.rows else { throw ModelError.tokenOutOfRange(token, vocabulary: embedding.rows) }
            stream.replaceSubrange(position * hidden..<(position + 1) * hidden, with: embedding.weights[Int(token) * hidden..<(Int(token) + 1) * hidden])
        }
        var states: [Float] = layer == 0 ? stream : []
        let last = logits == .none ? layer ?? configuration.layerCount : configuration.layerCount
        var scratch = Scratch(configuration, count: count, positions: cache.count + count)
        for index in 0..<last {
            block(layers[index], index, &stream, count, cache, &scratch)
            if layer == index + 1 { states = stream }
        }
        cache.append(tokens)
        var result: [[Float]] = []
        if layer == configuration.layerCount { states = normalized(states, count: count) }
        if logits != .none {
            let from = logits == .last ? count - 1 : 0
            let rows = normalized(Array(stream[(from * hidden)...]), count: count - from)
            var output = [Float](repeating: 0, count: (count - from) * head.rows)
            head.multiply(rows, count: count - from, into: &output, threads: threads)
            for row in 0..<count - from {
                var values = Array(output[row * head.rows..<(row + 1) * head.rows])
                for id in min(configuration.tokenCount, values.count)..<values.count { values[id] = -.infinity }
                result.append(values)
            }
        }
        return ForwardResult(logits: result, hiddenStates: states)
    }

    private func normalized(_ rows: [Float], count: Int) -> [Float] {
        let hidden = configuration.hiddenSize
        var output = [Float](repeating: 0, count: rows.count)
        output.withUnsafeMutableBufferPointer { out in
            rows.withUnsafeBufferPointer { rows in
                guard let o = out.baseAddress, let r = rows.baseAddress else { return }
                for row in 0..<count {
                    radphi_norm(r + row * hidden, finalNorm.weight, finalNorm.bias, Float(configuration.layerNormEpsilon), Int32(hidden), o + row * hidden)
                }
            }
        }
        return output
    }

    /// Buffers of one pass: `[tokens, …]`.
    struct Scratch {
        var norm, query, attention, projected, inner, outer: [Float]

        init(_ c: PhiConfiguration, count: Int, positions: Int) {
            norm = [Float](repeating: 0, count: count * c.hiddenSize)
            query = norm
            attention = norm
            projected = norm
            outer = norm
            inner = [Float](repeating: 0, count: count * c.intermediateSize)
        }
    }

    private func block(_ layer: Layer, _ index: Int, _ stream: inout [Float], _ count: Int, _ cache: KVCache, _ scratch: inout Scratch) {
        let c = configuration
        let hidden = c.hiddenSize
        stream.withUnsafeBufferPointer { x in
            scratch.norm.withUnsafeMutableBufferPointer { out in
                guard let x = x.baseAddress, let out = out.baseAddress else { return }
                for row in 0..<count { radphi_norm(x + row * hidden, layer.norm.weight, layer.norm.bias, Float(c.layerNormEpsilon), Int32(hidden), out + row * hidden) }
            }
        }
        let width = c.keyValueSize
        guard let keys = cache.keys[index].baseAddress, let values = cache.values[index].baseAddress else { return }
        layer.query.multiply(scratch.norm, count: count, into: &scratch.query, threads: threads)
        layer.key.multiply(scratch.norm, count: count, into: keys + cache.count * width, threads: threads)
        layer.value.multiply(scratch.norm, count: count, into: values + cache.count * width, threads: threads)
        scratch.query.withUnsafeMutableBufferPointer { query in
            guard let query = query.baseAddress else { return }
            rotate(query, count: count, heads: c.headCount, from: cache.count)
            rotate(keys + cache.count * width, count: count, heads: c.keyValueHeadCount, from: cache.count)
            scratch.attention.withUnsafeMutableBufferPointer { output in
                guard let output = output.baseAddress else { return }
                attend(query, keys, values, output, count: count, past: cache.count)
            }
        }
        layer.dense.multiply(scratch.attention, count: count, into: &scratch.projected, threads: threads)
        layer.fc1.multiply(scratch.norm, count: count, into: &scratch.inner, threads: threads)
        radphi_gelu(&scratch.inner, count * c.intermediateSize)
        layer.fc2.multiply(scratch.inner, count: count, into: &scratch.outer, threads: threads)
        for i in 0..<count * hidden { stream[i] += scratch.projected[i] + scratch.outer[i] }
    }

    /// Rotates the first `rotaryDimensions` of each head, half-split.
    private func rotate(_ rows: UnsafeMutablePointer<Float>, count: Int, heads: Int, from past: Int) {
        let half = configuration.rotaryDimensions / 2
        let size = configuration.headSize
        for row in 0..<count {
            for head in 0..<heads {
                let base = rows + (row * heads + head) * size
                for i in 0..<half {
                    let cosine = cosines[(past + row) * half + i]
                    let sine = sines[(past + row) * half + i]
                    let a = base[i]
                    let b = base[i + half]
                    base[i] = a * cosine - b * sine
                    base[i + half] = b * cosine + a * sine
                }
            }
        }
    }

    private func attend(
        _ query: UnsafeMutablePointer<Float>, _ keys: UnsafeMutablePointer<Float>, _ values: UnsafeMutablePointer<Float>, _ output: UnsafeMutablePointer<Float>, count: Int, past: Int
    ) {
        let c = configuration
        let size = c.headSize
        let group = c.headCount / c.keyValueHeadCount
        nonisolated(unsafe) let (query, keys, values, output) = (query, keys, values, output)
        let work: @Sendable (Int) -> Void = { head in
            let shared = (head / group) * size
            withUnsafeTemporaryAllocation(of: Float.self, capacity: past + count) { scores in
                for row in 0..<count {
                    let place = (row * c.headCount + head) * size
                    radphi_attention(
                        query + place, keys + shared, values + shared, Int32(past + row + 1), Int32(size), Int32(c.keyValueSize), scores.baseAddress, output + place)
                }
            }
        }
        if threads == 1 || count < 4 { for head in 0..<c.headCount { work(head) } } else { DispatchQueue.concurrentPerform(iterations: c.headCount, execute: work) }
    }
}
