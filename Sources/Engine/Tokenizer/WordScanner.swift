/// GPT-2's pre-tokenizer as a scanner: splits text into the words that byte-pair merges never cross. Linear, one look ahead.
///
/// The pattern it follows is `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
struct WordScanner {
    /// Valid UTF-8.
    let bytes: UnsafeBufferPointer<UInt8>
    let end: Int
    private(set) var position: Int

    init(_ bytes: UnsafeBufferPointer<UInt8>, range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    /// The next word; nil at the end.
    mutating func next() -> Range<Int>? {
        guard position < end else { return nil }
        let start = position
        if bytes[start] == UInt8(ascii: "'"), let contraction = contraction(at: start) {
            position = start + contraction
            return start..<position
        }
        let (first, firstLength) = character(at: start)
        let kind = CharacterClass(first)
        if kind != .space {
            position = runEnd(of: kind, from: start + firstLength)
            return start..<position
        }
        let second = start + firstLength
        if second < end {
            let (next, nextLength) = character(at: second)
            let nextKind = CharacterClass(next)
            if nextKind != .space {
                // One space belongs to the word that follows it; any other white space stands alone.
                position = first == 0x20 ? runEnd(of: nextKind, from: second + nextLength) : second
                return start..<position
            }
        }
        // A run of white space: all of it at the end of the text, else all but its last character, which the next word may take.
        var last = start
        var place = second
        while place < end {
            let (scalar, length) = character(at: place)
            guard CharacterClass(scalar) == .space else { break }
            last = place
            place += length
        }
        position = place == end ? end : last
        return start..<position
    }

    private func runEnd(of kind: CharacterClass, from start: Int) -> Int {
        var place = start
        while place < end {
            let (scalar, length) = character(at: place)
            guard CharacterClass(scalar) == kind else { break }
            place += length
        }
        return place
    }

    private func contraction(at start: Int) -> Int? {
        guard start + 1 < end else { return nil }
        switch bytes[start + 1] {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return 2
        case UInt8(ascii: "r"), UInt8(ascii: "v"): return start + 2 < end && bytes[start + 2] == UInt8(ascii: "e") ? 3 : nil
        case UInt8(ascii: "l"): return start + 2 < end && bytes[start + 2] == UInt8(ascii: "l") ? 3 : nil
        default: return nil
        }
    }

    @inline(__always)
    private func character(at place: Int) -> (scalar: UInt32, length: Int) {
        let first = UInt32(bytes[place])
        if first < 0x80 { return (first, 1) }
        func rest(_ offset: Int) -> UInt32 { place + offset < end ? UInt32(bytes[place + offset]) & 0x3F : 0 }
        if first < 0xE0 { return ((first & 0x1F) << 6 | rest(1), min(2, end - place)) }
        if first < 0xF0 { return ((first & 0x0F) << 12 | rest(1) << 6 | rest(2), min(3, end - place)) }
        return ((first & 0x07) << 18 | rest(1) << 12 | rest(2) << 6 | rest(3), min(4, end - place))
    }
}
