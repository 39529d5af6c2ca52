import Foundation
import Synchronization

/// SIGINT and SIGTERM ask the running work to stop; a second one ends the process at once. SIGPIPE becomes a write error.
enum Signals {
    /// Seconds after SIGTERM at which the process ends, whatever it is doing. Nothing is lost by it: what is published is published by a rename.
    private static let grace = 1.9

    nonisolated(unsafe) private static var sources: [any DispatchSourceSignal] = []
    /// What Ctrl-C stops instead of the whole program: the answer of an interactive session.
    private static let answer = Mutex<Cancellation?>(nil)

    /// Called once, before any thread is started.
    static func install(_ cancellation: Cancellation) {
        signal(SIGPIPE, SIG_IGN)
        // A serial queue has a thread of its own, so that a signal does not wait for the model's threads.
        let queue = DispatchQueue(label: "radphi-rag.signals", qos: .userInteractive)
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                if number == SIGINT, let current = answer.withLock({ $0 }), !current.isCancelled {
                    current.cancel()
                    return
                }
                if cancellation.isCancelled { end(number) }
                cancellation.cancel(signal: number)
                answer.withLock { $0?.cancel() }
                if number == SIGTERM { queue.asyncAfter(deadline: .now() + grace) { end(number) } }
            }
            source.resume()
            sources.append(source)
        }
    }

    /// Ends the process without waiting for its threads.
    static func end(_ number: Int32) -> Never {
        LineEditor.restoreTerminal()
        _exit(128 + number)
    }

    /// Runs `body` with Ctrl-C stopping only what looks at the given cancellation.
    static func interruptible<R>(_ body: (Cancellation) throws -> R) rethrows -> R {
        let cancellation = Cancellation()
        answer.withLock { $0 = cancellation }
        defer { answer.withLock { $0 = nil } }
        return try body(cancellation)
    }
}
