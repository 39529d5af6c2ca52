import Engine
import Foundation
import Synchronization

/// Writing failed: the reader went away (`closed`), or the device refused (full, input/output error).
enum OutputError: DiagnosableError {
    case closed
    case failed(errno: Int32)

    var kind: String { self == .closed ? "output-closed" : "output-failed" }
    var exitStatus: ExitStatus { self == .closed ? .success : .inputOutput }
    var message: String {
        switch self {
        case .closed: "the reader of the output has gone"
        case .failed(let code): "the output could not be written: \(String(cString: strerror(code)))"
        }
    }
}

extension OutputError: Equatable {}

/// The process's standard streams.
///
/// Data goes to stdout, progress and diagnostics to stderr. At start the real stdout is moved to a private descriptor and
/// descriptor 1 is pointed at stderr, so that nothing a C library prints can ever mix with the data.
final class Console: Sendable {
    private let output: Int32
    private let lock = Mutex(())
    let outputIsTerminal: Bool
    let errorIsTerminal: Bool
    let colour: Bool
    /// Set by SIGINT or SIGTERM, or by whoever wants the work to end.
    let cancellation: Cancellation

    init(cancellation: Cancellation) {
        self.cancellation = cancellation
        outputIsTerminal = isatty(1) == 1
        errorIsTerminal = isatty(2) == 1
        let environment = ProcessInfo.processInfo.environment
        colour = outputIsTerminal && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
        let copy = fcntl(1, F_DUPFD_CLOEXEC, 3)
        output = copy < 0 ? 1 : copy
        if copy >= 0 { _ = dup2(2, 1) }
    }

    /// Columns to wrap data at: those of the terminal, 80 where stdout is none.
    var width: Int { Self.columns(of: output) ?? 80 }

    /// Columns of the terminal that progress and prompts go to.
    var terminalWidth: Int { Self.columns(of: 2) ?? 80 }

    private static func columns(of descriptor: Int32) -> Int? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 10 else { return nil }
        return Int(size.ws_col)
    }

    /// Writes data to stdout, whole and unbuffered; calls from several threads do not mix within one call.
    func write(_ text: String) throws(OutputError) {
        try write(bytes: Array(text.utf8))
    }

    func writeLine(_ text: String) throws(OutputError) {
        try write(bytes: Array(text.utf8) + [10])
    }

    func write(bytes: [UInt8]) throws(OutputError) {
        let failure: OutputError? = lock.withLock { _ in
            bytes.withUnsafeBytes { buffer in
                var done = 0
                while done < buffer.count {
                    let count = Foundation.write(output, buffer.baseAddress?.advanced(by: done), buffer.count - done)
                    if count < 0 {
                        if errno == EINTR { continue }
                        return errno == EPIPE ? .closed : .failed(errno: errno)
                    }
                    done += count
                }
                return nil
            }
        }
        if let failure { throw failure }
    }

    /// A diagnostic line on stderr; a failure to write it is of no consequence.
    func note(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        lock.withLock { _ in _ = bytes.withUnsafeBytes { Foundation.write(2, $0.baseAddress, $0.count) } }
    }

    /// Replaces the current progress line on stderr; nothing when stderr is not a terminal.
    func progress(_ text: String) {
        guard errorIsTerminal else { return }
        // A line that wrapped could not be taken back.
        let bytes = Array("\r\u{1B}[K\(text.prefix(max(10, terminalWidth - 1)))".utf8)
        lock.withLock { _ in _ = bytes.withUnsafeBytes { Foundation.write(2, $0.baseAddress, $0.count) } }
    }

    /// A prompt for the next line, on stderr.
    func prompt(_ text: String) {
        let bytes = Array(text.utf8)
        lock.withLock { _ in _ = bytes.withUnsafeBytes { Foundation.write(2, $0.baseAddress, $0.count) } }
    }

    func print<T: Encodable>(json value: T) throws {
        try writeLine(JSON.encode(value))
    }
}

/// A flag that many threads may read: whoever does long work looks at it and stops.
final class Cancellation: Sendable {
    private let flag = Atomic<Int32>(0)

    /// Whether the work should stop.
    var isCancelled: Bool { flag.load(ordering: .relaxed) != 0 }
    /// The signal that asked for it, 0 for none.
    var signal: Int32 { max(0, flag.load(ordering: .relaxed)) }

    func cancel(signal: Int32 = -1) { flag.store(signal, ordering: .relaxed) }
}
