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
