import Engine
import Foundation
import Retrieval

/// JSON Lines on stdin and stdout: one request a line, each answered by one line with its id; with `"stream": true` event lines come first.
final class LineServer: Sendable {
    /// Bytes a line may have.
    static let lineLimit = 1 << 20

    private let handler: RequestHandler
    private let console: Console
    private let lanes = Lanes()
    private let running = RunningRequests<RequestID>()

    init(workbench: Workbench, console: Console) {
        handler = RequestHandler(workbench: workbench)
        self.console = console
    }

    func run() -> ExitStatus {
        var reader = LineReader(descriptor: 0, limit: Self.lineLimit)
        let cancellation = console.cancellation
        var stopped = false
        while !stopped, let line = reader.next(isCancelled: { cancellation.isCancelled }) {
            switch line {
            case .tooLong: fail(nil, RequestError(message: "the line is longer than \(Self.lineLimit) bytes; it was skipped"))
            case .line(let bytes) where bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }): continue
            case .line(let bytes): stopped = !accept(bytes)
            }
        }
        if cancellation.isCancelled {
            // SIGTERM or SIGINT: what runs is told to stop and has two seconds.
            running.cancelAll()
            _ = lanes.drain(seconds: 2)
        } else {
            _ = lanes.drain()
        }
        return .success
    }

    /// Takes one line; false after `shutdown`.
    private func accept(_ bytes: [UInt8]) -> Bool {
        guard let fields = JSONValue(parsing: bytes) else {
            fail(nil, RequestError(message: "the line is not JSON"))
            return true
        }
        guard fields.isObject else {
            fail(nil, RequestError(message: "a JSON object is expected, like {\"id\": 1, \"op\": \"ask\", \"question\": \"…\"}"))
            return true
        }
        let id: RequestID
        switch fields["id"] {
        case .string(let text): id = .text(text)
        case .integer(let number): id = .number(number)
        default:
            fail(nil, RequestError(message: "id: a text or a whole number is expected"))
            return true
        }
        switch fields["op"]?.string {
        case "ask":
            start(id, .answers) { [self] cancellation in
                let stream = try handler.flag("stream", in: fields)
                let answer = try handler.ask(fields, id: id, cancellation: cancellation) { if stream { try emit($0, id) } }
                var line = try JSONValue(encoding: answer)
                if stream, case .object(var object) = line {
                    object["event"] = .string("answer")
                    line = .object(object)
                }
                return line
            }
        case "search":
            start(id, .quick) { [self] _ in
                guard case .object(var object) = try JSONValue(encoding: handler.search(fields)) else { return .null }
                object["id"] = Self.value(id)
                return .object(object)
            }
        case "embed":
            start(id, .quick) { [self] _ in
                let vectors = try handler.embed(fields)
                return .object(["id": Self.value(id), "embeddings": .array(vectors.map { .array($0.map { .number(Double($0)) }) })])
            }
        case "status":
            start(id, .quick) { [self] _ in
                .object([
                    "id": Self.value(id), "version": .string(Version.current), "model": .string(handler.workbench.modelName), "index": .string(handler.workbench.store.generation),
                    "articles": .integer(handler.workbench.store.manifest.counts.articles), "passages": .integer(handler.workbench.store.manifest.counts.passages), "running": .integer(running.count - 1),
                ])
            }
        case "cancel":
            let target: RequestID? = switch fields["target"] {
            case .string(let text): .text(text)
            case .integer(let number): .number(number)
            default: nil
            }
            guard let target else {
                fail(id, RequestError(message: "target: the id of the request to cancel is expected"))
                return true
            }
            write(.object(["id": Self.value(id), "target": Self.value(target), "cancelled": .bool(running.cancel(target))]))
        case "shutdown":
            write(.object(["id": Self.value(id), "shutdown": .bool(true)]))
            return false
        case let other:
            fail(id, RequestError(message: "op \(other.map { "\"\($0)\"" } ?? "is missing"): one of ask, search, embed, status, cancel, shutdown is expected"))
        }
        return true
    }

    private func start(_ id: RequestID, _ lane: Lanes.Lane, _ work: @escaping @Sendable (Cancellation) throws -> JSONValue) {
        guard let cancellation = running.begin(id) else {
            fail(id, RequestError(message: "a request with this id is under way; ids must be unique"))
            return
        }
        lanes.submit(lane) { [self] in
            do {
                if cancellation.isCancelled { throw AskError.cancelled }
                let line = try work(cancellation)
                running.end(id)
                write(line)
            } catch {
                running.end(id)
                fail(id, error)
            }
        }
    }

    private func emit(_ event: AnswerEvent, _ id: RequestID) throws {
        switch event {
        case .sources(let hits):
            let sources = try hits.enumerated().map { try JSONValue(encoding: HitReport($1, rank: $0 + 1)) }
            write(.object(["id": Self.value(id), "event": .string("sources"), "sources": .array(sources)]))
        case .token(let text): write(.object(["id": Self.value(id), "event": .string("token"), "text": .string(text)]))
        case .answer: break
        }
    }

    private static func value(_ id: RequestID) -> JSONValue {
        switch id {
        case .text(let text): .string(text)
        case .number(let number): .integer(number)
        }
    }

    private func fail(_ id: RequestID?, _ error: any Error) {
        guard case .object(var object)? = try? JSONValue(encoding: ErrorReport(error)) else { return }
        object["id"] = id.map(Self.value) ?? .null
        write(.object(object))
    }

    private func write(_ line: JSONValue) {
        do {
            try console.writeLine(JSON.encode(line))
        } catch {
            // Nobody reads any more: there is nothing left to do for anyone.
            console.cancellation.cancel()
        }
    }
}
