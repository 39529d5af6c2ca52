import Foundation

/// What all readers of text have in common.
enum DocumentText {
    /// Why the bytes are no text: a NUL, or no UTF-8; with the line.
    static func problem(_ bytes: [UInt8]) -> (line: Int, reason: String)? {
        if let nul = bytes.firstIndex(of: 0) { return (line(of: nul, in: bytes), "a NUL byte at offset \(nul)") }
        if let offset = invalidOffset(bytes) { return (line(of: offset, in: bytes), "not UTF-8 at offset \(offset)") }
        return nil
    }

    static func withoutMark(_ bytes: [UInt8]) -> [UInt8] {
        bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    }

    private static func line(of offset: Int, in bytes: [UInt8]) -> Int {
        bytes[..<offset].reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
    }

    /// The offset of the first byte that is not part of well-formed UTF-8; nil if there is none.
    static func invalidOffset(_ bytes: [UInt8]) -> Int? {
        bytes.withUnsafeBufferPointer { buffer in
            var index = 0
            while index < buffer.count {
                let first = buffer[index]
                if first < 0x80 { index += 1; continue }
                let length: Int
                var low: UInt8 = 0x80
                var high: UInt8 = 0xBF
                switch first {
                case 0xC2...0xDF: length = 2
                case 0xE0: (length, low) = (3, 0xA0)
                case 0xED: (length, high) = (3, 0x9F)
                case 0xE1...0xEF: length = 3
                case 0xF0: (length, low) = (4, 0x90)
                case 0xF4: (length, high) = (4, 0x8F)
                case 0xF1...0xF3: length = 4
                default: return index
                }
                guard index + length <= buffer.count, (low...high).contains(buffer[index + 1]) else { return index }
                for next in index + 2..<max(index + 2, index + length) where buffer[next] & 0xC0 != 0x80 { return index }
                index += length
            }
            return nil
        }
    }

    /// `chest/Pleural effusion.html` → `chest-pleural-effusion`; stays unique among the files of a folder unless names differ only in signs.
    static func slug(fromName name: String) -> String {
        var result = ""
        for character in withoutExtension(name).lowercased() {
            if character.isLetter || character.isNumber { result.append(character) } else if !result.hasSuffix("-"), !result.isEmpty { result.append("-") }
        }
        while result.hasSuffix("-") { result.removeLast() }
        return result.isEmpty ? "document" : result
    }

    static func title(fromName name: String) -> String {
        let last = withoutExtension(name).split(separator: "/").last.map(String.init) ?? name
        return last.map { $0 == "_" || $0 == "-" ? " " : String($0) }.joined().trimmed
    }

    private static func withoutExtension(_ name: String) -> String { (name as NSString).deletingPathExtension }

    /// A web address, or nil.
    static func url(_ text: String?) -> String? {
        guard let text = text?.trimmed, text.utf8.count <= 2048, text.hasPrefix("http://") || text.hasPrefix("https://"), !text.contains(where: \.isWhitespace) else { return nil }
        return text
    }

    /// One line without control characters, for titles and names that come from records.
    static func line(_ text: String, limit: Int = 500) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if scalar.value < 0x20 || scalar.value == 0x7F || scalar == "\u{2028}" || scalar == "\u{2029}" {
                if !result.hasSuffix(" ") { result.append(" ") }
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return String(result.trimmed.prefix(limit))
    }
}
