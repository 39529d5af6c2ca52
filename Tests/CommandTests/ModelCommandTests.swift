import Foundation
import Testing

@Suite struct ModelCommandTests {
    private static let checkpoints = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/checkpoints").path

    @Test func inspectShowsTheShape() throws {
        let run = try Program.run(["model", "inspect", "\(Self.checkpoints)/head80", "--json", "--check", "--fingerprint"])
        #expect(run.status == 0)
        #expect(try run.json()["head_size"]?.int == 80)
        #expect(try run.json()["rotary_dimensions"]?.int == 32)
        #expect(try run.json()["tokens"]?.int == 495)
        #expect(try run.json()["fingerprint"]?.string?.count == 64)
        let text = try Program.run(["model", "inspect", "\(Self.checkpoints)/gguf-split/model.gguf"])
        #expect(text.status == 0)
        #expect(text.text.contains("q6_K"))
    }

    @Test func convertWritesAFileThatInspectReads() throws {
        let output = NSTemporaryDirectory() + "/radphi-\(UUID().uuidString).gguf"
        defer { try? FileManager.default.removeItem(atPath: output) }
        let run = try Program.run(["model", "convert", "\(Self.checkpoints)/tied", output, "--type", "q4_0", "--json"])
        #expect(run.status == 0)
        #expect(try run.json()["type"]?.string == "q4_0")
        let inspected = try Program.run(["model", "inspect", output, "--json"])
        #expect(try inspected.json()["format"]?.string == "gguf")
        #expect(try inspected.json()["file_bytes"]?.int == run.json()["bytes"]?.int)
    }

    @Test func tokenizeGoesThereAndBack() throws {
        let lines = #"{"text":"The  lung\n\n x <|endoftext|>"}"# + "\n\n" + #"{"text":""}"# + "\n"
        let run = try Program.run(["tokenize", "--model", "\(Self.checkpoints)/tied"], input: Data(lines.utf8))
        #expect(run.status == 0)
        #expect(run.lines.count == 2)
        #expect(!run.text.contains("456"))
        let back = try Program.run(["tokenize", "--decode", "--model", "\(Self.checkpoints)/gguf-fused/model.gguf"], input: run.output)
        #expect(back.text == #"{"text":"The  lung\n\n x <|endoftext|>"}"# + "\n" + #"{"text":""}"# + "\n")
    }

    @Test func aBadLineNamesItsNumber() throws {
        let run = try Program.run(["tokenize", "--model", "\(Self.checkpoints)/tied"], input: Data("{\"text\":\"a\"}\nrubbish\n".utf8))
        #expect(run.status == 65)
        #expect(run.error.contains("line 2"))
    }

    /// Exit 65, nothing on stdout, one line on stderr that names file and offset.
    @Test func aMalformedModelIsOneLineOnStderr() throws {
        let path = NSTemporaryDirectory() + "/radphi-\(UUID().uuidString).gguf"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(Array("GGUF".utf8) + [3, 0, 0, 0] + [UInt8](repeating: 0xFF, count: 16)).write(to: URL(fileURLWithPath: path))
        let run = try Program.run(["model", "inspect", path, "--json"])
        #expect(run.status == 65)
        #expect(run.output.isEmpty)
        #expect(run.error.split(separator: "\n").count == 1)
        let error = try run.errorJSON()["error"]
        #expect(error?["kind"]?.string == "malformed-gguf")
        #expect(error?["offset"]?.int == 8)
        #expect(error?["file"]?.string == path)
        let missing = try Program.run(["model", "inspect", "/nowhere"])
        #expect(missing.status == 66)
        #expect(missing.output.isEmpty)
    }
}
