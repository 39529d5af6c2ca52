/// A rule of the corpus format that is broken, with the place.
public struct LintFinding: Sendable, Hashable, Codable {
    /// Path below the corpus folder.
    public let file: String
    /// From 1.
    public let line: Int
    /// A stable word for the rule: `heading-order`.
    public let rule: String
    public let message: String

    public init(file: String, line: Int, rule: String, message: String) {
        self.file = file
        self.line = line
        self.rule = rule
        self.message = message
    }

    /// `articles/chest/x.md:12: …`
    public var description: String { "\(file):\(line): \(message) [\(rule)]" }
}

extension LintFinding: CustomStringConvertible, Comparable {
    public static func < (a: LintFinding, b: LintFinding) -> Bool { (a.file, a.line, a.rule, a.message) < (b.file, b.line, b.rule, b.message) }
}
