import Engine
import Foundation

/// Makes a generation of an index from a corpus.
///
/// The way of the data: read → cut into passages → store the text, and embed (or take from the cache) → raw vectors in a file → transform →
/// FAISS → manifest → publish. Documents stream through, so that only the finished vectors are ever in memory as a whole. Everything is deterministic: the
/// same corpus, model and settings give the same files, whether or not an earlier build was killed half-way.
public struct IndexBuilder: Sendable {
    public struct Options: Sendable {
        public var chunker = ChunkerSettings()
        /// FAISS's factory string; nil: chosen by the number of passages.
        public var factory: String?
        /// Refuse the corpus when anything in it has to be skipped.
        public var strict = false
        /// Build even when the live generation was made from the same.
        public var force = false
        /// Generations that are kept, the new one included.
        public var retained = 2
        /// How a user rebuilds, for messages.
        public var model: String?

        public init() {}
    }

    public let corpus: String
    public let index: String
    public let embedder: any PassageEmbedder
    public let options: Options
    private let isCancelled: @Sendable () -> Bool
    private let progress: @Sendable (BuildProgress) -> Void

    public init(
        corpus: String, index: String, embedder: any PassageEmbedder, options: Options = Options(), isCancelled: @escaping @Sendable () -> Bool = { false },
        progress: @escaping @Sendable (BuildProgress) -> Void = { _ in }
    ) {
        self.corpus = corpus
        self.index = index
        self.embedder = embedder
        self.options = options
        self.isCancelled = isCancelled
        self.progress = progress
    }

