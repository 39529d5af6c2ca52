/// Finds the sentences of English medical prose, with lists, in UTF-8 byte offsets.
///
/// Rules, not statistics: a full stop ends a sentence unless what stands before it is an abbreviation, an initial or a list number, or
/// what follows does not begin a sentence. Each list item is at least one sentence of its own; a blank line always ends one.
/// Passages, the citation check and the evaluation share it, so that all of them mean the same sentences.
public enum SentenceSplitter {
    /// UTF-8 ranges of the sentences of `text`, in order, without overlap; white space and list markers stand outside them.
    ///
    /// Linear in the length of `text`.
    public static func sentences(_ text: String) -> [Range<Int>] {
        var text = text
        return text.withUTF8 { bytes in sentences(utf8: bytes) }
    }

    /// The same for bytes; offsets count from the beginning of `bytes`.
    public static func sentences(utf8 bytes: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
        var found: [Range<Int>] = []
        for block in TextBlocks.blocks(bytes) {
            split(bytes, block, into: &found)
        }
        return found
    }

    /// The sentences joined by one space, line breaks inside them folded to a space.
    public static func joined(_ text: String) -> String {
        let utf8 = Array(text.utf8)
        var result: [UInt8] = []
        result.reserveCapacity(utf8.count)
        for sentence in sentences(text) {
            if !result.isEmpty { result.append(0x20) }
            for byte in utf8[sentence] {
                let space = TextBlocks.isSpace(byte)
                if space, result.last == 0x20 { continue }
                result.append(space ? 0x20 : byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func split(_ bytes: UnsafeBufferPointer<UInt8>, _ block: Range<Int>, into found: inout [Range<Int>]) {
        var start = block.lowerBound
        var index = block.lowerBound
        while index < block.upperBound {
            let byte = bytes[index]
            guard byte == 0x2E || byte == 0x3F || byte == 0x21 else { index += 1; continue }
            // A run of terminators, then closing quotes, brackets and citation numbers, belongs to the sentence.
            var after = index + 1
            while after < block.upperBound, [0x2E, 0x3F, 0x21].contains(bytes[after]) { after += 1 }
            after = skipClosers(bytes, after, block.upperBound)
            guard after < block.upperBound else { break }
            guard TextBlocks.isSpace(bytes[after]) else { index = after; continue }
            if endsSentence(bytes, terminator: index, next: after, start: start, end: block.upperBound) {
                append(bytes, start..<after, to: &found)
                start = after
            }
            index = after
        }
        append(bytes, start..<block.upperBound, to: &found)
    }

    /// Trims white space and an inline list marker ("…: - Weakness. - Fever."); drops what has no letter or digit.
    private static func append(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, to found: inout [Range<Int>]) {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, TextBlocks.isSpace(bytes[start]) { start += 1 }
        if let marker = TextBlocks.listMarker(bytes, start, end) { start = marker }
        while start < end, TextBlocks.isSpace(bytes[start]) { start += 1 }
        while end > start, TextBlocks.isSpace(bytes[end - 1]) { end -= 1 }
        guard bytes[start..<end].contains(where: { isWord($0) }) else { return }
        found.append(start..<end)
    }

    private static func skipClosers(_ bytes: UnsafeBufferPointer<UInt8>, _ from: Int, _ end: Int) -> Int {
        var index = from
        while index < end {
            switch bytes[index] {
            case 0x22, 0x27, 0x29, 0x5D, 0x2A, 0x5F: index += 1
            case 0xE2 where index + 2 < end && bytes[index + 1] == 0x80 && (bytes[index + 2] == 0x99 || bytes[index + 2] == 0x9D): index += 3
            case 0x5B:
                // A citation number set against the full stop: ".[1,2]"
                var close = index + 1
                while close < end, (0x30...0x39).contains(bytes[close]) || [0x2C, 0x20, 0x2D].contains(bytes[close]) { close += 1 }
                guard close < end, close > index + 1, bytes[close] == 0x5D else { return index }
                index = close + 1
            default: return index
            }
        }
        return index
    }

    private static func endsSentence(_ bytes: UnsafeBufferPointer<UInt8>, terminator: Int, next: Int, start: Int, end: Int) -> Bool {
        var following = next
        while following < end, TextBlocks.isSpace(bytes[following]) { following += 1 }
        guard following < end else { return true }
        // " - " after a full stop begins the next item of a list written on one line.
        if TextBlocks.listMarker(bytes, following, end) != nil { return true }
        let nextWord = word(bytes, from: following, end)
        let beginsSentence = mayBegin(bytes[following], nextWord)
        guard bytes[terminator] == 0x2E else { return beginsSentence }

        var wordStart = terminator
        while wordStart > start, !TextBlocks.isSpace(bytes[wordStart - 1]), ![0x28, 0x5B, 0x2F].contains(bytes[wordStart - 1]) { wordStart -= 1 }
        let before = String(decoding: bytes[wordStart..<terminator], as: UTF8.self)
        let lower = before.lowercased()
        if Abbreviations.never.contains(lower) { return false }
        if Abbreviations.beforeNumber.contains(lower), (0x30...0x39).contains(bytes[following]) { return false }
        guard beginsSentence else { return false }
        if Abbreviations.beforeName.contains(before) { return false }
        if before.utf8.count == 1, let letter = before.utf8.first, (0x41...0x5A).contains(letter) {
            return !isInitial(bytes, wordStart, start, nextWord, at: following, end)
        }
        // "U.S." and the like: only a word that commonly begins a sentence makes it the end of one.
        if before.utf8.contains(0x2E), before.utf8.allSatisfy({ $0 == 0x2E || isLetter($0) }), before.utf8.count <= 6 {
            return Abbreviations.openers.contains(nextWord)
        }
        return true
    }

    /// Whether the single capital before a full stop is a name's initial ("J. Smith") rather than a label ("type B. The …").
    private static func isInitial(_ bytes: UnsafeBufferPointer<UInt8>, _ wordStart: Int, _ start: Int, _ nextWord: String, at following: Int, _ end: Int) -> Bool {
        if wordStart == start { return true }
        // Another initial follows: "J. B. Smith".
        if nextWord.utf8.count == 1, following + 1 < end, bytes[following + 1] == 0x2E, mayBegin(bytes[following], nextWord) { return true }
        // A Roman numeral is far more common than such an initial: "Le Fort I. Fracture …".
        if Abbreviations.openers.contains(nextWord) || [0x49, 0x56, 0x58].contains(bytes[wordStart]) { return false }
        var previousEnd = wordStart
        while previousEnd > start, TextBlocks.isSpace(bytes[previousEnd - 1]) { previousEnd -= 1 }
        var previousStart = previousEnd
        while previousStart > start, !TextBlocks.isSpace(bytes[previousStart - 1]) { previousStart -= 1 }
        guard previousStart < previousEnd else { return true }
        if Abbreviations.labels.contains(String(decoding: bytes[previousStart..<previousEnd], as: UTF8.self).lowercased()) { return false }
        // "A. B. Smith", "John F. Kennedy"; after a common word it is a label.
        return (0x41...0x5A).contains(bytes[previousStart]) && previousEnd - previousStart <= 12 && previousStart > start
    }

    private static func mayBegin(_ byte: UInt8, _ word: String) -> Bool {
        switch byte {
        case 0x61...0x7A:
            // Sentences that begin in lower case: "mTOR", "p53", "pH", "von Hippel-Lindau".
            return word.utf8.dropFirst().contains { (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) } || Abbreviations.particles.contains(word)
        case 0x29, 0x2C, 0x3B, 0x3A, 0x25: return false
        default: return true
        }
    }

    private static func word(_ bytes: UnsafeBufferPointer<UInt8>, from: Int, _ end: Int) -> String {
        var stop = from
        while stop < end, isWord(bytes[stop]), stop - from < 32 { stop += 1 }
        return String(decoding: bytes[from..<stop], as: UTF8.self)
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }
    private static func isWord(_ byte: UInt8) -> Bool { byte >= 0x80 || isLetter(byte) || (0x30...0x39).contains(byte) }
}
