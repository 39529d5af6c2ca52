import Foundation
import Testing

@Suite struct HelpTests {
    static let commands = [
        ["ask"], ["search"], ["serve"], ["mcp"], ["index", "build"], ["index", "status"], ["index", "verify"], ["index", "gc"], ["corpus", "lint"], ["corpus", "stats"],
        ["eval", "retrieval"], ["eval", "answers"], ["eval", "tune"], ["model", "inspect"], ["model", "convert"], ["doctor"], ["completion"],
    ]

    @Test(arguments: commands) func everyCommandExplainsItselfWithAnExample(_ command: [String]) throws {
        let help = try Program.run(command + ["--help"])
        #expect(help.status == 0)
        #expect(help.text.hasPrefix("usage: radphi-rag \(command.joined(separator: " "))"))
        #expect(help.text.contains("\nexample:\n  ") && help.text.contains("--json"))
        #expect(help.error.isEmpty)
        #expect(try Program.run(command + ["-h"]).text == help.text)
    }

    @Test func overviewListsEveryCommand() throws {
        let help = try Program.run(["--help"])
        #expect(help.status == 0)
        for command in Self.commands { #expect(help.text.contains("  \(command.joined(separator: " ")) ")) }
        #expect(help.text.contains("Not for diagnosis"))
        for group in ["index", "corpus", "eval", "model"] {
            let outcome = try Program.run([group, "--help"])
            #expect(outcome.status == 0 && outcome.text.hasPrefix("usage: radphi-rag \(group) COMMAND"))
        }
    }

    @Test func versionIsOneLine() throws {
        let outcome = try Program.run(["--version"])
        #expect(outcome.status == 0)
        #expect(outcome.text.wholeMatch(of: /radphi-rag \d+\.\d+\.\d+\n/) != nil)
    }

    @Test(arguments: [
        ([], "usage: radphi-rag"), (["aks"], "did you mean ask"), (["index"], "index needs one of"), (["ask", "x", "--modell", "y"], "did you mean --model"), (["ask", "x", "--mode", "loud"], "auto, generate, extract"),
        (["ask", "x", "--top-k"], "--top-k needs a value"), (["ask", "x", "--top-k", "0"], "from 1 to 50"), (["ask", "x", "y"], "one word too many: y"), (["search"], "QUERY is missing"),
        (["ask", "x", "--strict=1"], "takes no value"), (["ask", "x", "--model", "a", "--model", "b"], "given twice"), (["ask", "  "], "the question is empty"),
        (["completion", "tcsh"], "bash, zsh, fish"), (["ask", "x", "--threads", "many"], "from 1 to 256"),
    ])
    func usageErrorsSayWhatIsExpected(_ words: [String], _ message: String) throws {
        let outcome = try Program.run(words)
        #expect(outcome.status == 64)
        #expect(outcome.error.contains(message), "\(outcome.error)")
        #expect(outcome.output.isEmpty)
    }

    @Test func jsonErrorsAreOneDocument() throws {
        #expect(try Program.run(["ask", "--json"]).json()["error"]?["message"]?.string == "--json needs a question")
        let outcome = try Program.run(["ask", "x", "--mode", "loud", "--json"])
        #expect(outcome.status == 64)
        let error = try outcome.json()["error"]
        #expect(error?["kind"]?.string == "usage")
        #expect(error?["exit_code"]?.int == 64)
        #expect(error?["message"]?.string?.contains("loud") == true)
        #expect(outcome.error.isEmpty)
    }

    @Test func completionScriptsParseAndComplete() throws {
        for shell in ["bash", "zsh", "fish"] {
            let script = try Program.run(["completion", shell])
            #expect(script.status == 0 && script.text.contains("radphi-rag"))
            for command in ["ask", "doctor", "index"] { #expect(script.text.contains(command)) }
        }
        let parsed = try Program.shell("bash -n <(\"$radphi\" completion bash)")
        #expect(parsed.status == 0, "\(parsed.error)")
        func completions(_ words: String...) throws -> [String] {
            let list = (["radphi-rag"] + words).map { "'\($0)'" }.joined(separator: " ")
            let line = "source <(\"$radphi\" completion bash); COMP_WORDS=(\(list)); COMP_CWORD=\(words.count); _radphi_rag; printf '%s\\n' \"${COMPREPLY[@]}\""
            return try Program.shell(line).lines
        }
        #expect(try completions("as") == ["ask"])
        #expect(try completions("ask", "--keep") == ["--keep-unsupported"])
        #expect(try completions("index", "ver") == ["verify"])
        #expect(try completions("index", "verify", "--ind") == ["--index"])
    }
}
