import Foundation
import Testing

@Suite struct ContextTests {
    private static let meta = #""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#

    private func talk(_ lines: [String]) throws -> [JSON] {
        let outcome = try Program.run(["mcp"] + Bench.arguments, input: Data((lines.joined(separator: "\n") + "\n").utf8))
        #expect(outcome.status == 0)
        let replies = try outcome.lines.map { try JSON($0) }
        #expect(replies.allSatisfy { $0["jsonrpc"]?.string == "2.0" })
        return replies
    }

    private func request(_ id: Int, _ method: String, _ parameters: String = "{}") -> String { #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":\#(parameters)}"# }

    @Test(arguments: [("2024-11-05", "2024-11-05"), ("2025-03-26", "2025-03-26"), ("2025-06-18", "2025-06-18"), ("2025-11-25", "2025-11-25"), ("1999-01-01", "2025-11-25"), ("2026-07-28", "2025-11-25")])
    func initializeEchoesASupportedVersion(_ asked: String, _ given: String) throws {
        let replies = try talk([
            request(1, "initialize", #"{"protocolVersion":"\#(asked)","capabilities":{},"clientInfo":{"name":"t","version":"1"}}"#), #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, request(2, "ping"),
        ])
        #expect(replies.count == 2)
        let result = replies[0]["result"]
        #expect(result?["protocolVersion"]?.string == given)
        #expect(result?["capabilities"]?["tools"] != nil && result?["serverInfo"]?["name"]?.string == "radphi-rag")
        #expect(replies[1]["id"]?.int == 2 && replies[1]["result"]?.keys == [])
    }

    @Test func theStatelessRevisionCarriesItsFieldsInEveryResult() throws {
        let replies = try talk([
            request(1, "server/discover", "{\(Self.meta)}"), request(2, "tools/list", "{\(Self.meta)}"), request(3, "tools/call", #"{"name":"search","arguments":{"query":"pneumothorax"},\#(Self.meta)}"#), request(4, "ping", "{\(Self.meta)}"),
        ])
        #expect(replies.count == 4)
        for reply in replies {
            #expect(reply["result"]?["resultType"]?.string == "complete")
            #expect(reply["result"]?["_meta"]?["io.modelcontextprotocol/serverInfo"]?["name"]?.string == "radphi-rag")
        }
        func result(_ id: Int) -> JSON? { replies.first { $0["id"]?.int == id }?["result"] }
        #expect(result(1)?["supportedVersions"]?.array.compactMap(\.string) == ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"])
        #expect(result(1)?["capabilities"]?["tools"] != nil && result(1)?["ttlMs"]?.int != nil && result(1)?["cacheScope"]?.string == "public")
        #expect(result(2)?["ttlMs"]?.int != nil && result(2)?["cacheScope"]?.string == "public")
        #expect(result(3)?["isError"]?.bool == false)
    }

    @Test func aVersionThatIsIncompleteOrUnknownIsRefused() throws {
        let replies = try talk([
            request(1, "tools/list", #"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}"#), request(2, "tools/list", #"{"_meta":{"io.modelcontextprotocol/clientCapabilities":{}}}"#),
            request(3, "tools/list", #"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2030-01-01","io.modelcontextprotocol/clientCapabilities":{}}}"#),
        ])
        #expect(replies.map { $0["error"]?["code"]?.int } == [-32602, -32602, -32022])
        #expect(replies[2]["error"]?["data"]?["requested"]?.string == "2030-01-01")
        #expect(replies[2]["error"]?["data"]?["supported"]?.array.count == 5)
    }

    @Test func toolsAreListedInAStableOrderWithBothSchemas() throws {
        let replies = try talk([request(1, "tools/list"), request(2, "tools/list")])
        let tools = replies[0]["result"]?["tools"]?.array ?? []
        #expect(tools.compactMap { $0["name"]?.string } == ["ask", "get_article", "search"])
        for tool in tools {
            #expect(tool["inputSchema"]?["type"]?.string == "object" && tool["outputSchema"]?["type"]?.string == "object" && tool["description"]?.string != nil)
        }
        #expect(replies[0]["result"]?["resultType"] == nil)
        #expect(replies[1]["result"]?["tools"]?.array.count == 3)
    }

    @Test func toolsAnswerInTextAndInStructure() throws {
        let replies = try talk([
            request(1, "tools/call", #"{"name":"ask","arguments":{"question":"\#(Bench.question)"}}"#), request(2, "tools/call", #"{"name":"search","arguments":{"query":"halo sign","top_k":1}}"#),
            request(3, "tools/call", #"{"name":"get_article","arguments":{"article":"halo-sign"}}"#), request(4, "tools/call", #"{"name":"get_article","arguments":{"article":"nothing"}}"#),
            request(5, "tools/call", #"{"name":"ask","arguments":{"question":5}}"#), request(6, "tools/call", #"{"name":"ask","arguments":{"query":"x"}}"#),
        ])
        func result(_ id: Int) -> JSON? { replies.first { $0["id"]?.int == id }?["result"] }
        let answer = result(1)?["structuredContent"]
        #expect(answer?["citations"]?.array.isEmpty == false && answer?["token_counts"] != nil)
        #expect(result(1)?["content"]?[0]?["text"]?.string?.hasPrefix(answer?["answer"]?.string ?? "-") == true)
        #expect(result(2)?["structuredContent"]?["hits"]?[0]?["article"]?.string == "halo-sign")
        #expect(result(3)?["structuredContent"]?["text"]?.string.map { Array($0.utf8) } == Bench.storedText("halo-sign"))
        for id in 4...6 {
            #expect(result(id)?["isError"]?.bool == true && result(id)?["content"]?[0]?["text"]?.string?.isEmpty == false)
            #expect(result(id)?["structuredContent"] == nil)
        }
    }

    @Test func everyKindOfWrongMessageHasItsCode() throws {
        let replies = try talk([
            "rubbish", "[]", "7", #"{"id":1,"method":"ping"}"#, #"{"jsonrpc":"2.0","id":2}"#, #"{"jsonrpc":"2.0","id":[3],"method":"ping"}"#, #"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, request(4, "dance"),
            request(5, "tools/call", #"{"name":"dance"}"#), request(6, "tools/call", "{}"), request(7, "tools/call", #"{"name":"ask","arguments":[1]}"#), request(8, "ping", "[1]"),
        ])
        #expect(replies.map { $0["error"]?["code"]?.int } == [-32700, -32600, -32600, -32600, -32600, -32600, -32600, -32601, -32602, -32602, -32602, -32602])
        #expect(replies.prefix(3).allSatisfy { $0["id"]?.isNull == true })
        #expect(replies.suffix(5).map { $0["id"]?.int } == [4, 5, 6, 7, 8])
    }

    @Test func notificationsAndAnswersAreNotAnswered() throws {
        let replies = try talk([
            #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, #"{"jsonrpc":"2.0","method":"notifications/dance","params":[1]}"#, #"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"ask"}}"#,
            #"{"jsonrpc":"2.0","id":9,"result":{}}"#, #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":77}}"#, "", "   ", request(1, "ping"),
        ])
        #expect(replies.count == 1 && replies[0]["id"]?.int == 1)
    }

    @Test func aCancelledRequestGetsNoAnswerAndItsWorkStops() throws {
        let server = try Server("mcp")
        let began = ContinuousClock.now
        for id in 1...20 { try server.send(request(id, "tools/call", #"{"name":"ask","arguments":{"question":"\#(Bench.question)","mode":"generate","max_tokens":1024}}"#)) }
        for id in 1...20 { try server.send(#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":\#(id),"reason":"test"}}"#) }
        try server.send(request(21, "tools/call", #"{"name":"ask","arguments":{"question":"\#(Bench.question)","mode":"extract"}}"#))
        #expect(try server.next()?["id"]?.int == 21)
        #expect(ContinuousClock.now - began < .seconds(10))
        server.closeInput()
        #expect(try server.rest().isEmpty)
        #expect(server.wait() == 0)
    }

    @Test func sigtermEndsWithinTwoSeconds() throws {
        let server = try Server("mcp")
        for id in 1...5 { try server.send(request(id, "tools/call", #"{"name":"ask","arguments":{"question":"\#(Bench.question)","mode":"generate","max_tokens":1024}}"#)) }
        try server.send(request(6, "ping"))
        #expect(try server.next()?["id"]?.int == 6)
        let sent = ContinuousClock.now
        kill(server.process.processIdentifier, SIGTERM)
        #expect(server.wait() == 143)
        #expect(ContinuousClock.now - sent < .seconds(2))
    }
}
