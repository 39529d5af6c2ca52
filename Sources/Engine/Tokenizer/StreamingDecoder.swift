/// Turns tokens into text as they come, holding back bytes until they make whole characters.
///
/// What `append` and `finish` return, joined, equals `Tokenizer.decode` of all the ids.
public struct StreamingDecoder {
    private let tokenizer: Tokenizer
    private var pending: [UInt8] = []

    public init(_ tokenizer: Tokenizer) {
        self.tokenizer = tokenizer
    }

    /// The text that became complete with `id`; often one word, empty inside a character of several tokens.
    public mutating func append(_ id: Int32) -> String {
        guard tokenizer.isText(id) else { return "" }
        pending += tokenizer.decodeBytes(id)
        let held = StreamingDecoder.incompleteSuffix(pending)
        let text = String(decoding: pending[..<(pending.count - held)], as: UTF8.self)
        pending.removeFirst(pending.count - held)
        return text
    }

    /// What is still held back, with U+FFFD for a character that never became whole.
    public mutating func finish() -> String {
        defer { pending.removeAll() }
        return String(decoding: pending, as: UTF8.self)
    }

    /// Bytes at the end that could still become a character: a proper prefix of a valid sequence.
    private static func incompleteSuffix(_ bytes: [UInt8]) -> Int {
        for back in 1...3 where back <= bytes.count {
            let lead = bytes[bytes.count - back]
            if lead & 0xC0 == 0x80 { continue }
            let needed: Int
            switch lead {
            case 0xC2...0xDF: needed = 2
            case 0xE0...0xEF: needed = 3
            case 0xF0...0xF4: needed = 4
            default: return 0
            }
            guard back < needed else { return 0 }
            guard back >= 2 else { return back }
            // The second byte has narrower bounds after some leads; outside of them the sequence is invalid already.
            let second = bytes[bytes.count - back + 1]
            switch lead {
            case 0xE0 where second < 0xA0, 0xED where second > 0x9F, 0xF0 where second < 0x90, 0xF4 where second > 0x8F: return 0
            default: return back
            }
        }
        return 0
    }
}
