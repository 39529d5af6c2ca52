import CKernels
import Foundation

/// Phi's forward pass. Immutable after loading: threads may share it, each with a cache of its own.
public final class PhiModel: Sendable {
    public let configuration: PhiConfiguration
    public let level: InstructionLevel
    public let pool: ThreadPool
    /// Bytes of the packed weights; what one decoded token reads.
    public let weightBytes: Int
    /// Keeps the mapped files open, and tells when one was cut under us.
    private let checkpoint: Checkpoint?
    private let embedding: WeightTensor
    private let blocks: [PhiBlock]
    private let finalNorm: LayerNorm
    private let head: PackedMatrix
    private let rotary: RotaryTable
    private let halfCache: Bool

    /// Whether keys and values are kept as fp16.
    package var keepsHalfCache: Bool { halfCache }

    /// Tokens of one pass through the layers; longer inputs are read in pieces.
    static let passTokens = 512

    /// - Throws: `OutOfMemory`, or `FileError` when a weight file was changed while it was read.
    public convenience init(checkpoint: Checkpoint, threads: Int? = nil, level: InstructionLevel = .best) throws {
        try self.init(configuration: checkpoint.configuration, weights: checkpoint.weights, checkpoint: checkpoint, threads: threads, level: level)
    }

    /// A model of weights that are in memory.
    package init(configuration: PhiConfiguration, weights: PhiWeights, checkpoint: Checkpoint? = nil, threads: Int? = nil, level: InstructionLevel = .best) throws {
        self.configuration = configuration
        self.level = level
        self.checkpoint = checkpoint
        let pool = ThreadPool(threads: threads)
        self.pool = pool
        embedding = weights.tokenEmbedding
        blocks = try weights.layers.map { try PhiBlock($0, epsilon: configuration.layerNormEpsilon, pool: pool) }
        finalNorm = LayerNorm(weight: weights.finalNormWeight, bias: weights.finalNormBias, epsilon: Float(configuration.layerNormEpsilon))
        head = try PackedMatrix(weights.head, bias: weights.headBias, pool: pool)
        weights.head.releasePages()
        rotary = RotaryTable(configuration)
        weightBytes = blocks.reduce(head.bytes) { $0 + $1.matrices.reduce(0) { $0 + $1.bytes } }
        // An fp32 or bf16 file is meant to be computed exactly; the others are coarser than an fp16 cache.
        let formats = Set(blocks.flatMap(\.matrices).map(\.format.rawValue))
        halfCache = formats.isDisjoint(with: [RADPHI_F32.rawValue, RADPHI_BF16.rawValue])
        try checkpoint?.checkIntact()
    }

    /// A cache for `capacity` positions, at most the model's context.
    public func makeCache(capacity: Int) throws -> KVCache {
        try KVCache(
            layers: configuration.layerCount, heads: configuration.keyValueHeadCount, size: configuration.headSize, capacity: max(1, min(capacity, configuration.contextLength)),
            half: halfCache)
    }

