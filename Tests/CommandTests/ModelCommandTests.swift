import Foundation
import Testing

/// Runs the real binary; `scripts` of JSON Lines go in through a file, so that no pipe can fill up.
private struct Run {
    let status: Int32
    let output: String
    let errors: String

    init(_ arguments: [String], input: String = "") throws {
        let folder = NSTemporaryDirectory() + "/radphi-run-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (name, text) in [("in", input), ("out", ""), ("err", "")] { try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent("radphi-rag")
        process.arguments = arguments
        process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: "\(folder)/in"))
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(folder)/out"))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(folder)/err"))
        try process.run()
        process.waitUntilExit()
        status = process.terminationReason == .uncaughtSignal ? -process.terminationStatus : process.terminationStatus
        output = try String(contentsOfFile: "\(folder)/out", encoding: .utf8)
        errors = try String(contentsOfFile: "\(folder)/err", encoding: .utf8)
    }

    var json: [String: Any] { (try? JSONSerialization.jsonObject(with: Data(output.utf8))) as? [String: Any] ?? [:] }
}

@Suite struct ModelCommandTests {
    private static let checkpoints = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/checkpoints").path

    @Test func inspectShowsTheShape() throws {
        let run = try Run(["model", "inspect", "\(Self.checkpoints)/head80", "--json", "--check", "--fingerprint"])
        #expect(run.status == 0)
        #expect(run.json["head_size"] as? Int == 80)
        #expect(run.json["rotary_dimensions"] as? Int == 32)
        #expect(run.json["tokens"] as? Int == 495)
        #expect((run.json["fingerprint"] as? String)?.count == 64)
        let text = try Run(["model", "inspect", "\(Self.checkpoints)/gguf-split/model.gguf"])
        #expect(text.status == 0)
        #expect(text.output.contains("q6_K"))
    }

    @Test func convertWritesAFileThatInspectReads() throws {
        let output = NSTemporaryDirectory() + "/radphi-\(UUID().uuidString).gguf"
        defer { try? FileManager.default.removeItem(atPath: output) }
        let run = try Run(["model", "convert", "\(Self.checkpoints)/tied", output, "--type", "q4_0", "--json"])
        #expect(run.status == 0)
        #expect(run.json["type"] as? String == "q4_0")
        let inspected = try Run(["model", "inspect", output, "--json"])
        #expect(inspected.json["format"] as? String == "gguf")
        #expect(inspected.json["file_bytes"] as? Int == run.json["bytes"] as? Int)
    }

    @Test func tokenizeGoesThereAndBack() throws {
        let lines = #"{"text":"The  lung\n\n x <|endoftext|>"}"# + "\n\n" + #"{"text":""}"# + "\n"
        let run = try Run(["tokenize", "--model", "\(Self.checkpoints)/tied"], input: lines)
        #expect(run.status == 0)
        #expect(run.output.split(separator: "\n").count == 2)
        #expect(!run.output.contains("456"))
        let back = try Run(["tokenize", "--decode", "--model", "\(Self.checkpoints)/gguf-fused/model.gguf"], input: run.output)
        #expect(back.output == #"{"text":"The  lung\n\n x <|endoftext|>"}"# + "\n" + #"{"text":""}"# + "\n")
    }

    @Test func aBadLineNamesItsNumber() throws {
        let run = try Run(["tokenize", "--model", "\(Self.checkpoints)/tied"], input: "{\"text\":\"a\"}\nrubbish\n")
        #expect(run.status == 65)
        #expect(run.errors.contains("line 2"))
    }

    /// Exit 65, nothing on stdout, one line on stderr that names file and offset.
    @Test func aMalformedModelIsOneLineOnStderr() throws {
        let path = NSTemporaryDirectory() + "/radphi-\(UUID().uuidString).gguf"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(Array("GGUF".utf8) + [3, 0, 0, 0] + [UInt8](repeating: 0xFF, count: 16)).write(to: URL(fileURLWithPath: path))
        let run = try Run(["model", "inspect", path, "--json"])
        #expect(run.status == 65)
        #expect(run.output.isEmpty)
        #expect(run.errors.split(separator: "\n").count == 1)
        let error = (try JSONSerialization.jsonObject(with: Data(run.errors.utf8)) as? [String: [String: Any]])?["error"]
        #expect(error?["kind"] as? String == "malformed-gguf")
        #expect(error?["offset"] as? Int == 8)
        #expect(error?["file"] as? String == path)
        let missing = try Run(["model", "inspect", "/nowhere"])
        #expect(missing.status == 66)
        #expect(missing.output.isEmpty)
    }
}
