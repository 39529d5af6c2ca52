/// Cuts a text into blocks that no sentence crosses: paragraphs, list items, table rows, headings.
enum TextBlocks {
    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    /// Where the text of a list item begins, if a marker (`- `, `* `, `+ `, `• `, `1. `, `1) `) stands at `from`.
    static func listMarker(_ bytes: UnsafeBufferPointer<UInt8>, _ from: Int, _ end: Int) -> Int? {
        var index = from
        guard index < end else { return nil }
        switch bytes[index] {
        case 0x2D, 0x2A, 0x2B: index += 1
        case 0xE2 where index + 2 < end && bytes[index + 1] == 0x80 && bytes[index + 2] == 0xA2: index += 3
        default: return nil
        }
        guard index < end, isSpace(bytes[index]) else { return nil }
        while index < end, isSpace(bytes[index]) { index += 1 }
        return index < end ? index : nil
    }

    /// A number that opens an item at the beginning of a line: `1. `, `12) `.
    private static func numberMarker(_ bytes: UnsafeBufferPointer<UInt8>, _ from: Int, _ end: Int) -> Int? {
        var index = from
        while index < end, index - from < 3, (0x30...0x39).contains(bytes[index]) { index += 1 }
        guard index > from, index + 1 < end, bytes[index] == 0x2E || bytes[index] == 0x29, isSpace(bytes[index + 1]) else { return nil }
        index += 1
        while index < end, isSpace(bytes[index]) { index += 1 }
        return index < end ? index : nil
    }

    /// Ranges without markers and outer white space.
    static func blocks(_ bytes: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var open: Range<Int>?
        var lineStart = 0
        func close() {
            if let block = open { found.append(block) }
            open = nil
        }
        while lineStart < bytes.count {
            var lineEnd = lineStart
            while lineEnd < bytes.count, bytes[lineEnd] != 0x0A { lineEnd += 1 }
            var (start, end) = (lineStart, lineEnd)
            lineStart = lineEnd + 1
            while start < end, isSpace(bytes[start]) { start += 1 }
            while end > start, isSpace(bytes[end - 1]) { end -= 1 }
            guard start < end else { close(); continue }
            if bytes[start] == 0x23 || bytes[start] == 0x7C {
                // Headings and table rows stand for themselves.
                close()
                var text = start
                while text < end, bytes[text] == 0x23 || bytes[text] == 0x20 { text += 1 }
                if text < end { found.append(text..<end) }
                continue
            }
            if let text = listMarker(bytes, start, end) ?? numberMarker(bytes, start, end) {
                close()
                open = text..<end
                continue
            }
            if let block = open, !breaks(bytes, block, beforeLineAt: start) {
                open = block.lowerBound..<end
            } else {
                close()
                open = start..<end
            }
        }
        close()
        return found
    }

    /// Whether a line end inside a paragraph is also the end of a sentence: a wrapped line goes on, a title or a finished sentence does not.
    private static func breaks(_ bytes: UnsafeBufferPointer<UInt8>, _ block: Range<Int>, beforeLineAt next: Int) -> Bool {
        switch bytes[block.upperBound - 1] {
        case 0x2E, 0x3F, 0x21, 0x3A: return false == (0x61...0x7A).contains(bytes[next])
        default: break
        }
        var lineStart = block.upperBound
        while lineStart > block.lowerBound, bytes[lineStart - 1] != 0x0A { lineStart -= 1 }
        let begins = bytes[next]
        return block.upperBound - lineStart < 50 && !((0x61...0x7A).contains(begins) || begins == 0x28)
    }
}
