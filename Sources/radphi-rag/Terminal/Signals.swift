import Foundation

/// SIGINT and SIGTERM ask the running work to stop; a second one ends the process at once. SIGPIPE becomes a write error.
enum Signals {
    nonisolated(unsafe) private static var sources: [any DispatchSourceSignal] = []

    /// Called once, before any thread is started.
    static func install(_ cancellation: Cancellation) {
        signal(SIGPIPE, SIG_IGN)
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInteractive))
            source.setEventHandler {
                if cancellation.isCancelled { _exit(128 + number) }
                cancellation.cancel(signal: number)
            }
            source.resume()
            sources.append(source)
        }
    }
}
