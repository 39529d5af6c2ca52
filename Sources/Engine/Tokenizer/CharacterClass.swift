/// What GPT-2's pre-tokenizer tells characters by: `\p{L}`, `\p{N}`, `\s`, and the rest.
enum CharacterClass: UInt8 {
    case other = 0
    case letter = 1
    case number = 2
    case space = 3

    /// The class of a Unicode scalar. Binary search in the table beyond ASCII.
    @inline(__always)
    init(_ scalar: UInt32) {
        if scalar < 128 {
            switch scalar {
            case 0x41...0x5A, 0x61...0x7A: self = .letter
            case 0x30...0x39: self = .number
            case 0x20, 0x09...0x0D: self = .space
            default: self = .other
            }
        } else {
            self = CharacterClass.search(scalar)
        }
    }

    private static func search(_ scalar: UInt32) -> CharacterClass {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].last < scalar { low = middle + 1 } else { high = middle }
        }
        guard low < ranges.count, ranges[low].first & 0xFF_FFFF <= scalar else { return .other }
        return CharacterClass(rawValue: UInt8(ranges[low].first >> 24)) ?? .other
    }
}
