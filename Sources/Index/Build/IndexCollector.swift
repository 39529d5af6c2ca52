import Foundation

/// Removes what an index folder no longer needs.
public struct IndexCollector: Sendable {
    public struct Report: Sendable, Codable {
        public let generations: [String]
        public let cachedVectors: Int
        /// Bytes that became free.
        public let bytes: Int
    }

    public let index: String

    public init(index: String) { self.index = index }

    /// - Throws: `IndexError.locked` while a build runs.
    public func collect(keeping kept: Int) throws -> Report {
        let folder = IndexFolder(index)
        guard try folder.current() != nil else { throw IndexError.noIndex(index, mend: RebuildCommand(index: index).text) }
        let lock = try folder.lock()
        defer { withExtendedLifetime(lock) {} }
        let before = try size(index)
        try folder.removeLeavings()
        let removed = try folder.removeOld(keeping: kept)
        let cached = try removeUnusedVectors(folder)
        return Report(generations: removed, cachedVectors: cached, bytes: max(0, before - (try size(index))))
    }

    /// Keeps the vectors of the passages of every generation that is left.
    private func removeUnusedVectors(_ folder: IndexFolder) throws -> Int {
        guard Storage.exists("\(index)/\(EmbeddingCache.fileName)") else { return 0 }
        var used = Set<[UInt8]>()
        var cache: EmbeddingCache?
        for name in try folder.published() {
            let path = folder.folder(name)
            guard let bytes = try? Storage.read("\(path)/\(Manifest.fileName)", limit: 64 << 20), let manifest = try? Manifest.decode(bytes) else { continue }
            let own = try EmbeddingCache(folder: index, fingerprint: manifest.model.fingerprint, dimension: manifest.model.dimension)
            let reader = try PassageStoreReader("\(path)/\(PassageStoreWriter.fileName)")
            var next: Int64 = 1
            while next <= Int64(manifest.counts.passages) {
                for passage in try reader.passages(where: "p.id BETWEEN ? AND ?", [.integer(next), .integer(next + 255)]) { used.insert(own.key(passage.embeddedText)) }
                next += 256
            }
            cache = own
        }
        return try cache?.removeUnused { used.contains($0) } ?? 0
    }

    private func size(_ path: String) throws -> Int {
        var status = stat()
        guard lstat(path, &status) == 0 else { return 0 }
        guard status.st_mode & S_IFMT == S_IFDIR else { return Int(status.st_size) }
        return try Storage.names(in: path).reduce(0) { try $0 + size("\(path)/\($1)") }
    }
}
