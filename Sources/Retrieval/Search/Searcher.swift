import Engine
import Foundation
import Index

/// What to search for, and within what.
public struct SearchRequest: Sendable {
    public var question: String
    /// At most so many passages.
    public var limit: Int
    public var filter: PassageFilter
    /// Which legs take part; both unless an evaluation wants one alone.
    public var legs: SearchLegs
    /// Identifiers of the only passages that may be found; nil for all that the filter admits.
    public var among: Set<Int64>?
    /// Headings that are asked for beyond those that the question's words name.
    public var intents: Set<SectionIntent> = []

    public init(question: String, limit: Int = 5, filter: PassageFilter = PassageFilter(), legs: SearchLegs = .all, among: Set<Int64>? = nil) {
        self.question = question
        self.limit = limit
        self.filter = filter
        self.legs = legs
        self.among = among
    }
}

/// The parts of a search that can be switched off for evaluation.
public struct SearchLegs: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    public static let lexical = SearchLegs(rawValue: 1)
    public static let dense = SearchLegs(rawValue: 2)
    /// Agreement of title, section heading and wording with the question's subject, intent and words.
    public static let structure = SearchLegs(rawValue: 4)
    public static let all: SearchLegs = [.lexical, .dense, .structure]
}

/// A passage that was found, with what each leg thought of it.
public struct SearchHit: Sendable {
    public let passage: Passage
    /// The fused score by which hits are ordered.
    public let score: Double
    /// BM25 of the lexical leg; nil when that leg did not find it.
    public let lexical: Double?
    /// Cosine of the dense leg; nil when that leg did not find it.
    public let dense: Double?
    /// The fused score's parts, before their weights.
    public let signals: FusionSignals

    package init(passage: Passage, score: Double, lexical: Double?, dense: Double?, signals: FusionSignals) {
        self.passage = passage
        self.score = score
        self.lexical = lexical
        self.dense = dense
        self.signals = signals
    }

    /// How well the question names the passage's article, about 0…1.
    public var entity: Double { signals.entity }
    /// How well the heading meets what is asked, 0…1.
    public var intent: Double { signals.intent }
}

/// What speaks for a passage, each part normalised to about 0…1 within one search.
public struct FusionSignals: Sendable, Codable {
    public var lexical = 0.0
    public var dense = 0.0
    public var entity = 0.0
    public var intent = 0.0
    /// Share of the question's words that the passage meets with its heading, other forms and related words counting in part.
    public var coverage = 0.0
    /// The same without the subject's name: what is asked about it.
    public var rest = 0.0
    /// The same for the passage's best sentence alone.
    public var sentence = 0.0
    public init() {}

    /// In the order of `FusionWeights.vector`. A heading counts for little in an article that the question does not name.
    public var vector: [Double] { [lexical, dense, entity, intent * min(1, 0.2 + entity), coverage, rest, sentence] }
}

/// A search's outcome.
public struct SearchResult: Sendable {
    public let query: SearchQuery
    public let hits: [SearchHit]
    /// The question's vector; empty when the dense leg was off.
    public let vector: [Float]
}

/// Weights of the fused score `Σ weight · signal`, which is a log-odds up to a constant; fitted by `radphi-rag eval tune`.
public struct FusionWeights: Sendable, Codable, Equatable {
    public var lexical: Double
    public var dense: Double
    public var entity: Double
    public var intent: Double
    public var coverage: Double
    public var rest: Double
    public var sentence: Double

    /// The defaults were fitted without a dense leg, which then only gets a say.
    public init(
        lexical: Double = 2.8, dense: Double = 1, entity: Double = 2.9, intent: Double = 2, coverage: Double = 2.6, rest: Double = 2.6, sentence: Double = 2.4
    ) {
        self.lexical = lexical
        self.dense = dense
        self.entity = entity
        self.intent = intent
        self.coverage = coverage
        self.rest = rest
        self.sentence = sentence
    }

    /// From weights in the order of `vector`.
    init(vector: [Double]) {
        self.init(
            lexical: vector[0], dense: vector[1], entity: vector[2], intent: vector[3], coverage: vector[4], rest: vector[5], sentence: vector[6])
    }
    public var vector: [Double] { [lexical, dense, entity, intent, coverage, rest, sentence] }
    static let densePosition = 1

    /// The fused score.
    public func score(_ signals: FusionSignals) -> Double { zip(vector, signals.vector).reduce(0) { $0 + $1.0 * $1.1 } }
}

/// Finds passages for a question: lexical and dense legs, fused by a convex combination, near-duplicates removed.
///
/// A convex combination of normalised scores rather than reciprocal ranks: a weak leg then costs less (design note on fusion).
public final class Searcher: Sendable {
    public let store: IndexStore
    public let embedder: any PassageEmbedder
    public let weights: FusionWeights
    public let lexicon: EntityLexicon
    private let titles: [String: String]
    /// The systems and kinds that the index's articles are filed under, in alphabetical order.
    public let systems: [String]
    public let kinds: [String]

    /// How deep each leg looks.
    static let depth = 100

    public init(store: IndexStore, embedder: any PassageEmbedder, weights: FusionWeights) throws {
        self.store = store
        self.embedder = embedder
        self.weights = weights
        var names: [(slug: String, names: [String])] = []
        var systems: Set<String> = []
        var kinds: Set<String> = []
        try store.forEachArticle { article in
            names.append((article.slug, [article.title] + article.synonyms))
            systems.formUnion(article.systems)
            kinds.insert(article.kind)
            return true
        }
        self.systems = systems.filter { !$0.isEmpty }.sorted()
        self.kinds = kinds.filter { !$0.isEmpty }.sorted()
        lexicon = EntityLexicon(articles: names)
        titles = Dictionary(names.map { ($0.slug, $0.names.first ?? "") }, uniquingKeysWith: { first, _ in first })
    }

