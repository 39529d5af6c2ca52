/// Which hidden states make a vector, and how.
public struct EmbeddingOptions: Sendable {
    /// 0 for the embedding table, k for the output of block k.
    public var layer: Int
    public var pooling: ModelSettings.Pooling
    /// Whether vectors are scaled to length 1.
    public var normalize: Bool

    public init(layer: Int, pooling: ModelSettings.Pooling, normalize: Bool = true) {
        self.layer = layer
        self.pooling = pooling
        self.normalize = normalize
    }
}

/// Texts to vectors by pooling hidden states.
public final class Embedder: Sendable {
    private let model: PhiModel
    public let options: EmbeddingOptions
    public var dimension: Int { model.configuration.hiddenSize }

    public init(model: PhiModel, options: EmbeddingOptions) {
        self.model = model
        self.options = options
    }

    /// One vector a text, in the order of the texts, whatever else is in the batch. Texts longer than the context are cut there; an
    /// empty text has the zero vector. Pooling `none` gives the mean of all positions here; see `vectors`.
    public func embed(_ texts: [[Int32]], isCancelled: () -> Bool = { false }) throws -> [[Float]] {
        try states(texts, isCancelled) { scaled(mean($0, tokens: $1)) } empty: { [Float](repeating: 0, count: dimension) }
    }

    /// One vector for each token of each text, `[texts][tokens][dimension]`.
    public func vectors(_ texts: [[Int32]], isCancelled: () -> Bool = { false }) throws -> [[[Float]]] {
        try states(texts, isCancelled) { states, tokens in
            (0..<tokens).map { scaled(Array(states[$0 * dimension..<($0 + 1) * dimension])) }
        } empty: { [] }
    }

    /// Runs the texts that are not empty through the model and makes something of each one's hidden states `[tokens, dimension]`.
    private func states<R>(_ texts: [[Int32]], _ isCancelled: () -> Bool, _ make: ([Float], Int) -> R, empty: () -> R) throws -> [R] {
        let cut = texts.map { Array($0.prefix(model.configuration.contextLength)) }
        var states = try model.hiddenStates(cut.filter { !$0.isEmpty }, afterLayer: options.layer, isCancelled: isCancelled)[...]
        return cut.map { text in
            guard !text.isEmpty, let own = states.popFirst() else { return empty() }
            return make(own, text.count)
        }
    }

    /// `[tokens, dimension]` → `[dimension]`
    private func mean(_ states: [Float], tokens: Int) -> [Float] {
        let rows: Range<Int> = switch options.pooling {
        case .last: tokens - 1..<tokens
        case .meanSkipFirst where tokens > 1: 1..<tokens
        default: 0..<tokens
        }
        var vector = [Float](repeating: 0, count: dimension)
        for row in rows {
            for i in 0..<dimension { vector[i] += states[row * dimension + i] }
        }
        let factor = 1 / Float(rows.count)
        return vector.map { $0 * factor }
    }

    private func scaled(_ vector: [Float]) -> [Float] {
        guard options.normalize else { return vector }
        let factor = 1 / max(vector.reduce(0) { $0 + $1 * $1 }.squareRoot(), 1e-12)
        return vector.map { $0 * factor }
    }
}