    /// Builds and publishes, or finds that the live generation is already what would be built.
    ///
    /// - Throws: `IndexError`, or what the embedder throws. The live generation stays as it was.
    public func build() throws -> BuildReport {
        let started = Date()
        var reader = try CorpusReader(corpus)
        guard !reader.folder.files.isEmpty else { throw IndexError.emptyCorpus(corpus, first: reader.folder.skipped.first) }
        let folder = IndexFolder(index)
        let lock = try folder.lock()
        defer { withExtendedLifetime(lock) {} }
        try folder.removeLeavings()
        if let report = try unchanged(folder, started) { return report }

        try Storage.createFolder(folder.workshop)
        let cache = try EmbeddingCache(folder: index, fingerprint: embedder.fingerprint, dimension: embedder.dimension)
        let store = "\(folder.workshop)/\(PassageStoreWriter.fileName)"
        let rawPath = "\(folder.workshop)/raw.f32"
        let pass = try EmbeddingPass(embedder: embedder, cache: cache, path: rawPath, isCancelled: isCancelled)
        let transform: VectorTransform
        let raw: RawVectors
        var skipped: [SkippedDocument] = []
        var tokens = 0
        let counts: Manifest.Counts
        do {
            let writer = try PassageStoreWriter(store)
            let chunker = PassageChunker(settings: options.chunker, tokenCount: { [embedder] in embedder.tokenCount($0) })
            for skip in reader.folder.skipped { try skipDocument(skip, &skipped) }
            var slugs: [String: Int] = [:]
            let total = max(1, reader.folder.totalBytes)
            try reader.read { file, outcome, bytesRead in
                if isCancelled() { throw IndexError.interrupted }
                switch outcome {
                case .skipped(let line, let reason): try skipDocument(SkippedDocument(file: file.name, line: line, reason: reason), &skipped)
                case .article(let read):
                    // Records of a collection may repeat an id, files of a folder may not.
                    let isRecord = file.form == .json || file.form == .jsonLines
                    guard let article = read.named(apartFrom: &slugs, renaming: isRecord) else {
                        return try skipDocument(SkippedDocument(file: file.name, line: nil, reason: "another document has the slug \(read.slug)"), &skipped)
                    }
                    for passage in try writer.add(article, chunker.passages(of: article)) {
                        tokens += passage.tokenCount
                        try pass.add(passage)
                    }
                    progress(BuildProgress(
                        phase: .reading, fraction: Double(bytesRead) / Double(total), passages: pass.count, tokensPerSecond: pass.tokensPerSecond,
                        seconds: Date().timeIntervalSince(started)))
                }
            }
            guard writer.articleCount > 0 else { throw IndexError.emptyCorpus(corpus, first: skipped.first) }
            try pass.finish()
            raw = try RawVectors(rawPath, dimension: embedder.dimension)
            transform = try VectorTransform.fit(raw, embedder.transform)
            try writer.finish(transform: transform)
            counts = Manifest.Counts(articles: Int(writer.articleCount), passages: Int(writer.passageCount), tokens: tokens)
        }
        try Storage.synchronize(store)

        let vectors = try VectorBuild(raw: raw, transform: transform, factory: options.factory, isCancelled: isCancelled) { fraction in
            progress(BuildProgress(
                phase: .vectors, fraction: fraction, passages: pass.count, tokensPerSecond: pass.tokensPerSecond, seconds: Date().timeIntervalSince(started)))
        }.write(to: "\(folder.workshop)/\(VectorBuild.fileName)")
        try Storage.removeFile(rawPath)
        progress(BuildProgress(phase: .publishing, fraction: 1, passages: pass.count, tokensPerSecond: pass.tokensPerSecond, seconds: Date().timeIntervalSince(started)))

        var files: [String: Manifest.File] = [:]
        for name in [PassageStoreWriter.fileName, VectorBuild.fileName] {
            let file = try InputFile("\(folder.workshop)/\(name)")
            files[name] = Manifest.File(bytes: file.size, sha256: try SHA256.hexadecimal(of: file))
        }
        let seconds = Date().timeIntervalSince(started)
        let manifest = Manifest(
            formatVersion: Manifest.currentFormat,
            model: Manifest.Model(fingerprint: embedder.fingerprint, dimension: embedder.dimension, transform: embedder.transform),
            chunker: options.chunker, corpus: Manifest.Corpus(path: absolute(corpus), digest: reader.isIncomplete ? "" : reader.digest), counts: counts, vectors: vectors,
            files: files, skipped: skipped, builtAt: ISO8601DateFormatter().string(from: Date()), seconds: (seconds * 1000).rounded() / 1000)
        if isCancelled() { throw IndexError.interrupted }
        let generation = try folder.publish(manifest)
        try folder.removeOld(keeping: options.retained)
        return BuildReport(
            generation: generation, articles: counts.articles, passages: counts.passages, embedded: pass.embedded, reused: pass.reused, skipped: skipped, seconds: seconds,
            tokensPerSecond: pass.tokensPerSecond)
    }

    private func skipDocument(_ skip: SkippedDocument, _ skipped: inout [SkippedDocument]) throws(IndexError) {
        skipped.append(skip)
        if options.strict { throw .skipped(count: skipped.count, first: skip) }
    }

    /// The report when the live generation is whole and was made from exactly this. Skipped documents are always tried again.
    private func unchanged(_ folder: IndexFolder, _ started: Date) throws -> BuildReport? {
        guard !options.force, let live = try? Generation.live(in: folder), (try? live.verify()) != nil else { return nil }
        let manifest = live.manifest
        var reader = try CorpusReader(corpus)
        guard manifest.skipped.isEmpty, manifest.formatVersion == Manifest.currentFormat, manifest.model.fingerprint == embedder.fingerprint,
            manifest.model.transform == embedder.transform, manifest.chunker == options.chunker,
            manifest.vectors.factory == options.factory ?? VectorBuild.defaultFactory(count: manifest.counts.passages, dimension: embedder.dimension), manifest.corpus.path == absolute(corpus),
            let digest = reader.digestOnly(), digest == manifest.corpus.digest
        else { return nil }
        return BuildReport(
            generation: live.name, articles: manifest.counts.articles, passages: manifest.counts.passages, embedded: 0, reused: manifest.counts.passages, skipped: [],
            seconds: Date().timeIntervalSince(started), tokensPerSecond: 0)
    }

    private func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
}
