import Foundation
import Testing

/// `radphi-rag serve` or `mcp` while it runs: lines go in, messages come out.
final class Server: @unchecked Sendable {
    let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let error = Drain()
    private let condition = NSCondition()
    private var lines: [Data] = []
    private var ended = false

    struct TimedOut: Error { let waitedFor: String }

    /// - Parameter command: `serve` or `mcp`.
    init(_ command: String, _ more: [String] = [], environment: [String: String] = [:]) throws {
        process.executableURL = URL(fileURLWithPath: Program.path)
        process.arguments = try [command] + Bench.arguments + more
        process.environment = Program.environment(environment)
        process.standardInput = input
        process.standardOutput = output
        process.standardError = error.pipe
        try process.run()
        try? input.fileHandleForReading.close()
        try? output.fileHandleForWriting.close()
        error.begin()
        Thread { [self] in
            var rest = Data()
            while true {
                let piece = output.fileHandleForReading.availableData
                rest += piece
                while let end = rest.firstIndex(of: 0x0A) {
                    condition.lock()
                    lines.append(Data(rest[rest.startIndex..<end]))
                    condition.signal()
                    condition.unlock()
                    rest = Data(rest[(end + 1)...])
                }
                if piece.isEmpty { break }
            }
            condition.lock()
            if !rest.isEmpty { lines.append(rest) }
            ended = true
            condition.signal()
            condition.unlock()
        }.start()
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    func send(_ lines: String...) throws { try send(Data((lines.joined(separator: "\n") + "\n").utf8)) }
    func send(_ bytes: Data) throws { try input.fileHandleForWriting.write(contentsOf: bytes) }
    func closeInput() { try? input.fileHandleForWriting.close() }

    /// The next line; nil at the end of output. Every line must be JSON.
    func next(within seconds: Double = 60) throws -> JSON? {
        condition.lock()
        defer { condition.unlock() }
        let deadline = Date(timeIntervalSinceNow: seconds)
        while lines.isEmpty {
            if ended { return nil }
            if !condition.wait(until: deadline) { throw TimedOut(waitedFor: "a line") }
        }
        return try JSON(lines.removeFirst())
    }

    /// All that is left, to the end of output.
    func rest() throws -> [JSON] {
        var all: [JSON] = []
        while let line = try next() { all.append(line) }
        return all
    }

    /// The exit status, a signal as its negative.
    func wait() -> Int32 {
        process.waitUntilExit()
        return process.terminationReason == .uncaughtSignal ? -process.terminationStatus : process.terminationStatus
    }

    var errorText: String { String(decoding: error.wait(), as: UTF8.self) }

    /// Resident memory in MiB.
    var memory: Int {
        let text = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        return (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) / 1024
    }
}
