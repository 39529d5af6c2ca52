/// A question that asks for the difference between the subjects of two articles: "how does A differ from B on CT?", "A versus B".
///
/// Such a question wants both sides. Ranked as a whole, the sentences of one side, or one that happens to name both, would fill the answer.
public struct Comparison: Sendable, Equatable {
    /// One of the two subjects.
    public struct Side: Sendable, Equatable {
        /// Slug of its article.
        public let article: String
        /// Its name as the question has it.
        public let name: String
        /// What is searched for: its name, or its article's title where the name is an abbreviation or another term, and what is asked of it.
        public let question: String
    }

    public let sides: [Side]
    /// The words of the question that say what of the two is asked; empty for "A versus B".
    public let asked: [String]

    /// Questions longer than this tell a case rather than compare two things.
    static let longestQuestion = 40

    /// The comparison that `question` asks for; nil unless it is worded as one and names two articles, each by a whole name, with a word such as "from" or
    /// "and" between them.
    public init?(_ question: String, lexicon: EntityLexicon, title: (String) -> String?) {
        let words = Words.split(question)
        guard words.count <= Self.longestQuestion, !Self.cues.isDisjoint(with: words) else { return nil }
        for connectors in Self.connectors {
            for index in words.indices where connectors.contains(words[index]) {
                guard let (first, second) = Self.names(words[..<index], words[(index + 1)...], lexicon) else { continue }
                let names = Set(Words.content("\(first.name) \(second.name)"))
                var seen: Set<String> = []
                let asked = words.filter { Self.says($0) && !names.contains(Words.stem($0)) && seen.insert($0).inserted }
                self.asked = asked
                sides = [first, second].map { side in
                    let title = title(side.article) ?? side.name
                    let term = Set(Words.content(title)).isDisjoint(with: Words.content(side.name)) ? title : side.name
                    return Side(article: side.article, name: side.name, question: ([term] + asked).joined(separator: " "))
                }
                return
            }
        }
        return nil
    }

    /// Words that say that something is compared, and nothing else.
    private static let cues: Set<String> = [
        "difference", "differences", "different", "differ", "differs", "differing", "distinction", "distinguish", "distinguishes", "distinguished", "distinguishing", "differentiate",
        "differentiates", "differentiated", "differentiating", "discriminate", "discriminates", "separate", "separates", "compare", "compared", "comparing", "comparison", "versus", "vs", "tell",
        "told",
    ]
    /// Words that ask for the appearance altogether; as a heading they are known by their intent, and no sentence has to repeat them.
    private static let general: Set<String> = [
        "imaging", "image", "images", "finding", "findings", "feature", "features", "appearance", "appearances", "appear", "look", "looks", "scan", "scans", "radiological", "radiographic", "way", "best",
    ]
    /// Words between the two names, the clearest first.
    private static let connectors: [Set<String>] = [["versus", "vs", "from"], ["and", "or", "with", "to"]]

    private typealias Name = (article: String, name: String)

    /// The names nearest to a connector on both sides of it.
    private static func names(_ before: ArraySlice<String>, _ after: ArraySlice<String>, _ lexicon: EntityLexicon) -> (Name, Name)? {
        var first = nearest(before.indices.reversed().map { before[$0...] }, lexicon)
        var second = nearest(after.indices.map { after[...$0] }, lexicon)
        // "Subdural and epidural haematoma", "hepatic adenoma or haemangioma": a word of one name stands for both.
        if first == nil, let second, let word = before.last(where: says) { first = completed(word, in: { [$0] + $1.suffix(1) }, from: second, lexicon) }
        if second == nil, let first, let word = after.first(where: says) { second = completed(word, in: { $1.prefix(1) + [$0] }, from: first, lexicon) }
        guard let first, let second, first.article != second.article else { return nil }
        return (first, second)
    }

    private static func says(_ word: String) -> Bool { !Words.stopWords.contains(word) && !cues.contains(word) && !general.contains(word) }

    /// A name made of `word` and a word of the other side's name.
    private static func completed(_ word: String, in join: (String, [String]) -> [String], from other: Name, _ lexicon: EntityLexicon) -> Name? {
        best(join(word, Words.split(other.name)), lexicon).flatMap { Words.content($0.name).contains(Words.stem(word)) ? $0 : nil }
    }

    /// The first of growing windows that holds a name decides which, unless a window a little wider holds a longer name.
    private static func nearest(_ windows: [ArraySlice<String>], _ lexicon: EntityLexicon) -> Name? {
        guard let found = windows.firstIndex(where: { best(Array($0), lexicon) != nil }) else { return nil }
        var name = best(Array(windows[found]), lexicon)
        for window in windows[found...].prefix(5) {
            guard let known = name, let wider = best(Array(window), lexicon) else { continue }
            if Set(Words.content(wider.name)).isStrictSuperset(of: Words.content(known.name)) { name = wider }
        }
        return name
    }

    /// The longest whole name that stands in `words`.
    private static func best(_ words: [String], _ lexicon: EntityLexicon) -> Name? {
        lexicon.match(words.filter { !Words.stopWords.contains($0) }.map(Words.stem)).filter { $0.value.score >= 1 }
            .max { ($0.value.score, $0.value.name.count, $1.key) < ($1.value.score, $1.value.name.count, $0.key) }
            .map { ($0.key, $0.value.name) }
    }
}
