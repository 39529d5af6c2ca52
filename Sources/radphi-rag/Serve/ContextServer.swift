import Engine
import Foundation
import Retrieval

/// The Model Context Protocol over stdio: newline-delimited JSON-RPC 2.0, for the revisions with `initialize` and the one without.
final class ContextServer: Sendable {
    /// Revisions with `initialize`, oldest first.
    static let sessionRevisions = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]
    /// The revision in which every request carries its version.
    static let statelessRevision = "2026-07-28"
    private static let versionKey = "io.modelcontextprotocol/protocolVersion"
    private static let capabilitiesKey = "io.modelcontextprotocol/clientCapabilities"

    private let handler: RequestHandler
    private let cancellation: Cancellation
    private let output: LineOutput
    private let lanes = Lanes()
    private let requests = OpenRequests()

    init(workbench: Workbench, console: Console) {
        handler = RequestHandler(workbench: workbench)
        cancellation = console.cancellation
        output = LineOutput(console)
    }

    /// A JSON-RPC error.
    struct Failure: Error {
        let code: Int
        let message: String
        var data: JSONValue?

        static let parse = Failure(code: -32700, message: "Parse error: the line is not JSON")
        static func invalidRequest(_ why: String) -> Failure { Failure(code: -32600, message: "Invalid request: \(why)") }
        static func unknownMethod(_ name: String) -> Failure { Failure(code: -32601, message: "Method not found: \(name)") }
        static func invalidParameters(_ why: String) -> Failure { Failure(code: -32602, message: why) }
    }

    func run() throws -> ExitStatus {
        var reader = LineReader(descriptor: 0, limit: LineServer.lineLimit)
        let isCancelled = { [cancellation] in cancellation.isCancelled }
        while let line = reader.next(isCancelled: isCancelled) {
            switch line {
            case .tooLong: reply(nil, .invalidRequest("the line is longer than \(LineServer.lineLimit) bytes"))
            case .line(let bytes) where bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }): continue
            case .line(let bytes): accept(bytes)
            }
        }
        if !lanes.drain(isCancelled: isCancelled) {
            for ticket in requests.cancelAll() where requests.finish(ticket) { reply(ticket.id, Failure(code: -32603, message: "The server is ending")) }
            _ = lanes.drain(until: Date(timeIntervalSinceNow: LineServer.grace))
        }
        try output.check()
        return .success
    }

    private func accept(_ bytes: [UInt8]) {
        guard let message = JSONValue(parsing: bytes) else { return reply(nil, .parse) }
        guard message.isObject else { return reply(nil, .invalidRequest("a JSON object is expected")) }
        let id = message["id"]?.requestID
        if message["id"] != nil, id == nil { return reply(nil, .invalidRequest("id must be a text or a whole number")) }
        guard message["jsonrpc"]?.string == "2.0", let method = message["method"]?.string else {
            // An answer to a request of ours would have no method; we never ask, so it is dropped.
            if message["result"] != nil || message["error"] != nil { return }
            return reply(id, .invalidRequest("jsonrpc \"2.0\" and a method are expected"))
        }
        let parameters = message["params"] ?? .object([:])
        guard let id else { return notified(method, parameters) }
        guard parameters.isObject else { return reply(id, .invalidParameters("params: an object is expected")) }
        do {
            let stateless = try isStateless(parameters)
            switch method {
            case "tools/call": try call(id, parameters, stateless: stateless, bytes: bytes.count)
            default: reply(id, try result(method, parameters, stateless: stateless))
            }
        } catch let failure as Failure {
            reply(id, failure)
        } catch {
            reply(id, Failure(code: -32603, message: "Internal error: \(error)"))
        }
    }

    /// Notifications are never answered.
    private func notified(_ method: String, _ parameters: JSONValue) {
        // A cancelled request gets no answer.
        guard method == "notifications/cancelled", let ticket = parameters["requestId"]?.requestID.flatMap(requests.cancel) else { return }
        _ = requests.finish(ticket)
    }

    /// Whether a request is of the revision that carries its version, checked.
    private func isStateless(_ parameters: JSONValue) throws(Failure) -> Bool {
        guard let meta = parameters["_meta"], let version = meta[Self.versionKey] else {
            if parameters["_meta"]?[Self.capabilitiesKey] != nil { throw .invalidParameters("_meta lacks \(Self.versionKey)") }
            return false
        }
        guard let name = version.string else { throw .invalidParameters("\(Self.versionKey) must be a text") }
        guard name == Self.statelessRevision || Self.sessionRevisions.contains(name) else {
            throw Failure(
                code: -32022, message: "Unsupported protocol version",
                data: .object(["supported": .array(([Self.statelessRevision] + Self.sessionRevisions.reversed()).map { .string($0) }), "requested": .string(name)]))
        }
        guard name == Self.statelessRevision else { return false }
        guard meta[Self.capabilitiesKey]?.isObject == true else { throw .invalidParameters("_meta lacks \(Self.capabilitiesKey)") }
        return true
    }

    private static let serverInfo: JSONValue = .object(["name": .string("radphi-rag"), "title": .string("radphi-rag"), "version": .string(Version.current)])
    private static let capabilities: JSONValue = .object(["tools": .object([:])])

    private func result(_ method: String, _ parameters: JSONValue, stateless: Bool) throws(Failure) -> JSONValue {
        switch method {
        case "initialize":
            let requested = parameters["protocolVersion"]?.string ?? ""
            let version = Self.sessionRevisions.contains(requested) ? requested : Self.sessionRevisions.last ?? requested
            return .object([
                "protocolVersion": .string(version), "capabilities": Self.capabilities, "serverInfo": Self.serverInfo, "instructions": .string(ContextTools.instructions),
            ])
        case "server/discover":
            return finished(
                [
                    "supportedVersions": .array(([Self.statelessRevision] + Self.sessionRevisions.reversed()).map { .string($0) }), "capabilities": Self.capabilities,
                    "instructions": .string(ContextTools.instructions), "ttlMs": .integer(3_600_000), "cacheScope": .string("public"),
                ], stateless: true)
        case "ping": return finished([:], stateless: stateless)
        case "tools/list":
            var fields: [String: JSONValue] = ["tools": .array(ContextTools.all)]
            if stateless {
                fields["ttlMs"] = .integer(3_600_000)
                fields["cacheScope"] = .string("public")
            }
            return finished(fields, stateless: stateless)
        default: throw .unknownMethod(method)
        }
    }

    /// In the stateless revision every result says that it is complete, and by whom.
    private func finished(_ fields: [String: JSONValue], stateless: Bool) -> JSONValue {
        guard stateless else { return .object(fields) }
        return .object(fields.merging(["resultType": .string("complete"), "_meta": .object(["io.modelcontextprotocol/serverInfo": Self.serverInfo])]) { own, _ in own })
    }

    private func call(_ id: RequestID, _ parameters: JSONValue, stateless: Bool, bytes: Int) throws {
        guard let name = parameters["name"]?.string else { throw Failure.invalidParameters("name: the name of a tool is expected") }
        guard let tool = Tool(rawValue: name) else { throw Failure.invalidParameters("Unknown tool: \(name.prefix(80))") }
        let fields = parameters["arguments"] ?? .object([:])
        guard fields.isObject else { throw Failure.invalidParameters("arguments: an object is expected") }
        guard let ticket = requests.begin(id) else { throw Failure.invalidRequest("a request with this id is not yet answered") }
        _ = lanes.submit(tool == .ask ? .answers : .quick, bytes: bytes, isCancelled: { [cancellation] in cancellation.isCancelled }) { [self] in
            guard ticket.isOpen else { return }
            var result: [String: JSONValue]
            do {
                try fields.allow(tool.fields)
                let (text, structured) = try perform(tool, fields, ticket.cancellation)
                result = ["content": Self.text(text), "structuredContent": structured, "isError": .bool(false)]
            } catch {
                result = ["content": Self.text(ErrorReport(error).error.message), "isError": .bool(true)]
            }
            if requests.finish(ticket) { reply(id, finished(result, stateless: stateless)) }
        }
    }

    private enum Tool: String {
        case ask, search
        case article = "get_article"

        var fields: [String] {
            switch self {
            case .ask: RequestHandler.askFields
            case .search: RequestHandler.searchFields
            case .article: RequestHandler.articleFields
            }
        }
    }

    private func perform(_ tool: Tool, _ fields: JSONValue, _ cancellation: Cancellation) throws -> (String, JSONValue) {
        switch tool {
        case .ask:
            let answer = try handler.ask(fields, id: nil, cancellation: cancellation) { _ in }
            return (ContextTools.text(of: answer), try JSONValue(encoding: answer))
        case .search:
            let report = try handler.search(fields)
            let text = report.hits.map { "[\($0.rank)] \($0.title)\($0.section.isEmpty ? "" : " — \($0.section)") (\($0.article))\n\($0.text)" }.joined(separator: "\n\n")
            return (text.isEmpty ? "Nothing found." : text, try JSONValue(encoding: report))
        case .article:
            let article = try handler.article(fields)
            return ("# \(article.title)\n\n\(article.text)\n\n\(article.licence). \(article.review)", try JSONValue(encoding: article))
        }
    }

    private static func text(_ text: String) -> JSONValue { .array([.object(["type": .string("text"), "text": .string(text)])]) }

    // MARK: - Replies

    private func reply(_ id: RequestID?, _ result: JSONValue) {
        output.write(.object(["jsonrpc": .string("2.0"), "id": JSONValue(id), "result": result]))
    }

    private func reply(_ id: RequestID?, _ failure: Failure) {
        var error: [String: JSONValue] = ["code": .integer(failure.code), "message": .string(failure.message)]
        if let data = failure.data { error["data"] = data }
        output.write(.object(["jsonrpc": .string("2.0"), "id": JSONValue(id), "error": .object(error)]))
    }
}
