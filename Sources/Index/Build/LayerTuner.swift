/// How well one layer's vectors retrieve in a corpus.
public struct LayerScore: Sendable, Codable {
    public let layer: Int
    /// Mean reciprocal rank of the first passage of its article, over the titles.
    public let titleToPassage: Double
    /// Mean reciprocal rank of the rest of a passage, over the passages' longest sentences.
    public let sentenceToRest: Double
    public var mean: Double { (titleToPassage + sentenceToRest) / 2 }
}

/// Chooses the layer to embed with from the user's own corpus, without labels.
public struct LayerTuner {
    private let corpus: String
    private let sample: Int
    private let isCancelled: () -> Bool

    public init(corpus: String, sample: Int, isCancelled: @escaping () -> Bool = { false }) {
        self.corpus = corpus
        self.sample = sample
        self.isCancelled = isCancelled
    }

    private struct Probe {
        let article: String
        let title: String
        let text: String
        /// The longest sentence, and the others; nil for a passage of one sentence.
        let split: (sentence: String, rest: String)?
    }

    /// - Throws: `IndexError.emptyCorpus`, or what the embedder throws.
    public func score(layer: Int, embedder: any PassageEmbedder) throws -> LayerScore {
        let probes = try probes(embedder)
        let passages = try embed(probes.map(\.text), embedder)
        let transform = VectorTransform.fit(passages, embedder.transform)
        let targets = passages.map(transform.apply)

        var titles: [String: Int] = [:]
        for (position, probe) in probes.enumerated() where titles[probe.article] == nil { titles[probe.article] = position }
        let named = titles.values.sorted()
        let titleVectors = try embed(named.map { probes[$0].title }, embedder).map(transform.apply)
        let titleScore = try mean(named.indices) { row in
            reciprocalRank(titleVectors[row], targets) { probes[$0].article == probes[named[row]].article }
        }

        let pairs = probes.compactMap(\.split)
        let sentences = try embed(pairs.map(\.sentence), embedder).map(transform.apply)
        let rests = try embed(pairs.map(\.rest), embedder).map(transform.apply)
        let sentenceScore = try mean(pairs.indices) { row in reciprocalRank(sentences[row], rests) { $0 == row } }
        return LayerScore(layer: layer, titleToPassage: titleScore, sentenceToRest: sentenceScore)
    }

    /// An even sample of the corpus's passages; the same on every call.
    private func probes(_ embedder: any PassageEmbedder) throws -> [Probe] {
        var reader = try CorpusReader(corpus)
        let chunker = PassageChunker(settings: ChunkerSettings(), tokenCount: { embedder.tokenCount($0) })
        var kept: [Probe] = []
        var (step, seen) = (1, 0)
        try reader.read { _, outcome, _ in
            if isCancelled() { throw IndexError.interrupted }
            guard case .article(let article) = outcome else { return }
            let utf8 = Array(article.text.utf8)
            for draft in chunker.passages(of: article) {
                defer { seen += 1 }
                guard seen % step == 0 else { continue }
                kept.append(probe(article, String(decoding: utf8[draft.start..<draft.end], as: UTF8.self)))
                if kept.count == 2 * sample {
                    // Every second one stays, and from now on every second one is taken.
                    kept = kept.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
                    step *= 2
                }
            }
        }
        guard !kept.isEmpty else { throw IndexError.emptyCorpus(corpus, first: nil) }
        return kept
    }

    private func probe(_ article: Article, _ text: String) -> Probe {
        let utf8 = Array(text.utf8)
        let ranges = SentenceSplitter.sentences(text)
        let sentences = ranges.map { String(decoding: utf8[$0], as: UTF8.self) }
        var split: (String, String)?
        if sentences.count > 1, let longest = sentences.indices.max(by: { sentences[$0].utf8.count < sentences[$1].utf8.count }) {
            split = (sentences[longest], sentences.indices.filter { $0 != longest }.map { sentences[$0] }.joined(separator: " "))
        }
        return Probe(article: article.slug, title: article.title, text: sentences.joined(separator: " "), split: split)
    }

    private func embed(_ texts: [String], _ embedder: any PassageEmbedder) throws -> [[Float]] {
        var vectors: [[Float]] = []
        for start in stride(from: 0, to: texts.count, by: 64) {
            if isCancelled() { throw IndexError.interrupted }
            vectors += try embedder.embed(Array(texts[start..<min(start + 64, texts.count)]))
        }
        return vectors
    }

    private func mean(_ rows: Range<Int>, _ value: (Int) -> Double) throws -> Double {
        if isCancelled() { throw IndexError.interrupted }
        return rows.isEmpty ? 0 : rows.reduce(0) { $0 + value($1) } / Double(rows.count)
    }

    private func reciprocalRank(_ query: [Float], _ targets: [[Float]], isRight: (Int) -> Bool) -> Double {
        var best: Float = -.infinity
        var scores = [Float](repeating: 0, count: targets.count)
        for (position, target) in targets.enumerated() {
            var sum: Float = 0
            for i in 0..<min(query.count, target.count) { sum += query[i] * target[i] }
            scores[position] = sum
            if isRight(position) { best = max(best, sum) }
        }
        guard best > -.infinity else { return 0 }
        return 1 / Double(1 + scores.indices.reduce(0) { $0 + (scores[$1] > best && !isRight($1) ? 1 : 0) })
    }
}
