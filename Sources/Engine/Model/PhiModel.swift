import CKernels
import Foundation

/// Phi's forward pass. Immutable after loading: threads may share it, each with a cache of its own.
public final class PhiModel: Sendable {
    public let configuration: PhiConfiguration
    public let level: InstructionLevel
    public let pool: ThreadPool
    /// Bytes of the packed weights; what one decoded token reads.
    public let weightBytes: Int
    /// Operations of the matrix products that reading one token takes, without the head; a multiply-add counts two.
    public let operationsPerToken: Double
    /// Whether the blocks' weights are computed with in 8 or 4 bits.
    public var isQuantized: Bool { blocks.first?.fc1.isQuantized ?? false }
    /// Keeps the mapped files open, and tells when one was cut under us.
    private let checkpoint: Checkpoint?
    private let embedding: WeightTensor
    private let blocks: [PhiBlock]
    private let finalNorm: LayerNorm
    private let head: PackedMatrix
    private let headBias: FloatVector?
    private let rotary: RotaryTable
    private let cachePacking: radphi_packing

    /// Tokens of one pass through the layers; longer inputs are read in pieces.
    static let passTokens = 512

    /// - Throws: `OutOfMemory`, or `FileError` when a weight file was changed while it was read.
    public convenience init(checkpoint: Checkpoint, threads: Int? = nil, level: InstructionLevel = .best) throws {
        try self.init(configuration: checkpoint.configuration, weights: checkpoint.weights, checkpoint: checkpoint, threads: threads, level: level)
    }

    /// A model of weights that are in memory.
    package convenience init(
        configuration: PhiConfiguration, weights: PhiWeights, checkpoint: Checkpoint? = nil, threads: Int? = nil, level: InstructionLevel = .best
    ) throws {
        try self.init(configuration: configuration, weights: weights, layer: { weights.layers[$0] }, checkpoint: checkpoint, threads: threads, level: level)
    }

    /// A model whose layers come one by one from `layer`; those of `weights` are not looked at.
    package init(
        configuration: PhiConfiguration, weights: PhiWeights, layer: (Int) throws -> LayerWeights, checkpoint: Checkpoint?, threads: Int?, level: InstructionLevel
    ) throws {
        self.configuration = configuration
        self.level = level
        self.checkpoint = checkpoint
        let pool = try ThreadPool(threads: threads)
        self.pool = pool
        embedding = weights.tokenEmbedding
        blocks = try (0..<configuration.layerCount).map { try PhiBlock(layer($0), epsilon: configuration.layerNormEpsilon, pool: pool) }
        finalNorm = LayerNorm(weights.finalNormWeight, weights.finalNormBias, epsilon: configuration.layerNormEpsilon)
        head = try PackedMatrix(weights.head, pool: pool)
        weights.head.releasePages()
        headBias = weights.headBias.map(FloatVector.init)
        rotary = RotaryTable(configuration)
        weightBytes = blocks.reduce(head.bytes) { $0 + $1.matrices.reduce(0) { $0 + $1.bytes } }
        operationsPerToken = blocks.reduce(0) { $0 + $1.matrices.reduce(0) { $0 + 2 * Double($1.rows) * Double($1.columns) } }
        // Plain numbers are computed with as they stand, and rounded keys would be the largest error; quantised weights are coarser than an fp16 cache.
        cachePacking = blocks.flatMap(\.matrices).contains(where: \.isQuantized) ? RADPHI_F16 : RADPHI_F32
        try checkpoint?.checkIntact()
    }

    /// The matrices that every decoded token is multiplied with.
    var matrices: [PackedMatrix] { blocks.flatMap(\.matrices) + [head] }

    /// Bytes of keys and values that attention reads for each position before a decoded token.
    var cacheBytesPerPosition: Int {
        2 * configuration.layerCount * configuration.keyValueHeadCount * configuration.headSize * (cachePacking == RADPHI_F16 ? 2 : 4)
    }

    /// A cache for `capacity` positions, at most the model's context.
    public func makeCache(capacity: Int) throws -> KVCache {
        try KVCache(configuration, layers: configuration.layerCount, capacity: max(1, min(capacity, configuration.contextLength)), packing: cachePacking)
    }

