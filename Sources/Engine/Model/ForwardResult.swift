/// Which logits a forward pass returns.
public enum LogitsRequest: Sendable, Equatable {
    case none, last, all
    /// Of so many positions, counted from the end.
    case lastOnes(Int)

    /// How many of `count` positions that is.
    func positions(of count: Int) -> Int {
        switch self {
        case .none: 0
        case .last: min(1, count)
        case .all: count
        case .lastOnes(let wanted): max(0, min(wanted, count))
        }
    }
}

/// What a forward pass returns.
public struct ForwardResult: Sendable {
    /// `[positions, vocabulary]` for the positions asked for; ids that are padding have −∞.
    public let logits: [[Float]]
    /// `[tokens, hidden]`; empty when none were asked for.
    public let hiddenStates: [Float]
}

/// The input of a forward pass was not of its form.
public enum ModelError: DiagnosableError, Equatable {
    case tokenOutOfRange(Int32, vocabulary: Int)
    case contextFull(tokens: Int, capacity: Int)
    case noSuchLayer(Int, layers: Int)
    case emptyInput
    /// The caller asked to stop.
    case cancelled
    case noRandomWeights(ElementType)

    public var kind: String { "model-input" }
    public var exitStatus: ExitStatus { self == .cancelled ? .failure : .badData }
    public var message: String {
        switch self {
        case .tokenOutOfRange(let id, let vocabulary): "token \(id) is outside of the vocabulary of \(vocabulary)"
        case .contextFull(let tokens, let capacity): "\(tokens) tokens do not fit into a context of \(capacity)"
        case .noSuchLayer(let layer, let layers): "there is no layer \(layer); hidden states go from 0 (embeddings) to \(layers)"
        case .emptyInput: "there is no token to read"
        case .cancelled: "the work was cancelled"
        case .noRandomWeights(let type): "random weights can be f32, f16, bf16, q8_0 or q4_0, not \(type.name)"
        }
    }
}