    /// Reads `tokens` after what `cache` holds.
    ///
    /// - Parameter hiddenStatesAfterLayer: 0 for the embeddings, k for block k, the last after the final norm (as Hugging Face numbers them).
    ///   Without logits the pass stops there.
    /// - Throws: `ModelError`; the cache is then as it was.
    public func forward(_ tokens: [Int32], cache: KVCache, logits: LogitsRequest = .last, hiddenStatesAfterLayer layer: Int? = nil) throws -> ForwardResult {
        guard !tokens.isEmpty else { throw ModelError.emptyInput }
        guard cache.count + tokens.count <= cache.capacity else { throw ModelError.contextFull(tokens: cache.count + tokens.count, capacity: cache.capacity) }
        try check(tokens, layer)
        var all: [[Float]] = []
        var states: [Float] = []
        var rest = tokens[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Self.passTokens)
            rest = rest.dropFirst(piece.count)
            let wanted: LogitsRequest = logits == .last && !rest.isEmpty ? .none : logits
            let result = pass([Segment(tokens: piece, cache: cache)], logits: wanted, layer: layer, everything: logits != .none)
            cache.append(piece)
            all += result.logits
            states += result.hiddenStates
        }
        try checkpoint?.checkIntact()
        return ForwardResult(logits: all, hiddenStates: states)
    }

    /// Hidden states `[tokens, hidden]` after `layer` of texts that know nothing of each other, read together.
    public func hiddenStates(_ texts: [[Int32]], afterLayer layer: Int) throws -> [[Float]] {
        var results: [[Float]] = []
        var batch: [[Int32]] = []
        func flush() throws {
            guard !batch.isEmpty else { return }
            let segments = try batch.map { text in
                // Nobody comes back to these keys, so all layers share the room of one.
                Segment(tokens: text[...], cache: try KVCache(layers: 1, heads: configuration.keyValueHeadCount, size: configuration.headSize, capacity: text.count, half: halfCache))
            }
            let states = pass(segments, logits: .none, layer: layer, everything: false).hiddenStates
            var start = 0
            for text in batch {
                results.append(Array(states[start..<start + text.count * configuration.hiddenSize]))
                start += text.count * configuration.hiddenSize
            }
            batch = []
        }
        var tokens = 0
        for text in texts {
            guard !text.isEmpty else { throw ModelError.emptyInput }
            guard text.count <= configuration.contextLength else { throw ModelError.contextFull(tokens: text.count, capacity: configuration.contextLength) }
            try check(text, layer)
            if tokens + text.count > Self.passTokens { try flush(); tokens = 0 }
            batch.append(text)
            tokens += text.count
        }
        try flush()
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

    /// A token of the pass: which segment, and its position there.
    private struct Place {
        let segment: Int
        let position: Int
    }

    private func pass(_ segments: [Segment], logits: LogitsRequest, layer: Int?, everything: Bool) -> ForwardResult {
        let hidden = configuration.hiddenSize
        var places: [Place] = []
        for (index, segment) in segments.enumerated() {
            for offset in 0..<segment.tokens.count { places.append(Place(segment: index, position: segment.cache.count + offset)) }
        }
        let count = places.count
        // The residual stream, [tokens, hidden].
        let stream = UnsafeMutableBufferPointer<Float>.allocate(capacity: count * hidden)
        defer { stream.deallocate() }
        var row = 0
        for token in segments.flatMap(\.tokens) {
            embedding.dequantizedRow(Int(token), into: UnsafeMutableBufferPointer(rebasing: stream[row * hidden..<(row + 1) * hidden]))
            row += 1
        }
        var states: [Float] = layer == 0 ? Array(stream) : []
        let last = everything ? configuration.layerCount : layer ?? configuration.layerCount
        let scratch = Scratch(configuration, blocks, count: count)
        for index in 0..<last {
            // What the last layer writes is read only for the logits that are wanted; its keys and values serve every later token.
            let isLast = index == configuration.layerCount - 1 && layer == nil
            let outputs = isLast && logits != .all ? (logits == .last ? count - 1..<count : 0..<0) : 0..<count
            run(blocks[index], index, stream, places, segments, outputs, scratch)
            if layer == index + 1 { states = Array(stream) }
        }
        if layer == configuration.layerCount { states = normalized(states) }
        guard logits != .none else { return ForwardResult(logits: [], hiddenStates: states) }
        let from = logits == .last ? count - 1 : 0
        return ForwardResult(logits: readHead(UnsafeMutableBufferPointer(rebasing: stream[(from * hidden)...])), hiddenStates: states)
    }

    private func run(
        _ block: PhiBlock, _ index: Int, _ stream: UnsafeMutableBufferPointer<Float>, _ places: [Place], _ segments: [Segment], _ outputs: Range<Int>, _ scratch: Scratch
    ) {
        let c = configuration
        let hidden = c.hiddenSize
        let width = c.keyValueSize
        guard let x = stream.baseAddress else { return }
        let count = places.count
        scratch.norm.use(count)
        pool.run(count) { row in
            block.norm.apply(x + row * hidden, into: scratch.norm.pointer + row * hidden)
            scratch.norm.finish(row)
        }
        let whole = outputs.count == count
        let selected = whole ? scratch.norm : scratch.norm.rows(outputs)
        var products = [
            PackedMatrix.Product(block.key, scratch.norm, into: scratch.keys), PackedMatrix.Product(block.value, scratch.norm, into: scratch.values),
        ]
        if !outputs.isEmpty {
            scratch.inner.use(outputs.count)
            products = [PackedMatrix.Product(block.query, selected, into: scratch.queries)] + products + [PackedMatrix.Product(block.fc1, selected, into: scratch.inner.pointer)]
        }
        PackedMatrix.multiply(products, level: level, pool: pool)

        pool.run(count) { row in
            let place = places[row]
            rotary.rotate(scratch.keys + row * width, heads: c.keyValueHeadCount, size: c.headSize, position: place.position)
            if outputs.contains(row) {
                rotary.rotate(scratch.queries + (row - outputs.lowerBound) * hidden, heads: c.headCount, size: c.headSize, position: place.position)
            }
            for head in 0..<c.keyValueHeadCount {
                var cache = segments[place.segment].cache.head(layer: index, head: head)
                radphi_cache_store(&cache, Int32(place.position), scratch.keys + row * width + head * c.headSize, scratch.values + row * width + head * c.headSize)
            }
        }
        guard !outputs.isEmpty else { return }

        scratch.attention.use(outputs.count)
        attend(index, places, segments, outputs, scratch)
        pool.run(outputs.count) { row in
            scratch.attention.finish(row)
            radphi_gelu(scratch.inner.pointer + row * c.intermediateSize, Int64(c.intermediateSize))
            scratch.inner.finish(row)
        }
        PackedMatrix.sum(
            [
                PackedMatrix.Product(block.dense, scratch.attention, into: x + outputs.lowerBound * hidden, accumulate: true),
                PackedMatrix.Product(block.fc2, scratch.inner, into: x + outputs.lowerBound * hidden, accumulate: true),
            ], level: level, pool: pool)
    }

    /// Attention of every head, for up to 8 neighbouring tokens of a segment at a time.
    private func attend(_ layer: Int, _ places: [Place], _ segments: [Segment], _ outputs: Range<Int>, _ scratch: Scratch) {
        let c = configuration
        var tiles: [Range<Int>] = []
        var row = outputs.lowerBound
        while row < outputs.upperBound {
            var end = row + 1
            while end < outputs.upperBound, end - row < 8, places[end].segment == places[row].segment { end += 1 }
            tiles.append(row..<end)
            row = end
        }
        let group = c.headCount / c.keyValueHeadCount
        pool.run(tiles.count * c.headCount) { task in
            let tile = tiles[task / c.headCount]
            let head = task % c.headCount
            let place = places[tile.lowerBound]
            var cache = segments[place.segment].cache.head(layer: layer, head: head / group)
            let start = (tile.lowerBound - outputs.lowerBound) * c.hiddenSize + head * c.headSize
            let positions = (place.position + tile.count + 15) / 16 * 16
            withUnsafeTemporaryAllocation(of: Float.self, capacity: 8 * positions) { scores in
                radphi_attend(
                    &cache, scratch.queries + start, c.hiddenSize, Int32(tile.count), Int32(place.position), scores.baseAddress, scratch.attention.pointer + start)
            }
        }
    }

    private func normalized(_ rows: [Float]) -> [Float] {
        let hidden = configuration.hiddenSize
        var output = [Float](repeating: 0, count: rows.count)
        output.withUnsafeMutableBufferPointer { out in
            rows.withUnsafeBufferPointer { rows in
                guard let o = out.baseAddress, let r = rows.baseAddress else { return }
                for start in stride(from: 0, to: rows.count, by: hidden) { finalNorm.apply(r + start, into: o + start) }
            }
        }
        return output
    }

    private func readHead(_ rows: UnsafeMutableBufferPointer<Float>) -> [[Float]] {
        let hidden = configuration.hiddenSize
        let count = rows.count / hidden
        guard let x = rows.baseAddress else { return [] }
        let input = Activations(capacity: count, columns: hidden, quantized: head.isQuantized)
        for row in 0..<count {
            finalNorm.apply(x + row * hidden, into: input.pointer + row * hidden)
            input.finish(row)
        }
        var output = [Float](repeating: 0, count: count * head.rows)
        output.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            PackedMatrix.multiply([PackedMatrix.Product(head, input, into: base)], level: level, pool: pool)
        }
        return (0..<count).map { row in
            var logits = Array(output[row * head.rows..<(row + 1) * head.rows])
            for id in min(configuration.tokenCount, logits.count)..<logits.count { logits[id] = -.infinity }
            return logits
        }
    }
}

