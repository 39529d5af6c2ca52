/// Measures how much of a question other texts speak of: whole words count in full, other forms of a word and related words in part.
///
/// Keeps what it has found for each word, so it is meant for one question and many texts; not for several threads.
package final class QuestionWords {
    /// The question's distinct stems, each weighed by how rare it is in the corpus.
    private let stems: [String]
    private let weights: [Double]
    private let related: [Set<String>]
    /// For a stem of a text: which of the question's stems it stands for, and how fully.
    private var credits: [String: [(stem: Int, credit: Double)]] = [:]

    /// Credit of another form of the word (perforated, perforation), of a related word, and of another form of a related word.
    static let sameRoot = 0.8, relatedWord = 0.6, relatedRoot = 0.54

    /// - Parameter rarity: weight of each stem; 1 for one that is not listed.
    package init(_ stems: [String], rarity: [String: Double]) {
        var seen: Set<String> = []
        self.stems = stems.filter { seen.insert($0).inserted }
        weights = self.stems.map { rarity[$0] ?? 1 }
        related = self.stems.map(Thesaurus.related)
    }

    /// Weighted share of the question's stems that `texts` (stems, in any order) meet, 0…1; 1 when all that is asked is left out ("What is croup?" of croup).
    ///
    /// - Parameters:
    ///   - leavingOut: stems of the question that do not count, such as its subject's name.
    ///   - exactly: only whole words count.
    package func coverage(by texts: Set<String>..., leavingOut: Set<String> = [], exactly: Bool = false) -> Double {
        var met = [Double](repeating: 0, count: stems.count)
        for words in texts {
            if exactly {
                for (index, stem) in stems.enumerated() where words.contains(stem) { met[index] = 1 }
            } else {
                for word in words { for (index, credit) in credit(of: word) where credit > met[index] { met[index] = credit } }
            }
        }
        var total = 0.0
        var reached = 0.0
        for (index, stem) in stems.enumerated() where !leavingOut.contains(stem) {
            total += weights[index]
            reached += weights[index] * met[index]
        }
        return total > 0 ? reached / total : stems.isEmpty ? 0 : 1
    }

    private func credit(of word: String) -> [(stem: Int, credit: Double)] {
        if let known = credits[word] { return known }
        var found: [(stem: Int, credit: Double)] = []
        for (index, stem) in stems.enumerated() {
            let credit =
                word == stem ? 1 : Self.shareRoot(word, stem) ? Self.sameRoot
                : related[index].contains(word) ? Self.relatedWord : related[index].contains { Self.shareRoot(word, $0) } ? Self.relatedRoot : 0
            if credit > 0 { found.append((index, credit)) }
        }
        credits[word] = found
        return found
    }

    /// Whether two stems begin with the same five letters or more, and these are most of the longer one: perforat- and perforation.
    static func shareRoot(_ a: String, _ b: String) -> Bool {
        let common = zip(a.utf8, b.utf8).prefix { $0 == $1 }.count
        return common >= 5 && 5 * common >= 3 * max(a.utf8.count, b.utf8.count)
    }
}
