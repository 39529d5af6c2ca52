/// Drafts the next tokens from the text itself: what followed the last time its latest tokens occurred (Saxena, "Prompt lookup decoding").
///
/// A draft is only a guess to be checked in one pass, so it never changes what is written.
struct PromptLookup {
    /// Latest tokens that must have occurred before; the longest match is taken.
    static let longestMatch = 3
    private let limit: Int
    private var length: Int

    /// - Parameter limit: at most so many tokens a draft; 0 for none.
    init(limit: Int) {
        self.limit = limit
        length = min(4, limit)
    }

    /// Tokens that could follow `text`; empty when nothing like its end was there before.
    func draft(after text: [Int32]) -> [Int32] {
        guard length > 0 else { return [] }
        for match in stride(from: min(Self.longestMatch, text.count - 1), through: 2, by: -1) {
            let end = text[(text.count - match)...]
            var start = text.count - match - 1
            while start >= 0 {
                if text[start] == end.first, text[start..<start + match].elementsEqual(end) {
                    return Array(text[(start + match)...].prefix(length))
                }
                start -= 1
            }
        }
        return []
    }

    /// Learns from a draft how long the next may be.
    mutating func learn(drafted: Int, accepted: Int) {
        guard drafted > 0 else { return }
        length = accepted == drafted ? min(limit, length + 2) : max(1, min(length, accepted + 1))
    }
}
