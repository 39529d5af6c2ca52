import Index

/// Comparisons: each side is searched for and answered by itself.
extension Answerer {
    /// What is found for the two sides of a comparison, within their two articles; nil when `query` is none, or a filter leaves one of them out.
    func compared(_ query: SearchQuery, _ request: AskRequest) throws -> [Found]? {
        guard request.splitsComparisons, request.legs.contains(.structure), let comparison = searcher.comparison(query.corrected) else { return nil }
        var passages: [Passage] = []
        for side in comparison.sides {
            let own = try searcher.store.passages(of: side.article).filter { try searcher.accepts($0, request.filter) && request.among?.contains($0.id) ?? true }
            guard !own.isEmpty else { return nil }
            passages += own
        }
        return try comparison.sides.map { side in
            var search = SearchRequest(question: side.question, limit: passages.count, filter: request.filter, legs: request.legs, among: Set(passages.map(\.id)))
            search.intents = query.intents.union([.differential])
            let result = try searcher.search(search)
            let subject = ComparedSubject(article: side.article, isAskedSomething: !comparison.asked.isEmpty, lexicon: searcher.lexicon)
            // What sets the two apart is said, if anywhere, where the other article names this one; such a passage is about this one.
            let hits = result.hits.map { hit -> SearchHit in
                guard hit.passage.article != side.article, subject.isNamed(in: hit.passage) else { return hit }
                var signals = hit.signals
                signals.entity = 1
                return SearchHit(passage: hit.passage, score: searcher.weights.score(signals), lexical: hit.lexical, dense: hit.dense, signals: signals)
            }
            let naming = hits.filter { $0.passage.article != side.article && $0.entity >= 1 }
            let own = hits.filter { $0.passage.article == side.article && !ComparedSubject.isDifferential($0.passage) }
            let chosen = Array(naming.prefix(1) + own)
            return Found(
                name: side.name, result: SearchResult(query: result.query, hits: chosen, vector: result.vector),
                others: Dictionary(hits.map { ($0.passage.id, $0) }) { first, _ in first }, about: subject)
        }
    }
}
