import Engine
import Foundation
import Retrieval

/// JSON Lines on stdin and stdout: one request a line, each answered by exactly one line with its id; with `"stream": true` event lines come first.
final class LineServer: Sendable {
    /// Bytes a line may have.
    static let lineLimit = 1 << 20
    /// What running work has to stop in when the server is told to end.
    static let grace = 1.5

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

    func run() throws -> ExitStatus {
        var reader = LineReader(descriptor: 0, limit: Self.lineLimit)
        let isCancelled = { [cancellation] in cancellation.isCancelled }
        var stopped = false
        while !stopped, let line = reader.next(isCancelled: isCancelled) {
            switch line {
            case .tooLong: fail(.null, RequestError(message: "the line is longer than \(Self.lineLimit) bytes; it was skipped"))
            case .line(let bytes) where bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }): continue
            case .line(let bytes): stopped = !accept(bytes)
            }
        }
        if !lanes.drain(isCancelled: isCancelled) {
            for ticket in requests.cancelAll() where requests.finish(ticket) { fail(JSONValue(ticket.id), AskError.cancelled) }
            _ = lanes.drain(until: Date(timeIntervalSinceNow: Self.grace))
        }
        try output.check()
        return .success
    }

    /// Takes one line; false after `shutdown`.
    private func accept(_ bytes: [UInt8]) -> Bool {
        guard let fields = JSONValue(parsing: bytes) else {
            fail(.null, RequestError(message: "the line is not JSON"))
            return true
        }
        guard fields.isObject else {
            fail(.null, RequestError(message: "a JSON object is expected, like {\"id\": 1, \"op\": \"ask\", \"question\": \"…\"}"))
            return true
        }
        guard let id = fields["id"]?.requestID else {
            // What stands there is given back, so that the client can tell whose error this is.
            fail(fields["id"] ?? .null, RequestError(message: "id: a text or a whole number is expected"))
            return true
        }
        guard let name = fields["op"]?.string, let operation = Operation(rawValue: name) else {
            let received = fields["op"].map { "op \($0.text.prefix(80))" } ?? "op is missing"
            fail(JSONValue(id), RequestError(message: "\(received): one of \(Operation.allCases.map(\.rawValue).joined(separator: ", ")) is expected"))
            return true
        }
        do {
            try fields.allow(["id", "op"] + operation.fields)
            switch operation {
            case .cancel: try cancel(id, fields)
            case .shutdown:
                output.write(.object(["id": JSONValue(id), "shutdown": .bool(true)]))
                return false
            default: start(id, operation, fields, bytes: bytes.count)
            }
        } catch {
            fail(JSONValue(id), error)
        }
        return true
    }

    private enum Operation: String, CaseIterable {
        case ask, search, embed, status, cancel, shutdown

        var fields: [String] {
            switch self {
            case .ask: RequestHandler.askFields + ["stream"]
            case .search: RequestHandler.searchFields
            case .embed: RequestHandler.embedFields
            case .cancel: ["target"]
            case .status, .shutdown: []
            }
        }
    }

    private func start(_ id: RequestID, _ operation: Operation, _ fields: JSONValue, bytes: Int) {
        guard let ticket = requests.begin(id) else {
            return fail(JSONValue(id), RequestError(message: "a request with this id is not yet answered; ids must be unique"))
        }
        let lane: Lanes.Lane = operation == .ask ? .answers : .quick
        let taken = lanes.submit(lane, bytes: bytes, isCancelled: { [cancellation] in cancellation.isCancelled }) { [self] in
            guard ticket.isOpen else { return }
            do {
                let line = try perform(operation, fields, ticket)
                guard requests.finish(ticket) else { return }
                output.write(line)
            } catch {
                guard requests.finish(ticket) else { return }
                fail(JSONValue(id), error)
            }
        }
        // Otherwise the server is ending, and says so to everyone whose request is open.
        if !taken, requests.finish(ticket) { fail(JSONValue(id), AskError.cancelled) }
    }

    private func perform(_ operation: Operation, _ fields: JSONValue, _ ticket: Ticket) throws -> JSONValue {
        var members: [String: JSONValue] = [:]
        switch operation {
        case .ask:
            let stream = try handler.flag("stream", in: fields)
            let answer = try handler.ask(fields, id: ticket.id, cancellation: ticket.cancellation) { event in
                if stream, let line = try Self.line(for: event, ticket.id) { ticket.whileOpen { output.write(line) } }
            }
            if case .object(let object) = try JSONValue(encoding: answer) { members = object }
            if stream { members["event"] = .string("answer") }
        case .search:
            if case .object(let object) = try JSONValue(encoding: handler.search(fields)) { members = object }
        case .embed:
            let vectors = try handler.embed(fields, cancellation: ticket.cancellation)
            members["embeddings"] = .array(vectors.map { .array($0.map { .number(Double("\($0)") ?? 0) }) })
        default:
            let workbench = handler.workbench
            members = [
                "version": .string(Version.current), "model": .string(workbench.modelName), "index": .string(workbench.store.generation),
                "articles": .integer(workbench.store.manifest.counts.articles), "passages": .integer(workbench.store.manifest.counts.passages),
                "open": .integer(requests.count - 1),
            ]
        }
        members["id"] = JSONValue(ticket.id)
        return .object(members)
    }

    /// The request is answered here and now, whatever its work is at; the work stops at its next look at the ticket.
    private func cancel(_ id: RequestID, _ fields: JSONValue) throws {
        guard let target = fields["target"]?.requestID else { throw RequestError(message: "target: the id of the request to cancel is expected") }
        let ticket = requests.cancel(target)
        let answered = ticket.map(requests.finish) ?? false
        if answered { fail(JSONValue(target), AskError.cancelled) }
        output.write(.object(["id": JSONValue(id), "target": JSONValue(target), "cancelled": .bool(answered)]))
    }

    private static func line(for event: AnswerEvent, _ id: RequestID) throws -> JSONValue? {
        switch event {
        case .sources(let hits):
            let sources = try hits.enumerated().map { try JSONValue(encoding: HitReport($1, rank: $0 + 1)) }
            return .object(["id": JSONValue(id), "event": .string("sources"), "sources": .array(sources)])
        case .token(let text): return .object(["id": JSONValue(id), "event": .string("token"), "text": .string(text)])
        case .answer: return nil
        }
    }

    private func fail(_ id: JSONValue, _ error: any Error) {
        guard case .object(var object)? = try? JSONValue(encoding: ErrorReport(error)) else { return }
        object["id"] = id
        output.write(.object(object))
    }
}
