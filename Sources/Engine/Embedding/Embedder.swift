/// Which hidden states make a vector, and how.
public struct EmbeddingOptions: Sendable {
    public var layer: Int
    public var pooling: ModelSettings.Pooling
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

    /// One vector a text; texts longer than the context are cut there.
    public func embed(_ texts: [[Int32]]) throws -> [[Float]] {
        try texts.map { text in
            let tokens = Array(text.prefix(model.configuration.contextLength))
            guard !tokens.isEmpty else { return [Float](repeating: 0, count: dimension) }
            let cache = model.makeCache(capacity: tokens.count)
            let states = try model.forward(tokens, cache: cache, logits: .none, hiddenStatesAfterLayer: options.layer).hiddenStates
            let rows: Range<Int> = switch options.pooling {
            case .last: tokens.count - 1..<tokens.count
            case .meanSkipFirst where tokens.count > 1: 1..<tokens.count
            default: 0..<tokens.count
            }
            var vector = [Float](repeating: 0, count: dimension)
            for row in rows { for i in 0..<dimension { vector[i] += states[row * dimension + i] } }
            let norm = options.normalize ? max(vector.reduce(0) { $0 + $1 * $1 }.squareRoot(), 1e-12) : Float(rows.count)
            return vector.map { $0 / norm }
        }
    }
}
