import Foundation

/// Names of the corpus' articles (titles and synonyms), for finding what a question is about: by abbreviation, other spelling, or with a typing error.
public struct EntityLexicon: Sendable {
    private struct Name: Sendable {
        let article: Int
        let stems: [String]
        let text: String
        let weight: Double
    }
    /// The slugs, by article position.
    private let slugs: [String]
    private let names: [Name]
    /// Names that contain a stem.
    private let namesByStem: [String: [Int]]
    private let rarity: [String: Double]
    /// Words of the names as written, by first letter, for typing errors.
    private let words: Set<String>

    /// - Parameter articles: slug, title and synonyms of every article.
    public init(articles: [(slug: String, names: [String])]) {
        var names: [(article: Int, stems: [String], text: String)] = []
        var words: Set<String> = []
        var frequency: [String: Int] = [:]
        for (position, article) in articles.enumerated() {
            var stemsOfArticle: Set<String> = []
            for name in article.names {
                let split = Words.split(name)
                let stems = split.filter { !Words.stopWords.contains($0) }.map(Words.stem)
                guard !stems.isEmpty else { continue }
                words.formUnion(split.filter { $0.count >= 4 })
                stemsOfArticle.formUnion(stems)
                names.append((position, stems, name))
            }
            for stem in stemsOfArticle { frequency[stem, default: 0] += 1 }
        }
        let total = Double(articles.count)
        let rarity = frequency.mapValues { log(1 + total / Double($0)) }
        self.names = names.map { Name(article: $0.article, stems: $0.stems, text: $0.text, weight: $0.stems.reduce(0) { $0 + (rarity[$1] ?? 0) }) }
        var byStem: [String: [Int]] = [:]
        for (index, name) in self.names.enumerated() {
            for stem in Set(name.stems) { byStem[stem, default: []].append(index) }
        }
        namesByStem = byStem
        self.rarity = rarity
        self.words = words
        slugs = articles.map(\.slug)
    }

    /// How well each article's best name is met by the question's stems: 1 when a whole name stands in it; articles that share nothing are left out.
    /// Of names met equally well the first counts, which is the title if it is among them.
    public func match(_ stems: [String]) -> [String: (score: Double, name: String)] {
        let asked = Set(stems)
        var best: [Int: (score: Double, name: Int)] = [:]
        for index in Set(asked.flatMap { namesByStem[$0] ?? [] }).sorted() {
            let name = names[index]
            let met = name.stems.reduce(0.0) { $0 + (asked.contains($1) ? rarity[$1] ?? 0 : 0) }
            var score = met / max(name.weight, 1e-9)
            // A longer name met whole says more than a shorter one: "acute appendicitis" beats "appendicitis".
            if score > 0.999 { score = 1 + 0.02 * Double(min(name.stems.count, 5)) - 0.02 }
            if score > best[name.article]?.score ?? 0 { best[name.article] = (score, index) }
        }
        return Dictionary(uniqueKeysWithValues: best.map { (slugs[$0.key], ($0.value.score, names[$0.value.name].text)) })
    }

    /// Weight of a stem: how rare it is among the articles' names, 0 when none has it.
    public func rarity(of stem: String) -> Double { rarity[stem] ?? 0 }

    /// The word of a name that `word` was probably meant to be; nil when it is known, short, or nothing is near.
    ///
    /// One edit (insertion, deletion, substitution or transposition) is allowed from five letters on, two from eight.
    public func correction(of word: String) -> String? {
        guard word.count >= 5, word.allSatisfy(\.isLetter), !words.contains(word), rarity[Words.stem(word)] == nil else { return nil }
        let limit = word.count >= 8 ? 2 : 1
        let letters = Array(word.unicodeScalars)
        var best: (distance: Int, word: String)?
        for candidate in words where abs(candidate.count - word.count) <= limit && candidate.count >= 5 {
            let distance = Self.distance(letters, Array(candidate.unicodeScalars), limit: limit)
            guard distance <= limit else { continue }
            if best == nil || (distance, candidate) < (best?.distance ?? 0, best?.word ?? "") { best = (distance, candidate) }
        }
        return best?.word
    }

    /// Optimal string alignment distance, or `limit + 1` as soon as it must be more.
    static func distance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar], limit: Int) -> Int {
        var before: [Int] = []
        var previous = Array(0...b.count)
        for i in a.indices {
            var current = [i + 1]
            for j in b.indices {
                var value = min(previous[j + 1] + 1, current[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { value = min(value, before[j - 1] + 1) }
                current.append(value)
            }
            if (current.min() ?? 0) > limit { return limit + 1 }
            before = previous
            previous = current
        }
        return previous[b.count]
    }
}
