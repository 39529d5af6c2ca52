import Engine

/// The passage embedder of a program that has a model: tokenizer, hidden states of the configured layer, pooling.
public final class EnginePassageEmbedder: PassageEmbedder {
    public let fingerprint: String
    public let transform: TransformSettings
    private let tokenizer: Tokenizer
    private let embedder: Embedder

    public var dimension: Int { embedder.dimension }

    /// - Parameter layer: another layer than the model's settings name.
    /// - Throws: what hashing the model's files throws.
    public init(checkpoint: Checkpoint, model: PhiModel, layer: Int? = nil) throws {
        var settings = checkpoint.settings
        if let layer { settings.layer = layer }
        tokenizer = checkpoint.tokenizer
        embedder = Embedder(model: model, options: EmbeddingOptions(layer: settings.layer, pooling: settings.pooling))
        transform = TransformSettings(center: settings.center, removedComponents: settings.removeComponents)
        fingerprint = SHA256.hexadecimal(Array("\(try checkpoint.fingerprint()) layer \(settings.layer) \(settings.pooling.rawValue)".utf8))
    }

    public func tokenCount(_ text: String) -> Int { tokenizer.countTokens(text) }

    public func embed(_ texts: [String]) throws -> [[Float]] {
        try embedder.embed(texts.map(tokenizer.encode))
    }
}
