/// The block of `key: value` lines between two lines `---` at the beginning of a Markdown file.
struct FrontMatter: Sendable {
    struct Entry: Sendable {
        let key: String
        let value: String
        /// From 1.
        let line: Int
    }

    let entries: [Entry]
    /// Lines inside the block that are not `key: value`.
    let strayLines: [Int]
    /// Where the text after the block begins, in UTF-8 bytes.
    let bodyStart: Int
    /// The body's first line, from 1.
    let bodyLine: Int

    /// Nil where the text does not begin with such a block or the block does not end.
    init?(_ bytes: [UInt8]) {
        var lines = LineCursor(bytes)
        guard let first = lines.next(), first.text == "---" else { return nil }
        var entries: [Entry] = []
        var stray: [Int] = []
        while let line = lines.next() {
            if line.text == "---" {
                self.entries = entries
                strayLines = stray
                bodyStart = lines.offset
                bodyLine = line.number + 1
                return
            }
            let parts = line.text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let key = parts.first?.trimmed, !key.isEmpty else {
                if !line.text.trimmed.isEmpty { stray.append(line.number) }
                continue
            }
            entries.append(Entry(key: key.lowercased(), value: parts[1].trimmed, line: line.number))
        }
        return nil
    }

    func value(_ key: String) -> String { entries.first { $0.key == key }?.value ?? "" }
    func line(_ key: String) -> Int { entries.first { $0.key == key }?.line ?? 1 }

    func list(_ key: String) -> [String] { Self.list(value(key)) }
    static func list(_ value: String) -> [String] { value.split(separator: ",").map(\.trimmed).filter { !$0.isEmpty } }
}

/// Lines of a UTF-8 text with their numbers and offsets; LF or CRLF.
struct LineCursor {
    struct Line {
        let text: String
        /// From 1.
        let number: Int
        /// Offset of its first byte.
        let start: Int
    }

    private let bytes: [UInt8]
    private(set) var offset = 0
    private var number: Int

    init(_ bytes: [UInt8], from offset: Int = 0, line: Int = 1) {
        self.bytes = bytes
        self.offset = offset
        number = line - 1
    }

    mutating func next() -> Line? {
        guard offset < bytes.count else { return nil }
        let start = offset
        var end = start
        while end < bytes.count, bytes[end] != 0x0A { end += 1 }
        offset = min(end + 1, bytes.count)
        number += 1
        if end > start, bytes[end - 1] == 0x0D { end -= 1 }
        return Line(text: String(decoding: bytes[start..<end], as: UTF8.self), number: number, start: start)
    }
}

extension StringProtocol {
    /// Without white space at both ends.
    var trimmed: String {
        var slice = self[...]
        while let first = slice.first, first.isWhitespace { slice = slice.dropFirst() }
        while let last = slice.last, last.isWhitespace { slice = slice.dropLast() }
        return String(slice)
    }
}
