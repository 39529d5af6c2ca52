import Engine
import Foundation

/// JSON Lines of texts or token ids on standard input, as `embed` and `logits` read them.
struct EngineInput {
    private struct Line: Decodable {
        var text: String?
        var ids: [Int32]?
    }

    private let tokenizer: Tokenizer
    private let console: Console
    private var reader = LineReader(descriptor: 0, limit: LineServer.lineLimit)
    private var number = 0

    init(_ tokenizer: Tokenizer, _ console: Console) {
        self.tokenizer = tokenizer
        self.console = console
    }

    /// The tokens of the next line; nil at the end of the input. Throws `InputLineError`.
    mutating func next() throws -> [Int32]? {
        while let next = reader.next(isCancelled: { console.cancellation.isCancelled }) {
            number += 1
            guard case .line(let bytes) = next else { throw InputLineError(number: number, problem: "longer than \(LineServer.lineLimit) bytes") }
            if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { continue }
            guard let line = try? JSONDecoder().decode(Line.self, from: Data(bytes)), let ids = line.ids ?? line.text.map(tokenizer.encode) else {
                throw InputLineError(number: number, problem: #"{"text": "…"} or {"ids": […]} is expected"#)
            }
            return ids
        }
        return nil
    }
}
