/// A key, as a terminal sends it.
enum Key: Equatable {
    case character(Character)
    case enter, interrupt, endOfInput, backspace, delete
    case left, right, up, down, home, end, wordLeft, wordRight
    case deleteToStart, deleteToEnd, deleteWord, redraw
}

/// Turns a terminal's bytes into keys: UTF-8, control characters, the escape sequences of cursor keys, and pasted text, whose line ends are spaces.
struct KeyDecoder {
    private var sequence: [UInt8] = []
    private var expected = 0
    private var pasting = false

    mutating func decode(_ byte: UInt8) -> Key? {
        if expected > 0 { return continueCharacter(byte) }
        if !sequence.isEmpty { return continueEscape(byte) }
        switch byte {
        case 0x1B:
            sequence = [byte]
            return nil
        case 0x0A, 0x0D: return pasting ? .character(" ") : .enter
        case 0x09: return .character(" ")
        case 0x7F, 0x08: return .backspace
        case 0..<0x20: return pasting ? nil : Self.control(byte)
        case 0x20..<0x7F: return .character(Character(Unicode.Scalar(byte)))
        case 0xC2...0xDF: return begin(byte, 1)
        case 0xE0...0xEF: return begin(byte, 2)
        case 0xF0...0xF4: return begin(byte, 3)
        default: return nil
        }
    }

    private static func control(_ byte: UInt8) -> Key? {
        switch byte {
        case 0x01: .home
        case 0x02: .left
        case 0x03: .interrupt
        case 0x04: .endOfInput
        case 0x05: .end
        case 0x06: .right
        case 0x0B: .deleteToEnd
        case 0x0C: .redraw
        case 0x0E: .down
        case 0x10: .up
        case 0x15: .deleteToStart
        case 0x17: .deleteWord
        default: nil
        }
    }

    private mutating func begin(_ byte: UInt8, _ more: Int) -> Key? {
        sequence = [byte]
        expected = more
        return nil
    }

    private mutating func continueCharacter(_ byte: UInt8) -> Key? {
        guard byte & 0xC0 == 0x80 else {
            sequence = []
            expected = 0
            return decode(byte)
        }
        sequence.append(byte)
        expected -= 1
        guard expected == 0 else { return nil }
        defer { sequence = [] }
        guard let text = String(validating: sequence, as: UTF8.self), let character = text.first, text.unicodeScalars.allSatisfy({ $0.value >= 0xA0 }) else { return nil }
        return .character(character)
    }

    private mutating func continueEscape(_ byte: UInt8) -> Key? {
        sequence.append(byte)
        if sequence.count == 2 {
            if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "O") { return nil }
            sequence = []
            switch byte {
            case UInt8(ascii: "b"): return .wordLeft
            case UInt8(ascii: "f"): return .wordRight
            case 0x7F: return .deleteWord
            default: return nil
            }
        }
        // Parameters and intermediates go on; a final byte ends the sequence; anything absurdly long is dropped.
        guard (0x40...0x7E).contains(byte) else {
            if sequence.count > 16 { sequence = [] }
            return nil
        }
        defer { sequence = [] }
        let parameters = String(decoding: sequence[2..<(sequence.count - 1)], as: UTF8.self)
        let isWord = parameters.hasSuffix(";5") || parameters.hasSuffix(";3")
        switch byte {
        case UInt8(ascii: "A"): return .up
        case UInt8(ascii: "B"): return .down
        case UInt8(ascii: "C"): return isWord ? .wordRight : .right
        case UInt8(ascii: "D"): return isWord ? .wordLeft : .left
        case UInt8(ascii: "H"): return .home
        case UInt8(ascii: "F"): return .end
        case UInt8(ascii: "~"):
            switch parameters {
            case "1", "7": return .home
            case "3": return .delete
            case "4", "8": return .end
            case "200": pasting = true
            case "201": pasting = false
            default: break
            }
            return nil
        default: return nil
        }
    }
}
