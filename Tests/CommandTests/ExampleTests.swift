import Foundation
import Testing

/// The clients that the documentation shows are run as it shows them.
@Suite struct ExampleTests {
    private func run(_ client: String, _ command: String) throws -> Program.Outcome {
        try Program.execute("/usr/bin/env", ["python3", "\(Program.repository)/docs/examples/\(client)", Bench.question, "--", Program.path, command] + Bench.arguments)
    }

    @Test func theServeClientPrintsAnAnswerWithItsQuotes() throws {
        let outcome = try run("serve_client.py", "serve")
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(outcome.text.contains("[1]") && outcome.text.contains("bytes"))
    }

    @Test func theContextClientPrintsAnAnswerWithItsQuotes() throws {
        let outcome = try run("mcp_client.py", "mcp")
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(outcome.text.hasPrefix("tools: ask, get_article, search\n") && outcome.text.contains("[1] \""))
    }

    @Test(arguments: ["serve_client.py", "mcp_client.py"]) func clientsAreShortAndNeedNothingElse(_ name: String) throws {
        let text = try String(contentsOfFile: "\(Program.repository)/docs/examples/\(name)", encoding: .utf8)
        #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count <= 45)
        let modules = text.matches(of: /(?m)^import (\w+)$/).map { String($0.1) }
        #expect(modules == ["json", "subprocess", "sys"])
    }
}
