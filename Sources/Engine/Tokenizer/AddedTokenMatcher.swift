/// Finds added tokens in text: at each place the longest one, from left to right, as an Aho-Corasick automaton would report them.
struct AddedTokenMatcher: Sendable {
    /// A stretch of the text: an added token, or plain text.
    struct Piece: Equatable {
        let range: Range<Int>
        let token: Int32?
    }

    private struct Node: Sendable {
        var children: [UInt8: Int] = [:]
        /// Index into `tokens` of the one that ends here.
        var token: Int?
    }

    private var nodes = [Node()]
    private var tokens: [TokenizerDefinition.AddedToken] = []
    private var canStart = [Bool](repeating: false, count: 256)

    init(_ added: [TokenizerDefinition.AddedToken]) {
        for token in added where !token.content.isEmpty {
            var node = 0
            for byte in token.content.utf8 {
                if let child = nodes[node].children[byte] {
                    node = child
                } else {
                    nodes.append(Node())
                    nodes[node].children[byte] = nodes.count - 1
                    node = nodes.count - 1
                }
            }
            nodes[node].token = tokens.count
            tokens.append(token)
            if let first = token.content.utf8.first { canStart[Int(first)] = true }
        }
    }

    var isEmpty: Bool { tokens.isEmpty }

    /// Splits `range` of `bytes`. A control token that is spelled out is passed over as plain text.
    func split(_ bytes: UnsafeBufferPointer<UInt8>, range: Range<Int>) -> [Piece] {
        var pieces: [Piece] = []
        var plainStart = range.lowerBound
        var place = range.lowerBound
        while place < range.upperBound {
            guard canStart[Int(bytes[place])], let (token, length) = longest(bytes, at: place, end: range.upperBound) else {
                place += 1
                continue
            }
            var start = place
            var end = place + length
            place = end
            if token.special { continue }
            if token.stripLeft { start = AddedTokenMatcher.spaceStart(bytes, before: start, notBefore: plainStart) }
            if token.stripRight { end = AddedTokenMatcher.spaceEnd(bytes, from: end, end: range.upperBound) }
            if start > plainStart { pieces.append(Piece(range: plainStart..<start, token: nil)) }
            pieces.append(Piece(range: start..<end, token: token.id))
            plainStart = end
            place = end
        }
        if plainStart < range.upperBound { pieces.append(Piece(range: plainStart..<range.upperBound, token: nil)) }
        return pieces
    }

    private func longest(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int, end: Int) -> (TokenizerDefinition.AddedToken, Int)? {
        var node = 0
        var found: (TokenizerDefinition.AddedToken, Int)?
        var place = start
        while place < end, let child = nodes[node].children[bytes[place]] {
            node = child
            place += 1
            if let token = nodes[node].token { found = (tokens[token], place - start) }
        }
        return found
    }

    private static func spaceStart(_ bytes: UnsafeBufferPointer<UInt8>, before place: Int, notBefore limit: Int) -> Int {
        var start = place
        while start > limit {
            var character = start - 1
            while character > limit, bytes[character] & 0xC0 == 0x80 { character -= 1 }
            guard isSpace(bytes, character..<start) else { break }
            start = character
        }
        return start
    }

    private static func spaceEnd(_ bytes: UnsafeBufferPointer<UInt8>, from place: Int, end: Int) -> Int {
        var stop = place
        while stop < end {
            var next = stop + 1
            while next < end, bytes[next] & 0xC0 == 0x80 { next += 1 }
            guard isSpace(bytes, stop..<next) else { break }
            stop = next
        }
        return stop
    }

    private static func isSpace(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        guard let scalar = String(decoding: bytes[range], as: UTF8.self).unicodeScalars.first else { return false }
        return CharacterClass(scalar.value) == .space
    }
}
