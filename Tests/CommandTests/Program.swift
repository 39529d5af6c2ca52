import Engine
import Foundation
import Synchronization
import Testing

/// The built program, run as users run it: its own process, both output pipes drained while it runs.
enum Program {
    /// `radphi-rag` beside the test bundle.
    static let path = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent("radphi-rag").path

    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    struct Outcome {
        let status: Int32
        let output: Data
        let error: String
        let seconds: Double

        var text: String { String(decoding: output, as: UTF8.self) }
        var lines: [String] { text.split(separator: "\n").map(String.init) }
        func json() throws -> JSON { try JSON(output) }
        func errorJSON() throws -> JSON { try JSON(Data(error.split(separator: "\n").last.map { Array($0.utf8) } ?? [])) }
    }

    /// An environment in which nothing of this machine's user shows through.
    static func environment(_ more: [String: String] = [:]) -> [String: String] {
        var environment = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
        for (variable, folder) in [("HOME", "home"), ("XDG_CONFIG_HOME", "config"), ("XDG_DATA_HOME", "data"), ("XDG_CACHE_HOME", "cache")] {
            environment[variable] = "\(Bench.folder)/\(folder)"
        }
        return environment.merging(more) { $1 }
    }

    /// Runs to the end. `input` is written and the pipe closed.
    static func run(_ arguments: [String], input: Data? = nil, environment more: [String: String] = [:], folder: String? = nil) throws -> Outcome {
        try execute(path, arguments, input: input, environment: more, folder: folder)
    }

    /// Runs a shell line in which `$radphi` is the program.
    static func shell(_ line: String, environment more: [String: String] = [:]) throws -> Outcome {
        try execute("/bin/bash", ["-c", line], environment: more.merging(["radphi": path, "MODEL": Bench.model]) { own, _ in own })
    }

    static func execute(_ path: String, _ arguments: [String], input: Data? = nil, environment more: [String: String] = [:], folder: String? = nil) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = environment(more)
        process.currentDirectoryURL = URL(fileURLWithPath: folder ?? Bench.folder)
        let output = Drain()
        let error = Drain()
        process.standardOutput = output.pipe
        process.standardError = error.pipe
        let standardInput = Pipe()
        process.standardInput = input == nil ? FileHandle.nullDevice : standardInput
        let began = ContinuousClock.now
        try process.run()
        output.begin()
        error.begin()
        if let input {
            try? standardInput.fileHandleForReading.close()
            try? standardInput.fileHandleForWriting.write(contentsOf: input)
            try? standardInput.fileHandleForWriting.close()
        }
        process.waitUntilExit()
        let seconds = (ContinuousClock.now - began).seconds
        return Outcome(
            status: process.terminationReason == .uncaughtSignal ? -process.terminationStatus : process.terminationStatus, output: output.wait(),
            error: String(decoding: error.wait(), as: UTF8.self), seconds: seconds)
    }
}

/// Reads a pipe to its end on a thread of its own.
final class Drain: @unchecked Sendable {
    let pipe = Pipe()
    private var data = Data()
    private let done = DispatchSemaphore(value: 0)

    func begin() {
        try? pipe.fileHandleForWriting.close()
        Thread { [self] in
            data = pipe.fileHandleForReading.readDataToEndOfFile()
            done.signal()
        }.start()
    }

    func wait() -> Data {
        done.wait()
        return data
    }
}

/// A parsed JSON document, for looking into.
struct JSON {
    let value: Any

    init(_ data: Data) throws { value = try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed) }
    init(_ text: String) throws { try self.init(Data(text.utf8)) }
    private init(value: Any) { self.value = value }

    subscript(key: String) -> JSON? { (value as? [String: Any])?[key].map { JSON(value: $0) } }
    subscript(position: Int) -> JSON? { (value as? [Any]).flatMap { $0.indices.contains(position) ? JSON(value: $0[position]) : nil } }
    var keys: [String] { (value as? [String: Any])?.keys.sorted() ?? [] }
    var array: [JSON] { (value as? [Any])?.map { JSON(value: $0) } ?? [] }
    var string: String? { value as? String }
    var int: Int? { (value as? NSNumber)?.intValue }
    var double: Double? { (value as? NSNumber)?.doubleValue }
    var bool: Bool? { (value as? NSNumber)?.boolValue }
    var isNull: Bool { value is NSNull }
}
