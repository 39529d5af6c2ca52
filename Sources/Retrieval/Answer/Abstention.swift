import Foundation

/// What is known about an answer before it is shown: the inputs of the decision to abstain. Each about 0…1 unless said otherwise.
public struct AnswerEvidence: Sendable, Codable {
    /// Share of the question's words (weighted by rarity, other forms and related words counting in part) that the best passage meets with its heading.
    public var coverage = 0.0
    /// The same without the subject's name: what is asked about it.
    public var rest = 0.0
    /// How well the question names the best passage's article.
    public var entity = 0.0
    /// The best passage's fused score, a log-odds, in tens; and how far the next article is behind it.
    public var top = 0.0
    public var lead = 0.0
    /// Cosine similarity of the best passage.
    public var dense = 0.0
    /// 1 when both legs name the same best article, otherwise 0.
    public var agreement = 0.0
    /// Share of the question's words in the first sentence of the answer with its heading, and without subject and heading.
    public var sentenceHeaded = 0.0
    public var sentenceRest = 0.0
    /// Cosine similarity of question and first answer sentence.
    public var sentenceSimilarity = 0.0
    /// Share of the question's words that stand anywhere in the article of the answer.
    public var article = 0.0
    /// Names in the question (words with capitals) that the article does not have, in pairs: 1 for two or more.
    public var unknownNames = 0.0
    /// For a question to be answered by yes or no: the share of it that the first sentence does not meet.
    public var doubtfulYes = 0.0
    /// 1 when a measure is asked for and the first sentence gives none of its kind.
    public var quantityMissing = 0.0
    /// For a question that asks for a measure: the share of it that the first sentence does not meet. A figure answers only what it measures.
    public var quantityDoubt = 0.0
    /// The model's log-probability of its first sentence among those of the passages, in tens; 0 without a model.
    public var choice = 0.0
    /// The model's probability of declining; 0 without a model.
    public var declined = 0.0

    private static let table: [(name: String, value: KeyPath<AnswerEvidence, Double> & Sendable)] = [
        ("coverage", \.coverage), ("rest", \.rest), ("entity", \.entity), ("top", \.top), ("lead", \.lead), ("dense", \.dense), ("agreement", \.agreement),
        ("sentence_headed", \.sentenceHeaded), ("sentence_rest", \.sentenceRest), ("sentence_similarity", \.sentenceSimilarity), ("article", \.article),
        ("unknown_names", \.unknownNames), ("doubtful_yes", \.doubtfulYes), ("quantity_missing", \.quantityMissing), ("quantity_doubt", \.quantityDoubt),
        ("choice", \.choice), ("declined", \.declined),
    ]
    /// Feature names in the order of `vector`.
    public static let names = table.map(\.name)
    public var vector: [Double] { Self.table.map { self[keyPath: $0.value] } }
    /// Features that a model computes.
    static let learned: Set<String> = ["dense", "agreement", "sentence_similarity", "choice", "declined"]
    /// The same without what only a model knows.
    public var withoutModel: AnswerEvidence {
        var copy = self
        copy.choice = 0
        copy.declined = 0
        return copy
    }
    public init() {}
}

/// A logistic model of "the corpus answers this", fitted by `radphi-rag eval tune`.
public struct AbstentionModel: Sendable, Codable {
    public var bias: Double
    /// By feature name; a missing one counts as 0.
    public var weights: [String: Double]
    /// Below this probability the program abstains.
    public var threshold: Double

    public func probability(_ evidence: AnswerEvidence) -> Double {
        var sum = bias
        for (name, value) in zip(AnswerEvidence.names, evidence.vector) { sum += (weights[name] ?? 0) * value }
        return 1 / (1 + exp(-sum))
    }

    /// Whether an answer with this evidence is shown.
    func shows(_ evidence: AnswerEvidence) -> Bool { probability(evidence) >= threshold }

    /// Used for models that carry no calibration: fitted on the training questions from the search's evidence alone.
    public static let uncalibrated = AbstentionModel(
        bias: -4,
        weights: [
            "coverage": 1.9, "rest": 1.8, "entity": 3.5, "sentence_headed": 1.1, "sentence_rest": 0.3, "article": 0.6, "unknown_names": -1.5, "doubtful_yes": -0.9,
            "quantity_missing": -2.5, "quantity_doubt": -2.9,
        ],
        threshold: 0.5)
}

extension AnswerEvidence {
    /// What a search alone says.
    init(result: SearchResult) {
        self.init()
        guard let best = result.hits.first else { return }
        coverage = best.signals.coverage
        rest = best.signals.rest
        entity = min(1, best.signals.entity)
        top = best.score / 10
        let other = result.hits.first { $0.passage.article != best.passage.article }
        lead = other.map { (best.score - $0.score) / 10 } ?? 1
        dense = best.dense ?? 0
        let byLexical = result.hits.max { ($0.lexical ?? 0) < ($1.lexical ?? 0) }?.passage.article
        let byDense = result.hits.max { ($0.dense ?? -1) < ($1.dense ?? -1) }?.passage.article
        agreement = byLexical == byDense ? 1 : 0
    }

    /// Adds what the first sentence of the answer says.
    ///
    /// - Parameter passages: all passages of the sentence's article.
    mutating func add(_ sentence: CandidateSentence, query: SearchQuery, rarity: [String: Double], passages: [PassageWords]) {
        sentenceHeaded = sentence.features.headed
        sentenceRest = sentence.features.rest
        sentenceSimilarity = sentence.features.similarity
        let words = passages.reduce(into: Set<String>()) { $0.formUnion($1.all.union($1.heading).union($1.subject)) }
        let subject = passages.first?.subject ?? []
        article = QuestionWords(query.stems, rarity: rarity).coverage(by: words, leavingOut: subject)
        unknownNames = Double(min(2, query.names.filter { $0.isDisjoint(with: words) }.count)) / 2
        doubtfulYes = query.asksYesOrNo ? 1 - sentenceRest : 0
        quantityMissing = sentence.features.quantity < 0 ? 1 : 0
        quantityDoubt = query.quantities.isEmpty ? 0 : 1 - sentenceRest
    }
}
