/// Restricts what may be generated, token by token.
public protocol TokenConstraint: AnyObject {
    /// The tokens that may come next; nil when all may. One alone is taken without asking the model.
    func allowedTokens() -> [Int32]?
    /// Tells which token was taken.
    func accept(_ token: Int32)
    /// Turns the model's log-probabilities of the allowed `tokens` into the scores by which the best is taken.
    func weigh(_ logProbabilities: [Float], of tokens: [Int32]) -> [Float]
}

extension TokenConstraint {
    /// The model's choice stands.
    public func weigh(_ logProbabilities: [Float], of tokens: [Int32]) -> [Float] { logProbabilities }
}
