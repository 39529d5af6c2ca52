import Foundation

/// Turns the passages of a build into raw vectors, in their order, through the cache.
final class EmbeddingPass {
    private let embedder: any PassageEmbedder
    private let cache: EmbeddingCache
    private let file: OutputFile
    private let isCancelled: () -> Bool
    /// Passages whose vectors are not in the file yet, in order; nil while a vector is missing.
    private var waiting: [(vector: [Float]?, key: [UInt8], text: String, article: String)] = []
    private var missing = 0
    private var embeddedTokens = 0
    private var embeddingSeconds = 0.0
    private(set) var count = 0
    private(set) var embedded = 0
    private(set) var reused = 0

    /// Passages that are embedded and committed to the cache together: what a killed build loses at most.
    private static let batch = 128
    private static let longestQueue = 2048

    init(embedder: any PassageEmbedder, cache: EmbeddingCache, path: String, isCancelled: @escaping () -> Bool) throws(IndexError) {
        self.embedder = embedder
        self.cache = cache
        self.isCancelled = isCancelled
        file = try OutputFile(path)
    }

    var tokensPerSecond: Double { embeddingSeconds > 0 ? Double(embeddedTokens) / embeddingSeconds : 0 }

    func add(_ passage: Passage) throws {
        let text = passage.embeddedText
        let key = cache.key(text)
        let known = try cache.vector(key)
        count += 1
        if known == nil { missing += 1 } else { reused += 1 }
        waiting.append((known, key, known == nil ? text : "", passage.article))
        if missing >= Self.batch || waiting.count >= Self.longestQueue { try flush() }
    }

    func finish() throws {
        try flush()
        try file.finish()
    }

    private func flush() throws {
        if isCancelled() { throw IndexError.interrupted }
        let open = waiting.indices.filter { waiting[$0].vector == nil }
        if !open.isEmpty {
            let started = Date()
            let texts = open.map { waiting[$0].text }
            let vectors = try embedder.embed(texts)
            embeddingSeconds += Date().timeIntervalSince(started)
            embeddedTokens += texts.reduce(0) { $0 + embedder.tokenCount($1) }
            guard vectors.count == open.count else { throw IndexError.badDimension(expected: open.count, received: vectors.count) }
            for (position, vector) in zip(open, vectors) {
                guard vector.count == embedder.dimension else { throw IndexError.badDimension(expected: embedder.dimension, received: vector.count) }
                guard VectorBytes.isFinite(vector) else { throw IndexError.nonFiniteVector(passage: waiting[position].article) }
                waiting[position].vector = vector
            }
            try cache.store(open.map { (waiting[$0].key, waiting[$0].vector ?? []) })
            embedded += open.count
        }
        for passage in waiting { try file.append(VectorBytes.encode(passage.vector ?? [])) }
        waiting.removeAll(keepingCapacity: true)
        missing = 0
    }
}