    /// Prepares a question as `search` does, without searching.
    public func query(_ question: String, intents: Set<SectionIntent> = []) -> SearchQuery {
        SearchQuery(question, intents: intents, lexicon: lexicon, isKnown: { [store] word in (try? store.documentFrequency(of: word)) ?? 0 > 0 }, title: { [titles] in titles[$0] })
    }

    /// The comparison that a question asks for; nil when it is none.
    public func comparison(_ question: String) -> Comparison? { Comparison(question, lexicon: lexicon) { titles[$0] } }

    public func search(_ request: SearchRequest) throws -> SearchResult {
        let query = query(request.question, intents: request.intents)
        var lexical: [Int64: Double] = [:]
        var dense: [Int64: Double] = [:]
        var vector: [Float] = []
        if request.legs.contains(.lexical) {
            for hit in try store.lexicalSearch(terms: query.terms, filter: request.filter, limit: Self.depth) { lexical[hit.id] = hit.score }
        }
        if request.legs.contains(.dense) {
            vector = try embedder.embed([query.corrected]).first ?? []
            for hit in try store.vectorSearch(vector, filter: request.filter, limit: Self.depth) { dense[hit.id] = hit.score }
        }
        var candidates = Set(lexical.keys).union(dense.keys)
        let structure = request.legs.contains(.structure)
        if structure {
            // The passages of articles that the question names are candidates even when neither leg saw them.
            let named = query.entities.filter { $0.value.score >= 0.75 }.sorted { ($1.value.score, $0.key) < ($0.value.score, $1.key) }
            for (slug, _) in named.prefix(3) { candidates.formUnion(try store.passages(of: slug).filter { try accepts($0, request.filter) }.map(\.id)) }
        }
        let passages = try store.passages((request.among ?? candidates).sorted())
        let lexicalTop = lexical.values.max() ?? 0
        let question = structure ? QuestionWords(query.stems, rarity: try rarity(of: query)) : nil
        let denseRange = (dense.values.min() ?? 0, dense.values.max() ?? 0)
        let hits = passages.map { passage -> SearchHit in
            var signals = FusionSignals()
            if let question {
                signals.entity = min(query.entities[passage.article]?.score ?? 0, 1.1)
                signals.intent = SectionIntent.match(query.intents, path: passage.sectionPath)
                let words = PassageWords(passage, subject: query.subject(of: passage.article))
                signals.coverage = question.coverage(by: words.all, words.heading, words.subject)
                signals.rest = question.coverage(by: words.all, words.heading, leavingOut: words.subject)
                signals.sentence = words.sentences.map { question.coverage(by: $0, leavingOut: words.subject) }.max() ?? 0
            }
            if let value = lexical[passage.id], lexicalTop > 0 { signals.lexical = value / lexicalTop }
            if let value = dense[passage.id], denseRange.1 > denseRange.0 { signals.dense = (value - denseRange.0) / (denseRange.1 - denseRange.0) }
            // A leg alone is ordered by itself, whatever it weighs in the fusion.
            let score = request.legs == .lexical ? signals.lexical : request.legs == .dense ? signals.dense : weights.score(signals)
            return SearchHit(passage: passage, score: score, lexical: lexical[passage.id], dense: dense[passage.id], signals: signals)
        }
        .sorted { $0.score != $1.score ? $0.score > $1.score : $0.passage.id < $1.passage.id }
        return SearchResult(query: query, hits: Self.distinct(hits, limit: request.limit), vector: vector)
    }

    func accepts(_ passage: Passage, _ filter: PassageFilter) throws -> Bool {
        if !filter.systems.isEmpty, !filter.systems.contains(where: passage.systems.contains) { return false }
        if !filter.kinds.isEmpty, !filter.kinds.contains(passage.kind) { return false }
        guard !filter.sources.isEmpty else { return true }
        let source = try store.article(passage.article)?.source ?? ""
        return filter.sources.contains { source.hasPrefix($0) }
    }

    /// Inverse document frequency of each stem of a question, by which its words are weighed.
    public func rarity(of query: SearchQuery) throws -> [String: Double] {
        var rarity: [String: Double] = [:]
        for (stem, word) in zip(query.stems, query.words) where rarity[stem] == nil {
            let frequency = try store.documentFrequency(of: word)
            rarity[stem] = log(1 + Double(store.manifest.counts.passages) / (0.5 + Double(frequency)))
        }
        return rarity
    }

    /// The first `limit` hits, without any whose words nearly equal an earlier one's (Jaccard similarity of 0.9 or more).
    static func distinct(_ hits: [SearchHit], limit: Int) -> [SearchHit] {
        var kept: [(hit: SearchHit, words: Set<String>)] = []
        for hit in hits {
            guard kept.count < limit else { break }
            let words = Set(Words.split(hit.passage.text))
            let isDuplicate = kept.contains { other in
                let common = Double(other.words.intersection(words).count)
                return common / max(1, Double(other.words.count + words.count) - common) >= 0.9
            }
            if !isDuplicate { kept.append((hit, words)) }
        }
        return kept.map(\.hit)
    }
}
