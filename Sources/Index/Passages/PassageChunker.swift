/// How articles are cut into passages. Stored with an index, because passages cut otherwise need other vectors.
public struct ChunkerSettings: Sendable, Hashable, Codable {
    /// Rises whenever the same article could be cut otherwise, or its passages be embedded otherwise.
    public static let version = 2

    public let version: Int
    /// A passage has at most this many tokens, unless one sentence alone has more.
    public let maximumTokens: Int
    /// The length that cuts aim at.
    public let targetTokens: Int
    /// A "sentence" longer than this is no prose; it is cut between words.
    public let longestSentence: Int

    public init(maximumTokens: Int = 160, targetTokens: Int = 144, longestSentence: Int = 256) {
        self.version = Self.version
        self.maximumTokens = maximumTokens
        self.targetTokens = targetTokens
        self.longestSentence = longestSentence
    }
}

/// A passage before it has an id.
struct PassageDraft: Sendable {
    /// Position in `Article.sections`.
    let section: Int
    let start: Int
    let end: Int
    let tokenCount: Int
}

/// Cuts the sections of an article into passages of whole sentences.
struct PassageChunker: Sendable {
    let settings: ChunkerSettings
    /// Tokens of a text by the model's tokenizer.
    let tokenCount: @Sendable (String) -> Int

    /// Sections that only point elsewhere make no passages.
    static let pointers: Set<String> = ["see also", "references", "external links", "further reading", "related articles", "cases and figures"]

    private struct Unit {
        let range: Range<Int>
        let tokens: Int
    }

    func passages(of article: Article) -> [PassageDraft] {
        var drafts: [PassageDraft] = []
        var text = article.text
        text.withUTF8 { bytes in
            for (position, section) in article.sections.enumerated() {
                guard !section.path.contains(where: { Self.pointers.contains($0.lowercased()) }), section.start >= 0, section.start < section.end, section.end <= bytes.count else { continue }
                let part = UnsafeBufferPointer(rebasing: bytes[section.start..<section.end])
                let units = SentenceSplitter.sentences(utf8: part).flatMap { self.units(part, $0) }
                for group in cut(units.map(\.tokens)) {
                    drafts.append(PassageDraft(
                        section: position, start: section.start + units[group.lowerBound].range.lowerBound,
                        end: section.start + units[group.upperBound - 1].range.upperBound, tokenCount: units[group].reduce(0) { $0 + $1.tokens }))
                }
            }
        }
        return drafts
    }

    /// A sentence, or the pieces of one that is too long.
    private func units(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> [Unit] {
        let tokens = tokens(bytes, range)
        guard tokens > settings.longestSentence else { return [Unit(range: range, tokens: tokens)] }
        var pieces: [Unit] = []
        // Cut by bytes in proportion, then look for white space: one count a piece keeps this linear.
        let step = max(64, range.count * settings.targetTokens / tokens)
        var start = range.lowerBound
        while start < range.upperBound {
            var end = min(start + step, range.upperBound)
            if end < range.upperBound {
                var space = end
                while space > start + step / 2, !TextBlocks.isSpace(bytes[space]) { space -= 1 }
                end = space > start + step / 2 ? space : end
                while end < range.upperBound, bytes[end] & 0xC0 == 0x80 { end += 1 }
            }
            var (low, high) = (start, end)
            while low < high, TextBlocks.isSpace(bytes[low]) { low += 1 }
            while high > low, TextBlocks.isSpace(bytes[high - 1]) { high -= 1 }
            if low < high { pieces.append(Unit(range: low..<high, tokens: self.tokens(bytes, low..<high))) }
            start = end
        }
        return pieces
    }

    private func tokens(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int {
        tokenCount(" " + String(decoding: bytes[range], as: UTF8.self))
    }

    /// Groups neighbours so that the lengths come as near to the target as they can: least sum of squared distances, by dynamic programming.
    /// Linear in the number of sentences, as a group holds at most `maximumTokens` of them.
    private func cut(_ lengths: [Int]) -> [Range<Int>] {
        guard !lengths.isEmpty else { return [] }
        var cost = [Int](repeating: .max, count: lengths.count + 1)
        var from = [Int](repeating: 0, count: lengths.count + 1)
        cost[0] = 0
        for end in 1...lengths.count {
            var total = 0
            var start = end
            while start > 0 {
                total += max(1, lengths[start - 1])
                if total > settings.maximumTokens, start < end { break }
                start -= 1
                let distance = min(abs(total - settings.targetTokens), 1 << 15)
                let candidate = cost[start] &+ distance * distance
                if candidate < cost[end] { (cost[end], from[end]) = (candidate, start) }
            }
        }
        var groups: [Range<Int>] = []
        var end = lengths.count
        while end > 0 {
            groups.append(from[end]..<end)
            end = from[end]
        }
        return groups.reversed()
    }
}