    /// Reads `tokens` after what `cache` holds.
    ///
    /// - Parameters:
    ///   - hiddenStatesAfterLayer: 0 for the embeddings, k for block k, the last after the final norm (as Hugging Face numbers them).
    ///     Without logits the pass stops there.
    ///   - isCancelled: asked before each layer.
    /// - Throws: `ModelError`, `OutOfMemory`. After `cancelled` the cache may hold a first part of the tokens.
    public func forward(
        _ tokens: [Int32], cache: KVCache, logits: LogitsRequest = .last, hiddenStatesAfterLayer layer: Int? = nil, isCancelled: () -> Bool = { false }
    ) throws -> ForwardResult {
        guard !tokens.isEmpty else { throw ModelError.emptyInput }
        guard cache.count + tokens.count <= cache.capacity else { throw ModelError.contextFull(tokens: cache.count + tokens.count, capacity: cache.capacity) }
        try check(tokens, layer)
        var all: [[Float]] = []
        var states: [Float] = []
        var rest = tokens[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Self.passTokens)
            rest = rest.dropFirst(piece.count)
            let wanted = min(piece.count, max(0, logits.positions(of: tokens.count) - rest.count))
            let pass = Pass(segments: [Segment(tokens: piece, cache: cache)], logits: wanted, layer: layer, stopsAtLayer: logits == .none)
            let result = try run(pass, cache.workspace(configuration, rows: piece.count), isCancelled)
            cache.append(piece)
            all += result.logits
            states += result.hiddenStates
        }
        try checkpoint?.checkIntact()
        return ForwardResult(logits: all, hiddenStates: states)
    }

    /// Hidden states `[tokens, hidden]` after `layer` of texts that know nothing of each other, read together.
    public func hiddenStates(_ texts: [[Int32]], afterLayer layer: Int, isCancelled: () -> Bool = { false }) throws -> [[Float]] {
        for text in texts {
            guard !text.isEmpty else { throw ModelError.emptyInput }
            guard text.count <= configuration.contextLength else { throw ModelError.contextFull(tokens: text.count, capacity: configuration.contextLength) }
            try check(text, layer)
        }
        var results: [[Float]] = []
        var rest = texts[...]
        while let first = rest.first {
            if first.count > Self.passTokens {
                rest.removeFirst()
                results.append(try forward(first, cache: makeCache(capacity: first.count), logits: .none, hiddenStatesAfterLayer: layer, isCancelled: isCancelled).hiddenStates)
                continue
            }
            var segments: [Segment] = []
            var count = 0
            while let text = rest.first, count + text.count <= Self.passTokens {
                // Nobody comes back to these keys, so all layers share the room of one.
                segments.append(Segment(tokens: text[...], cache: try KVCache(configuration, layers: 1, capacity: text.count, packing: cachePacking)))
                count += text.count
                rest.removeFirst()
            }
            let states = try run(Pass(segments: segments, logits: 0, layer: layer, stopsAtLayer: true), Workspace(configuration, rows: count), isCancelled).hiddenStates
            var start = 0
            for segment in segments {
                let end = start + segment.tokens.count * configuration.hiddenSize
                results.append(Array(states[start..<end]))
                start = end
            }
        }
        try checkpoint?.checkIntact()
        return results
    }

    private func check(_ tokens: [Int32], _ layer: Int?) throws(ModelError) {
        if let layer, !(0...configuration.layerCount).contains(layer) { throw .noSuchLayer(layer, layers: configuration.layerCount) }
        for token in tokens where token < 0 || Int(token) >= embedding.rows { throw .tokenOutOfRange(token, vocabulary: embedding.rows) }
    }

    // MARK: - One pass

    /// Tokens that are read after what their cache holds.
    private struct Segment {
        let tokens: ArraySlice<Int32>
        let cache: KVCache
    }

    private struct Pass {
        let segments: [Segment]
        /// Logits of so many positions, counted from the end; only with one segment.
        let logits: Int
        /// The layer whose hidden states are wanted.
        let layer: Int?
        /// Whether nothing beyond that layer is wanted.
        let stopsAtLayer: Bool
    }

    private func run(_ pass: Pass, _ w: Workspace, _ isCancelled: () -> Bool) throws -> ForwardResult {
        let hidden = configuration.hiddenSize
        var count = 0
        for token in pass.segments.lazy.flatMap(\.tokens) {
            embedding.dequantizedRow(Int(token), into: UnsafeMutableBufferPointer(start: w.stream + count * hidden, count: hidden))
            count += 1
        }
        func stream() -> [Float] { Array(UnsafeBufferPointer(start: w.stream, count: count * hidden)) }
        var states = pass.layer == 0 ? stream() : []
        let last = pass.stopsAtLayer ? pass.layer ?? configuration.layerCount : configuration.layerCount
        for index in 0..<last {
            if isCancelled() { throw ModelError.cancelled }
            // What the last block writes is read only for the logits that are wanted; its keys and values serve every later token.
            let isLast = index == configuration.layerCount - 1 && pass.layer == nil
            try apply(blocks[index], index, pass.segments, w, count: count, outputs: isLast ? pass.logits : count)
            if pass.layer == index + 1 { states = stream() }
        }
        if pass.layer == configuration.layerCount {
            try normalize(w, first: 0, count: count, quantize: false)
            states = Array(UnsafeBufferPointer(start: w.norm.values, count: count * hidden))
        }
        return ForwardResult(logits: pass.logits > 0 ? try logits(w, first: count - pass.logits, count: pass.logits) : [], hiddenStates: states)
    }

    private func require(_ done: Bool) throws(OutOfMemory) {
        if !done { throw OutOfMemory(bytes: 0) }
    }

    /// One block for `count` rows of the stream; only the last `outputs` of them are carried on.
    private func apply(_ block: PhiBlock, _ index: Int, _ segments: [Segment], _ w: Workspace, count: Int, outputs: Int) throws {
        let c = configuration
        let hidden = c.hiddenSize
        let set = level.number
        let first = count - outputs
        let takesQuants = [block.query, block.key, block.value, block.fc1].contains(where: \.isQuantized)
        var norm = takesQuants ? w.norm : w.norm.plain
        try require(
            radphi_norm_rows(
                pool.handle, set, w.stream, Int32(count), Int32(hidden), block.norm.weight.pointer, block.norm.bias.pointer, block.norm.epsilon, &norm))

        func product(_ matrix: PackedMatrix, _ bias: FloatVector, _ count: Int, _ input: radphi_rows, _ epilogue: radphi_epilogue, _ out: radphi_rows) -> radphi_product {
            radphi_product(
                matrix: (matrix.view, matrix.view), input: (input, input), parts: 1, count: Int32(count), bias: bias.pointer, epilogue: Int32(epilogue.rawValue), out: out)
        }
        func projected(_ column: Int, row: Int) -> radphi_rows {
            radphi_rows(values: w.projected + row * w.projectedStride + column, stride: Int32(w.projectedStride), quants: nil, scales: nil, sums: nil)
        }
        let width = c.keyValueSize
        var products = [
            product(block.key, block.keyBias, count, w.norm, RADPHI_STORE, projected(hidden, row: 0)),
            product(block.value, block.valueBias, count, w.norm, RADPHI_STORE, projected(hidden + width, row: 0)),
        ]
        if outputs > 0 {
            let asking = w.norm.from(first, columns: hidden)
            let quantizes = block.fc2.isQuantized
            products += [
                product(block.query, block.queryBias, outputs, asking, RADPHI_STORE, projected(0, row: first)),
                product(block.fc1, block.fc1Bias, outputs, asking, quantizes ? RADPHI_GELU_QUANTIZE : RADPHI_GELU, w.inner),
            ]
        }
        try require(radphi_multiply(pool.handle, set, products, Int32(products.count)))

        var sequences: [radphi_sequence] = []
        var row = 0
        for segment in segments {
            sequences.append(segment.cache.sequence(layer: index, row: row, count: segment.tokens.count, queries: min(outputs, segment.tokens.count)))
            row += segment.tokens.count
        }
        let attended = sequences.withUnsafeBufferPointer { sequences in
            var job = radphi_attention_job(
                query: w.projected, key: w.projected + hidden, value: w.projected + hidden + width, query_stride: Int32(w.projectedStride),
                key_stride: Int32(w.projectedStride), value_stride: Int32(w.projectedStride), out: w.attention.values, out_stride: Int32(hidden),
                cosines: rotary.cosines.pointer, sines: rotary.sines.pointer, heads: Int32(c.headCount), shared_heads: Int32(c.keyValueHeadCount),
                head_size: Int32(c.headSize), rotary: Int32(c.rotaryDimensions), packing: Int32(cachePacking.rawValue), sequences: sequences.baseAddress,
                sequence_count: Int32(sequences.count))
            return radphi_attend(pool.handle, set, &job)
        }
        try require(attended)
        guard outputs > 0 else { return }

        var attention = w.attention.from(first, columns: hidden)
        if block.dense.isQuantized { try require(radphi_quantize_rows(pool.handle, set, &attention, Int32(outputs), Int32(hidden))) }
        var sum = radphi_product(
            matrix: (block.dense.view, block.fc2.view), input: (attention, w.inner), parts: 2, count: Int32(outputs), bias: block.outputBias.pointer,
            epilogue: Int32(RADPHI_ADD.rawValue), out: radphi_rows(values: w.stream + first * hidden, stride: Int32(hidden), quants: nil, scales: nil, sums: nil))
        try require(radphi_multiply(pool.handle, set, &sum, 1))
    }

    /// The final norm of `count` rows of the stream, into `w.norm` from its first row on.
    private func normalize(_ w: Workspace, first: Int, count: Int, quantize: Bool) throws {
        var norm = quantize ? w.norm : w.norm.plain
        try require(
            radphi_norm_rows(
                pool.handle, level.number, w.stream + first * configuration.hiddenSize, Int32(count), Int32(configuration.hiddenSize), finalNorm.weight.pointer,
                finalNorm.bias.pointer, finalNorm.epsilon, &norm))
    }

    private func logits(_ w: Workspace, first: Int, count: Int) throws -> [[Float]] {
        try normalize(w, first: first, count: count, quantize: head.isQuantized)
        var output = [Float](repeating: 0, count: count * head.rows)
        let done = output.withUnsafeMutableBufferPointer { buffer in
            var product = radphi_product(
                matrix: (head.view, head.view), input: (w.norm, w.norm), parts: 1, count: Int32(count), bias: headBias?.pointer, epilogue: Int32(RADPHI_STORE.rawValue),
                out: radphi_rows(values: buffer.baseAddress, stride: Int32(head.rows), quants: nil, scales: nil, sums: nil))
            return radphi_multiply(pool.handle, level.number, &product, 1)
        }
        try require(done)
        return (0..<count).map { row in
            var logits = Array(output[row * head.rows..<(row + 1) * head.rows])
            for id in min(configuration.tokenCount, logits.count)..<logits.count { logits[id] = -.infinity }
            return logits
        }
    }
}
