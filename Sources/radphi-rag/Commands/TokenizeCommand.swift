import Engine
import Foundation

extension Command {
    /// `radphi-rag tokenize --model PATH`
    static let tokenize = Command(
        path: ["tokenize"],
        summary: "Turn text into token ids, or back",
        discussion: """
            Reads JSON Lines from standard input: {"text": "…"} gives {"ids": […]}. With --decode, {"ids": […]} gives {"text": "…"}.
            Text is plain text: what looks like a control token is spelled out.
            """,
        options: [.model, Option("--decode", "from ids to text")],
        examples: [#"echo '{"text":"pleural effusion"}' | radphi-rag tokenize"#]
    ) { arguments, console in
        struct Line: Codable {
            var text: String?
            var ids: [Int32]?
        }
        let decodes = arguments.has("--decode")
        let tokenizer = try Checkpoint.open(Configuration().model(arguments)).tokenizer
        var reader = LineReader(descriptor: 0, limit: LineServer.lineLimit)
        var number = 0
        while let next = reader.next(isCancelled: { console.cancellation.isCancelled }) {
            number += 1
            guard case .line(let bytes) = next else { throw InputLineError(number: number, problem: "longer than \(LineServer.lineLimit) bytes") }
            if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { continue }
            guard let line = try? JSONDecoder().decode(Line.self, from: Data(bytes)) else {
                throw InputLineError(number: number, problem: decodes ? #"{"ids": […]} is expected"# : #"{"text": "…"} is expected"#)
            }
            if decodes {
                guard let ids = line.ids else { throw InputLineError(number: number, problem: "ids are missing") }
                try console.print(json: Line(text: tokenizer.decode(ids), ids: nil))
            } else {
                guard let text = line.text else { throw InputLineError(number: number, problem: "the text is missing") }
                // Written by hand: the general encoder takes ten times as long as the tokenizer.
                try console.writeLine(#"{"ids":["# + tokenizer.encode(text).map(String.init).joined(separator: ",") + "]}")
            }
        }
        return .success
    }
}

/// A line of standard input is not what the command reads.
struct InputLineError: DiagnosableError {
    let number: Int
    let problem: String

    var kind: String { "malformed-input" }
    var message: String { "line \(number) of the input: \(problem)" }
    var exitStatus: ExitStatus { .badData }
}
