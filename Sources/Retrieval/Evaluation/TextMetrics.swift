import Foundation

/// Measures of a text against a reference text.
public enum TextMetrics {
    /// ROUGE-L F-measure as the `rouge-score` package computes it without stemming: tokens are runs of `[a-z0-9]` of the lower-cased text.
    ///
    /// Lin, "ROUGE: a package for automatic evaluation of summaries", 2004. Quadratic in the lengths.
    public static func rougeL(_ candidate: String, reference: String) -> Double {
        let a = rougeTokens(reference)
        let b = rougeTokens(candidate)
        guard !a.isEmpty, !b.isEmpty else { return 0 }
        var previous = [Int](repeating: 0, count: b.count + 1)
        for x in a {
            var current = [0]
            current.reserveCapacity(b.count + 1)
            for (j, y) in b.enumerated() { current.append(x == y ? previous[j] + 1 : max(previous[j + 1], current[j])) }
            previous = current
        }
        let common = Double(previous[b.count])
        let precision = common / Double(b.count)
        let recall = common / Double(a.count)
        return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0
    }

    private static func rougeTokens(_ text: String) -> [String] {
        text.lowercased().unicodeScalars
            .split { !(("a"..."z").contains($0) || ("0"..."9").contains($0)) }
            .map { String($0) }
    }

    /// Token F1 of SQuAD: lower case, ASCII punctuation and the articles a, an, the removed, tokens split at white space.
    public static func tokenF1(_ candidate: String, reference: String) -> Double {
        let a = squadTokens(candidate)
        let b = squadTokens(reference)
        if a.isEmpty || b.isEmpty { return a.isEmpty && b.isEmpty ? 1 : 0 }
        var counts: [String: Int] = [:]
        for token in b { counts[token, default: 0] += 1 }
        var common = 0
        for token in a where (counts[token] ?? 0) > 0 {
            counts[token, default: 0] -= 1
            common += 1
        }
        guard common > 0 else { return 0 }
        let precision = Double(common) / Double(a.count)
        let recall = Double(common) / Double(b.count)
        return 2 * precision * recall / (precision + recall)
    }

    private static let punctuation = Set("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~".unicodeScalars)

    private static func squadTokens(_ text: String) -> [String] {
        var kept = String.UnicodeScalarView()
        for scalar in text.lowercased().unicodeScalars where !punctuation.contains(scalar) { kept.append(scalar) }
        return String(kept).split(whereSeparator: \.isWhitespace).map(String.init).filter { !["a", "an", "the"].contains($0) }
    }
}
