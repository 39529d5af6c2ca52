/// A question prepared for both legs: typing errors mended, its subject recognised, its section guessed.
public struct SearchQuery: Sendable {
    public let question: String
    /// The question with corrected words; what is embedded.
    public let corrected: String
    public let corrections: [(from: String, to: String)]
    /// Content words of the corrected question, and their stems.
    public let words: [String]
    public let stems: [String]
    /// Words for the lexical leg: content words, their other spellings, and the title behind an abbreviation or synonym.
    public let terms: [String]
    public let intents: Set<SectionIntent>
    /// Measures that a sentence must give to be the answer.
    public let quantities: Set<AskedQuantity>
    /// Names in the question, the words with capitals after the first: the stems of each.
    package let names: [Set<String>]
    /// Whether it is to be answered by yes or no.
    package let asksYesOrNo: Bool
    /// How well each article's name is met.
    public let entities: [String: (score: Double, name: String)]
    /// The name by which the question means an article; empty when it does not name it.
    func subject(of article: String) -> String { entities[article]?.name ?? "" }

    /// Words beside a name that ask for no more than what it is.
    private static let definitionCues: Set<String> = ["definition", "define", "defined", "mean", "meaning", "means", "meant", "overview", "introduction", "summary"]

    public init(_ question: String, intents further: Set<SectionIntent> = [], lexicon: EntityLexicon, isKnown: (String) -> Bool, title: (String) -> String?) {
        self.question = question
        var corrections: [(from: String, to: String)] = []
        let mended = Words.split(question).map { word -> String in
            guard !Words.stopWords.contains(word), !isKnown(word), let better = lexicon.correction(of: word) else { return word }
            corrections.append((word, better))
            return better
        }
        self.corrections = corrections
        corrected = corrections.reduce(question) { text, correction in
            text.replacing(correction.from, with: correction.to, caseInsensitive: true)
        }
        let content = mended.filter { !Words.stopWords.contains($0) }
        words = content
        stems = content.map(Words.stem)
        let entities = lexicon.match(stems)
        self.entities = entities
        let beside = content.filter { !Self.definitionCues.contains($0) }.map(Words.stem)
        let asksForName = entities.values.contains { $0.score >= 1 && Set(Words.content($0.name)).isSuperset(of: beside) }
        intents = SectionIntent.detect(corrected).union(further).union(asksForName ? [.introduction] : [])
        quantities = AskedQuantity.detect(corrected)
        let written = question.split { !($0.isLetter || $0.isNumber || $0 == "-") }
        let mistyped = Set(corrections.map(\.from))
        names = written.dropFirst().filter { word in word.contains(where: \.isUppercase) && !mistyped.contains(word.lowercased()) }.map { Set(Words.content(String($0))) }.filter { !$0.isEmpty }
        asksYesOrNo = ["does", "do", "is", "are", "can", "should", "has", "have", "will", "may", "must"].contains(mended.first ?? "")
        var terms = content.flatMap(Words.spellingVariants)
        // An abbreviation or synonym met whole brings its article's title along.
        for (slug, match) in entities.sorted(by: { $0.key < $1.key }) where match.score >= 1 {
            if let title = title(slug) { terms += Words.split(title).filter { !Words.stopWords.contains($0) } }
        }
        var seen: Set<String> = []
        self.terms = terms.filter { seen.insert($0).inserted }
    }
}

extension String {
    /// Replaces whole words.
    fileprivate func replacing(_ word: String, with other: String, caseInsensitive: Bool) -> String {
        var result = ""
        var current = ""
        func flush() {
            result += current.lowercased() == word ? other : current
            current = ""
        }
        for character in self {
            if character.isLetter || character.isNumber { current.append(character) } else { flush(); result.append(character) }
        }
        flush()
        return result
    }
}