/// Buffers of one pass, used again by every layer.
private final class Scratch {
    /// `[tokens, hidden]`
    let norm, attention: Activations
    /// `[tokens, intermediate]`
    let inner: Activations
    /// `[tokens, hidden]`
    let queries: UnsafeMutablePointer<Float>
    /// `[tokens, keyValueSize]`
    let keys, values: UnsafeMutablePointer<Float>

    init(_ c: PhiConfiguration, _ blocks: [PhiBlock], count: Int) {
        // A file may mix types, from layer to layer and within one.
        func anyQuantized(_ matrices: (PhiBlock) -> [PackedMatrix]) -> Bool { blocks.contains { matrices($0).contains(where: \.isQuantized) } }
        norm = Activations(capacity: count, columns: c.hiddenSize, quantized: anyQuantized { [$0.query, $0.key, $0.value, $0.fc1] })
        attention = Activations(capacity: count, columns: c.hiddenSize, quantized: anyQuantized { [$0.dense] })
        inner = Activations(capacity: count, columns: c.intermediateSize, quantized: anyQuantized { [$0.fc2] })
        queries = .allocate(capacity: max(1, count * c.hiddenSize))
        keys = .allocate(capacity: max(1, count * c.keyValueSize))
        values = .allocate(capacity: max(1, count * c.keyValueSize))
    }

    deinit {
        queries.deallocate()
        keys.deallocate()
        values.deallocate()
    }
}
