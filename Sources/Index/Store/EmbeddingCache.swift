import Engine
import Foundation

/// `embeddings.sqlite`: raw vectors by the content they were made from, so that a killed build resumes and an edit re-embeds only what it changed.
///
/// Not part of a generation and never needed to search. Each row carries a checksum; a row that does not match it is embedded again.
final class EmbeddingCache {
    static let fileName = "embeddings.sqlite"

    private let database: SQLiteDatabase
    private let dimension: Int
    private let fingerprint: String

    /// A cache that cannot be read is thrown away: it only saves time.
    init(folder: String, fingerprint: String, dimension: Int) throws(IndexError) {
        self.dimension = dimension
        self.fingerprint = fingerprint
        let path = "\(folder)/\(Self.fileName)"
        do throws(IndexError) {
            database = try Self.open(path)
        } catch {
            guard SQLiteDatabase.isDamage(error) else { throw error }
            try Storage.removeFile(path)
            try Storage.removeFile(path + "-journal")
            database = try Self.open(path)
        }
    }

    private static func open(_ path: String) throws(IndexError) -> SQLiteDatabase {
        let database = try SQLiteDatabase(path, .durable)
        try database.execute("CREATE TABLE IF NOT EXISTS embedding(key BLOB PRIMARY KEY, vector BLOB NOT NULL, checksum BLOB NOT NULL) WITHOUT ROWID")
        return database
    }

    func key(_ text: String) -> [UInt8] {
        var hash = SHA256()
        hash.update(fingerprint)
        hash.update([0x0A])
        hash.update(text)
        return hash.digest()
    }

    func vector(_ key: [UInt8]) throws -> [Float]? {
        do {
            return try database.rows("SELECT vector, checksum FROM embedding WHERE key = ?", [.blob(key)]) { row in
                let bytes = row.blob(0)
                return row.blob(1) == Self.checksum(key, bytes) ? VectorBytes.decode(bytes, dimension: dimension) : nil
            }.first ?? nil
        } catch let error as IndexError where SQLiteDatabase.isDamage(error) {
            return nil
        }
    }

    func store(_ entries: [(key: [UInt8], vector: [Float])]) throws(IndexError) {
        guard !entries.isEmpty else { return }
        do throws(IndexError) {
            try database.execute("BEGIN IMMEDIATE")
            for entry in entries {
                let bytes = VectorBytes.encode(entry.vector)
                try database.run("INSERT OR REPLACE INTO embedding VALUES(?,?,?)", [.blob(entry.key), .blob(bytes), .blob(Self.checksum(entry.key, bytes))])
            }
            try database.execute("COMMIT")
        } catch {
            try? database.execute("ROLLBACK")
            throw error
        }
    }

    var count: Int {
        get throws { try database.rows("SELECT count(*) FROM embedding") { $0.int(0) }.first ?? 0 }
    }

    /// Removes every entry whose key `isUsed` denies; returns how many.
    func removeUnused(_ isUsed: ([UInt8]) -> Bool) throws -> Int {
        let unused = try database.rows("SELECT key FROM embedding") { $0.blob(0) }.filter { !isUsed($0) }
        guard !unused.isEmpty else { return 0 }
        try database.execute("BEGIN IMMEDIATE")
        for key in unused { try database.run("DELETE FROM embedding WHERE key = ?", [.blob(key)]) }
        try database.execute("COMMIT; VACUUM")
        return unused.count
    }

    private static func checksum(_ key: [UInt8], _ vector: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.update(key)
        hash.update(vector)
        return Array(hash.digest().prefix(8))
    }
}

extension Storage {
    static func removeFile(_ path: String) throws(IndexError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw failure("unlink", path) }
    }
}
