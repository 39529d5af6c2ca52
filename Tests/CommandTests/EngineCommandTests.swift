import Engine
import Foundation
import Testing

/// The engine's commands, through the real binary, against transformers' numbers for the same checkpoint.
@Suite struct EngineCommandTests {
    private static let model = Bench.model

    private static func expected() throws -> SafetensorsFile { try SafetensorsFile(path: "\(model)/expected.safetensors") }

    /// The reference ids as one line of input.
    private static func line(_ ids: some Sequence<Int32>) -> Data { Data("{\"ids\":[\(ids.map(String.init).joined(separator: ","))]}\n".utf8) }

    private static func numbers(_ json: JSON?) -> [Double] { json?.array.compactMap(\.double) ?? [] }

    private func isClose(_ a: [Double], _ b: [Double], _ bound: Double) -> Bool {
        a.count == b.count && !a.isEmpty && zip(a, b).allSatisfy { abs($0 - $1) <= bound }
    }

    @Test func logitsAreThoseOfTransformers() throws {
        let expected = try Self.expected()
        let ids = try #require(expected.integers("ids")).map { Int32($0) }
        let reference = try #require(try expected.floats("logits")).map(Double.init)
        let run = try Program.run(["logits", "--model", Self.model], input: Self.line(ids))
        #expect(run.status == 0)
        let found = Self.numbers(try run.json()["logits"])
        #expect(isClose(found, Array(reference.suffix(reference.count / ids.count).prefix(found.count)), 2e-4))
        let all = try Program.run(["logits", "--all", "--model", Self.model], input: Self.line(ids))
        #expect(all.lines.count == ids.count)
    }

    @Test func hiddenStatesOfEveryTokenAreThoseOfTransformers() throws {
        let expected = try Self.expected()
        let ids = try #require(expected.integers("ids")).map { Int32($0) }
        for layer in [0, 1, 2] {
            let run = try Program.run(["embed", "--model", Self.model, "--layer", "\(layer)", "--pooling", "none", "--no-normalize"], input: Self.line(ids))
            #expect(run.status == 0)
            let rows = try run.json()["embedding"]?.array ?? []
            #expect(rows.count == ids.count)
            #expect(isClose(rows.flatMap { Self.numbers($0) }, try #require(try expected.floats("hidden.\(layer)")).map(Double.init), 2e-4))
        }
    }

    /// Each way of pooling, computed here from the reference's states.
    @Test(arguments: ["mean", "mean-skip-first", "last"]) func poolingIsWhatItsNameSays(_ pooling: String) throws {
        let expected = try Self.expected()
        let ids = try #require(expected.integers("ids")).map { Int32($0) }
        let states = try #require(try expected.floats("hidden.1")).map(Double.init)
        let width = states.count / ids.count
        let rows = pooling == "mean" ? Array(0..<ids.count) : pooling == "last" ? [ids.count - 1] : Array(1..<ids.count)
        let mean = (0..<width).map { column in rows.reduce(0) { $0 + states[$1 * width + column] } / Double(rows.count) }
        let length = mean.reduce(0) { $0 + $1 * $1 }.squareRoot()
        // A second text in the same batch must not leak into the first.
        let run = try Program.run(["embed", "--model", Self.model, "--layer", "1", "--pooling", pooling], input: Self.line(ids) + Self.line(ids.reversed()))
        #expect(run.status == 0)
        #expect(run.lines.count == 2)
        #expect(isClose(Self.numbers(try JSON(run.lines[0])["embedding"]), mean.map { $0 / length }, 1e-4))
    }

    @Test func generatingIsTheSameWithAndWithoutDrafts() throws {
        let words = ["generate", "The lung, the lung, the lung, the", "--model", Self.model, "--max-tokens", "40", "--json"]
        let plain = try Program.run(words + ["--draft", "0"]).json()
        let drafted = try Program.run(words + ["--draft", "16"]).json()
        #expect(plain["text"]?.string == drafted["text"]?.string)
        #expect(plain["tokens"]?.array.compactMap(\.int) == drafted["tokens"]?.array.compactMap(\.int))
        #expect(plain["drafted_tokens"]?.int == 0)
        #expect((drafted["accepted_tokens"]?.int ?? 0) <= (drafted["drafted_tokens"]?.int ?? 0))
        let streamed = try Program.run(["generate", "The lung, the lung, the lung, the", "--model", Self.model, "--max-tokens", "40"])
        #expect(streamed.text == (plain["text"]?.string ?? "") + "\n")
    }

    @Test func aSeedDrawsTheSameTextAndAnotherSeedAnother() throws {
        func text(_ seed: Int) throws -> String {
            try Program.run(["generate", "Chest", "--model", Self.model, "--max-tokens", "30", "--temperature", "1", "--seed", "\(seed)"]).text
        }
        let first = try text(1)
        #expect(try text(1) == first)
        #expect(try text(2) != first)
    }

    @Test func writingEndsBeforeAStopString() throws {
        let whole = try Program.run(["generate", "Chest", "--model", Self.model, "--max-tokens", "30", "--json"]).json()["text"]?.string ?? ""
        let stop = String(whole.dropFirst(5).prefix(3))
        try #require(stop.count == 3)
        let cut = try Program.run(["generate", "Chest", "--model", Self.model, "--max-tokens", "30", "--stop", stop, "--json"]).json()
        let range = try #require(whole.range(of: stop))
        #expect(cut["text"]?.string == String(whole[..<range.lowerBound]))
        #expect(cut["finish_reason"]?.string == "stop")
    }

    @Test func theBenchmarkReportsWhatItMeasured() throws {
        let words = ["bench", "engine", "--model", Self.model, "--prompt", "24", "--generate", "8", "--runs", "1", "--draft", "4", "--acceptance", "0.5", "--json"]
        let report = try Program.run(words).json()
        #expect(report["random"]?.bool == false)
        let engine = report["engine"]
        for key in ["prefill", "decode"] { #expect((engine?[key]?["median"]?.double ?? 0) > 0) }
        for key in ["bytes_per_token", "peak_memory", "prompt_tokens"] { #expect((engine?[key]?.int ?? 0) > 0) }
        for key in ["int8_giga_operations", "fp32_giga_operations", "read_gigabytes"] { #expect((engine?["peaks"]?[key]?.double ?? 0) > 0) }
        #expect(engine?["drafted"]?["acceptance"]?.double == 0.5)
        #expect((engine?["drafted"]?["rate"]?["median"]?.double ?? 0) > 0)
    }

    @Test func anIdBeyondTheVocabularyIsNamed() throws {
        let run = try Program.run(["logits", "--model", Self.model], input: Data("{\"ids\":[1,99999]}\n".utf8))
        #expect(run.status == 65)
        #expect(run.error.contains("99999"))
        #expect(run.output.isEmpty)
    }
}
