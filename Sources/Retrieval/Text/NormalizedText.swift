import Foundation

/// A text folded for comparison, with the way back to the bytes that it came from.
///
/// Folding: Unicode NFKC, lower case, every run of white space one space, typographic quotes and dashes as ASCII. Two texts that
/// a reader would call the same then have the same `bytes`.
public struct NormalizedText: Sendable {
    /// The folded text, UTF-8.
    public let bytes: [UInt8]
    /// For every folded byte the UTF-8 offset in the original at which its character begins; one more entry holds the original's length.
    private let origins: [Int]

    /// Linear in the length of `text`.
    public init(_ text: String) {
        var bytes: [UInt8] = []
        var origins: [Int] = []
        bytes.reserveCapacity(text.utf8.count)
        origins.reserveCapacity(text.utf8.count + 1)
        var offset = 0
        for character in text {
            let length = character.utf8.count
            let folded = NormalizedText.fold(character)
            if folded == [0x20] {
                if bytes.last != 0x20, !bytes.isEmpty {
                    bytes.append(0x20)
                    origins.append(offset)
                }
            } else {
                bytes.append(contentsOf: folded)
                origins.append(contentsOf: repeatElement(offset, count: folded.count))
            }
            offset += length
        }
        if bytes.last == 0x20 {
            bytes.removeLast()
            origins.removeLast()
        }
        // Where the last kept character ends, so that trailing white space is not part of a match.
        var end = 0
        if let last = origins.last {
            let index = text.utf8.index(text.utf8.startIndex, offsetBy: last)
            end = last + (text[index...].first?.utf8.count ?? 0)
        }
        origins.append(end)
        self.bytes = bytes
        self.origins = origins
    }

    private static func fold(_ character: Character) -> [UInt8] {
        if let ascii = character.asciiValue {
            if ascii == 0x20 || (0x09...0x0D).contains(ascii) { return [0x20] }
            return [(0x41...0x5A).contains(ascii) ? ascii | 0x20 : ascii]
        }
        if character.isWhitespace { return [0x20] }
        switch character {
        case "‘", "’", "‚", "′": return [0x27]
        case "“", "”", "„", "«", "»", "″": return [0x22]
        case "‐", "‑", "‒", "–", "—", "−": return [0x2D]
        default: return Array(String(character).precomposedStringWithCompatibilityMapping.lowercased().utf8)
        }
    }

    /// The folded text as a string.
    public var string: String { String(decoding: bytes, as: UTF8.self) }

    /// The original's UTF-8 range that `range` of the folded bytes came from.
    public func origin(of range: Range<Int>) -> Range<Int> {
        guard range.upperBound <= bytes.count, range.lowerBound >= 0 else { return 0..<0 }
        return origins[range.lowerBound]..<max(origins[range.lowerBound], origins[range.upperBound])
    }

    /// The first occurrence of `other` that begins and ends at word boundaries, in folded bytes; nil if there is none.
    public func range(of other: NormalizedText) -> Range<Int>? {
        let needle = other.bytes
        guard !needle.isEmpty, needle.count <= bytes.count else { return nil }
        let first = needle[0]
        var start = 0
        while start + needle.count <= bytes.count {
            if bytes[start] == first, bytes[start..<start + needle.count].elementsEqual(needle),
                isBoundary(start), isBoundary(start + needle.count) {
                return start..<start + needle.count
            }
            start += 1
        }
        return nil
    }

    private func isBoundary(_ index: Int) -> Bool {
        guard index > 0, index < bytes.count else { return true }
        return !(isWord(bytes[index - 1]) && isWord(bytes[index]))
    }

    private func isWord(_ byte: UInt8) -> Bool {
        byte >= 0x80 || (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
