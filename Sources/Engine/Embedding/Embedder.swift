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

    /// One vector a text, in the order of the texts, whatever else is in the batch. Texts longer than the context are cut there; an empty text has the zero vector.
    public func embed(_ texts: [[Int32]]) throws -> [[Float]] {
        let cut = texts.map { Array($0.prefix(model.configuration.contextLength)) }
        let present = cut.indices.filter { !cut[$0].isEmpty }
        var vectors = texts.map { _ in [Float](repeating: 0, count: dimension) }
        let states = try model.hiddenStates(present.map { cut[$0] }, afterLayer: options.layer)
        for (position, index) in present.enumerated() { vectors[index] = pooled(states[position], tokens: cut[index].count) }
        return vectors
    }

    /// `[tokens, hidden]` → `[hidden]`
    private func pooled(_ states: [Float], tokens: Int) -> [Float] {
        let rows: Range<Int> = switch options.pooling {
        case .last: tokens - 1..<tokens
        case .meanSkipFirst where tokens > 1: 1..<tokens
        default: 0..<tokens
        }
        var vector = [Float](repeating: 0, count: dimension)
        for row in rows {
            for i in 0..<dimension { vector[i] += states[row * dimension + i] }
        }
        let factor = options.normalize ? 1 / max(vector.reduce(0) { $0 + $1 * $1 }.squareRoot(), 1e-12) : 1 / Float(rows.count)
        return vector.map { $0 * factor }
    }
}
