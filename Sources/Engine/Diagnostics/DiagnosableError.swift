/// The process exit codes of `radphi-rag`, as users and scripts meet them (after sysexits.h where it has one).
public enum ExitStatus: Int32, Sendable {
    case success = 0
    case failure = 1
    /// Only with `--fail-on-abstain`.
    case abstained = 3
    case usage = 64
    case badData = 65
    case missingInput = 66
    case inputOutput = 74
    /// Locked by another process, or busy: trying again later can succeed.
    case busy = 75
    case interrupted = 130
    case terminated = 143
}

/// An error that can be shown to a user: what was received, where, and the way out.
///
/// Each module has its own small error types; they conform to this, so that one place turns any of them into a sentence,
/// a JSON object and an exit code.
public protocol DiagnosableError: Error, Sendable, CustomStringConvertible {
    /// A stable word for programs, in kebab case: `malformed-gguf`, `index-locked`.
    var kind: String { get }
    /// One plain sentence or two: what was received and what to do.
    var message: String { get }
    var exitStatus: ExitStatus { get }
    /// The file at fault, where there is one.
    var file: String? { get }
    /// Byte offset into `file` at which the fault was seen.
    var offset: Int? { get }
}

extension DiagnosableError {
    public var file: String? { nil }
    public var offset: Int? { nil }
    public var description: String { message }
}
