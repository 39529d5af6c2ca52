/// How far the evidence carries a sentence of an answer.
public enum Support: String, Sendable, Codable {
    /// The sentence stands in a passage word for word (after folding case, white space and typography).
    case verbatim
    /// A paraphrase of one sentence of a passage: same content words, and numbers, side, negation and hedging agree.
    case supported
    /// No passage says it.
    case unsupported
}
