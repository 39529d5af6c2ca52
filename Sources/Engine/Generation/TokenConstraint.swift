/// Restricts what may be generated, token by token.
public protocol TokenConstraint: AnyObject {
    /// The tokens that may come next; nil when all may. One alone is taken without asking the model.
    func allowedTokens() -> [Int32]?
    /// Tells which token was taken.
    func accept(_ token: Int32)
}
