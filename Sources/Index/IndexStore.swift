import Synchronization

/// A passage found by a search, with that search's own score: higher is better.
public struct ScoredPassage: Sendable, Hashable {
    public let id: Int64
    public let score: Double

    public init(id: Int64, score: Double) {
        self.id = id
        self.score = score
    }
}

/// Which passages a search may return. An empty list restricts nothing; members of a list are alternatives.
public struct PassageFilter: Sendable, Hashable {
    public var systems: [String]
    public var kinds: [String]
    /// Beginnings of `Article.source`, such as a folder of the corpus or the name of a collection.
    public var sources: [String]

    public init(systems: [String] = [], kinds: [String] = [], sources: [String] = []) {
        self.systems = systems
        self.kinds = kinds
        self.sources = sources
    }

    public static let none = PassageFilter()
    public var isEmpty: Bool { systems.isEmpty && kinds.isEmpty && sources.isEmpty }
}

/// What a match counts for, by where it stands.
public struct ColumnWeights: Sendable, Hashable, Codable {
    public var title: Double
    public var headings: Double
    public var synonyms: Double
    public var text: Double

    public init(title: Double = 4, headings: Double = 2, synonyms: Double = 3, text: Double = 1) {
        self.title = title
        self.headings = headings
        self.synonyms = synonyms
        self.text = text
    }
}

/// One generation of an index, opened for reading. It keeps serving the generation it was opened on, whatever is published later.
public final class IndexStore: Sendable {
    public let manifest: Manifest
    /// The generation's name.
    public let generation: String
    /// The folder that was opened.
    public let path: String
    private let reader: Mutex<PassageStoreReader>
    private let vectors: VectorIndex
    private let transform: VectorTransform

    /// Whether an index was ever published at `path`.
    public static func exists(at path: String) -> Bool { Storage.exists("\(path)/CURRENT") }

    /// Opens the live generation for queries that `embedder` embeds.
    public static func open(_ index: String, embedder: any PassageEmbedder, mend: RebuildCommand? = nil) throws -> IndexStore {
        try open(index, expecting: embedder.fingerprint, mend: mend)
    }

    /// Opens the live generation after every file's hash was checked.
    ///
    /// - Parameters:
    ///   - index: the index folder.
    ///   - fingerprint: of the embedder that queries will come from; nil when only text is searched.
    ///   - mend: the command to name when the index must be rebuilt.
    public static func open(_ index: String, expecting fingerprint: String? = nil, mend: RebuildCommand? = nil) throws -> IndexStore {
        let folder = IndexFolder(index)
        var lastGeneration: String?
        while true {
            let generation = try Generation.live(in: folder, mend: mend)
            do {
                return try IndexStore(index, generation, fingerprint, mend)
            } catch let error as IndexError {
                // A builder may have removed this generation while it was being opened; then there is a newer one.
                let now = try folder.current()?.generation
                guard now != generation.name, now != lastGeneration else { throw error }
                lastGeneration = generation.name
            }
        }
    }

    private init(_ path: String, _ generation: Generation, _ fingerprint: String?, _ mend: RebuildCommand?) throws {
        let manifest = generation.manifest
        if let fingerprint, fingerprint != manifest.model.fingerprint {
            throw IndexError.mismatch(
                reason: "the index \(path) was built with the model \(manifest.model.fingerprint.prefix(12))…, the model in use is \(fingerprint.prefix(12))…", mend: generation.mend)
        }
        if manifest.chunker.version != ChunkerSettings.version {
            throw IndexError.mismatch(
                reason: "the passages of the index \(path) were cut by version \(manifest.chunker.version) of the rules, this program has version \(ChunkerSettings.version)", mend: generation.mend)
        }
        let vectors = try VectorIndex(reading: generation.verified(VectorBuild.fileName))
        for (name, value) in manifest.vectors.parameters.sorted(by: { $0.key < $1.key }) { try vectors.set(name, value) }
        _ = try generation.verified(PassageStoreWriter.fileName)
        let reader = try PassageStoreReader("\(generation.folder)/\(PassageStoreWriter.fileName)")
        guard vectors.count == manifest.counts.passages, vectors.dimension == manifest.model.dimension else {
            throw IndexError.damaged(
                file: "\(generation.folder)/\(VectorBuild.fileName)", reason: "it holds \(vectors.count) vectors for \(manifest.counts.passages) passages", mend: generation.mend)
        }
        self.manifest = manifest
        self.generation = generation.name
        self.path = path
        self.vectors = vectors
        transform = try reader.transform(dimension: manifest.model.dimension)
        self.reader = Mutex(reader)
    }

