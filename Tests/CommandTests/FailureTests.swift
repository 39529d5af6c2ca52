import Foundation
import Testing

@Suite struct FailureTests {
    private func temporary() throws -> String {
        let path = "\(Bench.folder)/\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    /// Runs a search as a user who may write nothing: root drops its rights, with program and model copied to where anyone may read.
    private func searchWithoutRights(index: String) throws -> Program.Outcome {
        let stage = try temporary()
        let drop = geteuid() == 0 ? "setpriv --reuid 65534 --regid 65534 --clear-groups" : ""
        return try Program.shell(
            """
            cp "$radphi" '\(stage)/program'; cp -r "$MODEL" '\(stage)/model'; chmod -R a+rX '\(Bench.folder)'
            exec \(drop) '\(stage)/program' search pneumothorax --model '\(stage)/model' --corpus '\(Bench.corpus)' --index '\(index)'
            """)
    }

    @Test func aMissingModelIs66() throws {
        let outcome = try Program.run(["ask", "x", "--model", "/no/such/model", "--corpus", Bench.corpus, "--index", "\(try temporary())/index", "--json"])
        #expect(outcome.status == 66)
        #expect(try outcome.json()["error"]?["exit_code"]?.int == 66)
        #expect(try outcome.json()["error"]?["file"]?.string == "/no/such/model")
        // Far from any checkout, where no model comes with the program.
        let folder = try temporary()
        let nothing = try Program.shell("cp \"$radphi\" '\(folder)/program'; cd '\(folder)'; exec ./program ask x")
        #expect(nothing.status == 66 && nothing.error.contains("--model"))
    }

    @Test func aMissingCorpusIs66() throws {
        let outcome = try Program.run(["ask", "x", "--model", Bench.model, "--corpus", "/no/such/corpus", "--index", "\(try temporary())/index"])
        #expect(outcome.status == 66 && outcome.error.contains("/no/such/corpus"))
    }

    @Test func aMalformedModelIs65WithNothingOnStdout() throws {
        let folder = try temporary()
        try Data("GGUF\u{3}\0\0\0".utf8).write(to: URL(fileURLWithPath: "\(folder)/cut.gguf"))
        let json = try Program.run(["ask", "x", "--model", "\(folder)/cut.gguf", "--corpus", Bench.corpus, "--index", "\(folder)/index", "--json"])
        #expect(json.status == 65)
        #expect(json.output.isEmpty)
        #expect(try json.errorJSON()["error"]?["file"]?.string == "\(folder)/cut.gguf")
        #expect(json.seconds < 5)
        let plain = try Program.run(["ask", "x", "--model", "\(folder)/cut.gguf", "--corpus", Bench.corpus, "--index", "\(folder)/index"])
        #expect(plain.status == 65 && plain.output.isEmpty && plain.error.hasPrefix("radphi-rag: "))
        #expect(!FileManager.default.fileExists(atPath: "\(folder)/index"))
    }

    @Test func anIndexThatIsBeingBuiltIs75() throws {
        let folder = try temporary()
        try FileManager.default.createDirectory(atPath: "\(folder)/index/generations", withIntermediateDirectories: true)
        let outcome = try Program.shell("flock '\(folder)/index/lock' \"$radphi\" ask x --model \"$MODEL\" --corpus '\(Bench.corpus)' --index '\(folder)/index' --json")
        #expect(outcome.status == 75, "\(outcome.error)")
        #expect(try outcome.json()["error"]?["kind"]?.string == "index-locked")
    }

    @Test func anIndexOfAnotherModelNamesTheCommandThatMendsIt() throws {
        let folder = try temporary()
        let index = ["--corpus", Bench.corpus, "--index", "\(folder)/my index"]
        let other = "\(Program.repository)/Tests/Fixtures/checkpoints/sharded"
        #expect(try Program.run(["search", "x"] + index + ["--model", other]).status == 0)
        let outcome = try Program.run(["search", "x"] + index + ["--model", Bench.model])
        #expect(outcome.status == 65 && outcome.output.isEmpty)
        let command = "radphi-rag index build --corpus \(Bench.corpus) --index '\(folder)/my index' --model \(Bench.model)"
        #expect(outcome.error.contains(command), "\(outcome.error)")
        // The command is run as it is printed.
        let printed = outcome.error.split(separator: "with: ").last.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) } ?? ""
        let mended = try Program.shell("radphi-rag() { \"$radphi\" \"$@\"; }; \(printed)")
        #expect(mended.status == 0, "\(mended.error)")
        #expect(try Program.run(["search", "pneumothorax"] + index + ["--model", Bench.model]).status == 0)
    }

    @Test func aFolderThatMayNotBeWrittenIs74AndSaysSo() throws {
        let folder = try temporary()
        #expect(chmod(folder, 0o555) == 0)
        let outcome = try searchWithoutRights(index: "\(folder)/index")
        #expect(outcome.status == 74, "\(outcome.error)")
        #expect(outcome.error.contains("Permission denied") && outcome.error.contains("--index"), "\(outcome.error)")
    }

    @Test func anIndexInAFolderThatMayNotBeWrittenIsUsed() throws {
        _ = try Bench.arguments
        let copy = "\(try temporary())/index"
        #expect(try Program.shell("cp -r '\(Bench.folder)/index' '\(copy)' && chmod -R a+rX,a-w '\(copy)'").status == 0)
        let outcome = try searchWithoutRights(index: copy)
        #expect(outcome.status == 0 && outcome.text.contains("pneumothorax"), "\(outcome.error)")
    }

    @Test func aBadConfigurationFileIs65() throws {
        let folder = try temporary()
        try FileManager.default.createDirectory(atPath: "\(folder)/radphi-rag", withIntermediateDirectories: true)
        for (text, message) in [("[1]", "is not a JSON object"), (#"{"modle": "x"}"#, "unknown key modle"), (#"{"threads": [1]}"#, "threads must be")] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/radphi-rag/config.json"))
            let outcome = try Program.run(["ask", "x"], environment: ["XDG_CONFIG_HOME": folder])
            #expect(outcome.status == 65 && outcome.error.contains(message), "\(outcome.error)")
        }
    }

    @Test func flagBeatsEnvironmentBeatsFile() throws {
        let folder = try temporary()
        try FileManager.default.createDirectory(atPath: "\(folder)/radphi-rag", withIntermediateDirectories: true)
        try Data(#"{"index": "/from/file"}"#.utf8).write(to: URL(fileURLWithPath: "\(folder)/radphi-rag/config.json"))
        func index(_ words: [String], _ environment: [String: String]) throws -> String {
            try Program.run(["index", "status"] + words, environment: environment.merging(["XDG_CONFIG_HOME": folder]) { own, _ in own }).error
        }
        #expect(try index([], [:]).contains("no index at /from/file"))
        #expect(try index([], ["RADPHI_INDEX": "/from/environment"]).contains("no index at /from/environment"))
        #expect(try index(["--index", "/from/flag"], ["RADPHI_INDEX": "/from/environment"]).contains("no index at /from/flag"))
    }

    @Test func fullDevicesAre74AndClosedReadersAreQuiet() throws {
        let words = try Bench.arguments.map { "'\($0)'" }.joined(separator: " ")
        for command in ["--help", "completion bash", "ask '\(Bench.question)' \(words)", "ask --json '\(Bench.question)' \(words)", "search --json pneumothorax \(words)"] {
            let full = try Program.shell("\"$radphi\" \(command) > /dev/full")
            #expect(full.status == 74 && full.error.contains("No space left"), "\(command): \(full.status) \(full.error)")
            let piped = try Program.shell("set -o pipefail; \"$radphi\" \(command) | head -1")
            #expect(piped.status == 0 && piped.lines.count == 1 && piped.error.isEmpty, "\(command): \(piped.status) \(piped.error)")
        }
    }
}
