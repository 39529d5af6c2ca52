/// Turns texts into vectors. `IndexBuilder` and whoever asks an `IndexStore` must use the same one.
public protocol PassageEmbedder: Sendable {
    /// Changes whenever the same text could give another vector: weights, tokenizer, layer, pooling.
    var fingerprint: String { get }
    var dimension: Int { get }
    /// How the raw vectors of a corpus are made comparable.
    var transform: TransformSettings { get }
    /// Tokens of `text` by the model's tokenizer.
    func tokenCount(_ text: String) -> Int
    /// One raw vector (not centred) for each text. Must not depend on what else is in the batch.
    func embed(_ texts: [String]) throws -> [[Float]]
}

extension PassageEmbedder {
    public var transform: TransformSettings { TransformSettings(center: false, removedComponents: 0) }
}

/// What is done to raw vectors before they are normalised and compared.
public struct TransformSettings: Sendable, Hashable, Codable {
    /// Subtract the corpus mean.
    public let center: Bool
    /// Project out this many first principal components of the corpus.
    public let removedComponents: Int

    public init(center: Bool, removedComponents: Int) {
        self.center = center
        self.removedComponents = max(0, removedComponents)
    }
}