    public func article(_ slug: String) throws -> Article? { try reader.withLock { try $0.article(slug) } }
    public func passage(_ id: Int64) throws -> Passage? { try reader.withLock { try $0.passages(where: "p.id = ?", [.integer(id)]).first } }

    /// In the order of `ids`; unknown ids are left out.
    public func passages(_ ids: [Int64]) throws -> [Passage] {
        try reader.withLock { reader in try ids.compactMap { try reader.passages(where: "p.id = ?", [.integer($0)]).first } }
    }

    /// All passages of an article, in order.
    public func passages(of slug: String) throws -> [Passage] {
        try reader.withLock { try $0.passages(where: "a.slug = ?", [.text(slug)]) }
    }

    /// Every passage, in the order of ids, until `body` returns false.
    public func forEachPassage(_ body: (Passage) throws -> Bool) throws {
        var next: Int64 = 1
        while next <= Int64(manifest.counts.passages) {
            let first = next
            next += 256
            let block = try reader.withLock { try $0.passages(where: "p.id BETWEEN ? AND ?", [.integer(first), .integer(first + 255)]) }
            for passage in block where try !body(passage) { return }
        }
    }

    /// Every article, in the order of the index, until `body` returns false.
    public func forEachArticle(_ body: (Article) throws -> Bool) throws {
        for id in 1...Int64(max(1, manifest.counts.articles)) {
            guard let article = try reader.withLock({ try $0.article(number: id) }) else { continue }
            if try !body(article) { return }
        }
    }

    /// Passages beside `id` in the same section of the same article, in the order of the text, without itself.
    public func neighbours(of id: Int64, before: Int = 1, after: Int = 1) throws -> [Passage] {
        try reader.withLock { try $0.neighbours(of: id, before: max(0, before), after: max(0, after)) }
    }

    /// BM25 over title, headings, synonyms and text; a passage matches that has any of the terms.
    ///
    /// Every term is matched as a quoted phrase, so that no input is FTS syntax. A term may be several words.
    public func lexicalSearch(terms: [String], filter: PassageFilter = .none, weights: ColumnWeights = ColumnWeights(), limit: Int) throws -> [ScoredPassage] {
        try reader.withLock { try $0.lexicalSearch(terms, filter, weights, limit) }
    }

    /// Inner product of normalised vectors, from −1 to 1.
    ///
    /// - Parameter vector: raw, as the embedder gives it; what was done to the passages' vectors is done to it here.
    public func vectorSearch(_ vector: [Float], filter: PassageFilter = .none, limit: Int) throws -> [ScoredPassage] {
        guard vector.count == vectors.dimension else { throw IndexError.badDimension(expected: vectors.dimension, received: vector.count) }
        guard VectorBytes.isFinite(vector) else { throw IndexError.nonFiniteVector(passage: "the question") }
        guard limit > 0 else { return [] }
        let query = transform.apply(vector)
        let allowed = filter.isEmpty ? nil : try reader.withLock { try $0.ids(filter) }
        if let allowed, allowed.isEmpty { return [] }
        var width = allowed == nil ? limit : limit * 4
        while true {
            let hits = try vectors.search(query, limit: width).map { ScoredPassage(id: Int64($0.position) + 1, score: Double($0.score)) }
            let kept = allowed.map { allowed in hits.filter { allowed.contains($0.id) } } ?? hits
            if kept.count >= limit || width >= vectors.count { return Array(kept.prefix(limit)) }
            width = min(vectors.count, width * 4)
        }
    }

    /// The stored, transformed and normalised vector of a passage: the inner product of two is their similarity.
    public func vector(of id: Int64) throws -> [Float] {
        guard id >= 1, id <= Int64(vectors.count) else { throw IndexError.vectors(reason: "no passage \(id); ids go from 1 to \(vectors.count)", memory: false) }
        return try vectors.vector(at: Int(id - 1))
    }

    /// Words of titles and synonyms (lower case, three letters or more) with how often they occur, for the correction of typing errors.
    public func vocabulary() throws -> [String: Int] { try reader.withLock { try $0.vocabulary() } }

    /// In how many passages each term occurs, in any column, as the lexical search matches it.
    public func documentFrequency(of term: String) throws -> Int { try reader.withLock { try $0.documentFrequency(term) } }
}
