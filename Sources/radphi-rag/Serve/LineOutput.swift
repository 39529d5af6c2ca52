import Synchronization

/// The protocol's side of stdout: one JSON value a line. When it cannot be written any more the server is told to stop.
final class LineOutput: Sendable {
    private let console: Console
    private let failure = Mutex<OutputError?>(nil)

    init(_ console: Console) { self.console = console }

    func write(_ message: JSONValue) {
        do {
            try console.writeLine(message.text)
        } catch {
            // Nobody reads any more: there is nothing left to do for anyone.
            failure.withLock { $0 = $0 ?? error }
            console.cancellation.cancel()
        }
    }

    /// Throws the first failure, if there was one.
    func check() throws(OutputError) {
        if let failure = failure.withLock({ $0 }) { throw failure }
    }
}
