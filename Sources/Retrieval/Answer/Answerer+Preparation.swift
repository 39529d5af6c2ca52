import Foundation
import Index

/// Search and ranking: what stands before anything is written.
extension Answerer {
    /// What is asked: all of an ordinary question, or one of the two subjects of a comparison.
    struct Side {
        /// The compared subject; nil for an ordinary question.
        let name: String?
        let result: SearchResult
        let rarity: [String: Double]
        /// The sentences that may answer it, from best to worst.
        var ranked: [CandidateSentence]
        var evidence: AnswerEvidence
        /// Without a sentence there is nothing to show; otherwise decided when its first sentence is known.
        var abstained: Bool
        var confidence = 0.0

        init(name: String? = nil, result: SearchResult, rarity: [String: Double] = [:], ranked: [CandidateSentence] = []) {
            self.name = name
            self.result = result
            self.rarity = rarity
            self.ranked = ranked
            evidence = AnswerEvidence(result: result)
            abstained = ranked.isEmpty
        }
    }

    /// Everything about one question while its answer is made.
    struct Run {
        let searchedFor: String?
        let query: SearchQuery
        /// The passages put before the model.
        let hits: [SearchHit]
        let prompt: Prompt?
        /// One, or two for a comparison.
        var sides: [Side]
        var draft: AnswerDraft
        var method = "extract"
        var timings = Timings()
        var counts = TokenCounts()

        /// Whether nothing may be shown.
        var abstained: Bool { sides.allSatisfy(\.abstained) }
        /// That of the surer side: below the threshold when neither is shown.
        var confidence: Double { sides.map(\.confidence).max() ?? 0 }
    }

    func prepare(_ request: AskRequest, isCancelled: () -> Bool = { false }) throws -> Run {
        let question = request.question.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !question.isEmpty else { throw AskError.emptyQuestion }
        guard question.count <= AskError.longestQuestion else { throw AskError.questionTooLong(characters: question.count) }
        let completed = FollowUp.complete(question, subjects: request.subjects, searcher: searcher)
        let asked = completed ?? question
        let query = searcher.query(asked)
        let found = try compared(query, request) ?? [Found(name: nil, result: searcher.search(
            SearchRequest(question: asked, limit: request.topK, filter: request.filter, legs: request.legs, among: request.among)))]
        let candidates = Self.interleaved(found.map(\.result.hits), limit: max(request.topK, found.count))
        guard !candidates.isEmpty else {
            return Run(
                searchedFor: completed, query: query, hits: [], prompt: nil, sides: found.map { Side(name: $0.name, result: $0.result) },
                draft: AnswerDraft(hits: [], strict: request.strict, keepUnsupported: request.keepUnsupported))
        }
        let budget = max(64, model.configuration.contextLength - request.maxTokens)
        let prompt = try Prompt(question: query.corrected, passages: candidates.map(\.passage), tokenizer: tokenizer, budget: budget)
        let used = Set(prompt.passages.map(\.id))
        let hits = candidates.filter { used.contains($0.passage.id) }
        let vectors = try settings.usesSentenceSimilarity ? sentenceVectors(hits, prompt.sentences, isCancelled) : nil
        let sides = try found.map { found in
            let rarity = try searcher.rarity(of: found.result.query)
            let similarity = vectors.map { vectors in
                { (passage: Int, sentence: Int) in zip(vectors[passage][sentence], found.result.vector).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
            }
            let ranked = ranker.rank(found.result, hits: hits.map(found.seen), rarity: rarity, similarity: similarity)
            guard let subject = found.about else { return Side(result: found.result, rarity: rarity, ranked: ranked) }
            let own = ranker.only(subject, of: ranked, hits)
            // What is known of a side is what its best sentence's passage says.
            let best = own.first.map { [found.seen(hits[$0.passage])] } ?? []
            var side = Side(
                name: found.name, result: SearchResult(query: found.result.query, hits: best + found.result.hits, vector: found.result.vector), rarity: rarity, ranked: own)
            side.evidence.entity = 1
            return side
        }
        if sides.count > 1, try !sides.contains(where: isPromising) {
            var whole = request
            whole.splitsComparisons = false
            return try prepare(whole, isCancelled: isCancelled)
        }
        return Run(
            searchedFor: completed, query: query, hits: hits, prompt: prompt, sides: sides,
            draft: AnswerDraft(hits: hits, strict: request.strict, keepUnsupported: request.keepUnsupported))
    }

    /// Whether a side would be shown by its best sentence without a model's word. A comparison of which neither side would is better asked as a whole.
    private func isPromising(_ side: Side) throws -> Bool {
        guard let best = side.ranked.first else { return false }
        return try settings.abstentionWithoutModel.shows(evidence(of: side, first: best, in: side.result.hits[0].passage.article))
    }

    /// What is known of a side once its first sentence, of `article`, is.
    func evidence(of side: Side, first: CandidateSentence, in article: String) throws -> AnswerEvidence {
        let subject = side.result.query.subject(of: article)
        var evidence = side.evidence
        let passages = try searcher.store.passages(of: article).map { PassageWords($0, subject: subject) }
        evidence.add(first, query: side.result.query, rarity: side.rarity, passages: passages)
        return evidence
    }

    /// What a search found for one side.
    struct Found {
        let name: String?
        /// The side's own passages, best first.
        let result: SearchResult
        /// How this side's search saw other passages.
        var others: [Int64: SearchHit] = [:]
        /// Which sentences speak of this side; nil for all.
        var about: ComparedSubject?

        /// A passage as this side's search saw it.
        func seen(_ hit: SearchHit) -> SearchHit { others[hit.passage.id] ?? hit }
    }

    /// The lists' first elements, then their second ones, and so on; each passage once.
    static func interleaved(_ lists: [[SearchHit]], limit: Int) -> [SearchHit] {
        var seen: Set<Int64> = []
        var all: [SearchHit] = []
        for position in 0..<(lists.map(\.count).max() ?? 0) {
            for list in lists where position < list.count && seen.insert(list[position].passage.id).inserted { all.append(list[position]) }
        }
        return Array(all.prefix(limit))
    }

    /// Vectors of each passage's sentences.
    private func sentenceVectors(_ hits: [SearchHit], _ spans: [[Range<Int>]], _ isCancelled: () -> Bool) throws -> [[[Float]]] {
        var texts: [String] = []
        for (hit, ranges) in zip(hits, spans) {
            let utf8 = Array(hit.passage.text.utf8)
            texts += ranges.map { "\(hit.passage.heading)\n \(Prompt.oneLine(utf8[$0]))" }
        }
        // In pieces, so that cancelling does not wait for all of them.
        var vectors: [[Float]] = []
        for first in stride(from: 0, to: texts.count, by: 8) {
            if isCancelled() { throw AskError.cancelled }
            vectors += try searcher.embedder.embed(Array(texts[first..<min(first + 8, texts.count)]))
        }
        var rest = vectors[...]
        return spans.map { ranges in
            defer { rest = rest.dropFirst(ranges.count) }
            return Array(rest.prefix(ranges.count))
        }
    }
}
