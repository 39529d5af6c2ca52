import Engine

/// The command line was not understood.
struct UsageError: DiagnosableError {
    let kind = "usage"
    let exitStatus = ExitStatus.usage
    let message: String

    init(_ message: String) { self.message = message }
}
