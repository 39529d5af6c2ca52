import Foundation

extension Checkpoint {
    /// SHA-256 over weights, configuration and tokenizer, in hexadecimal: what ties an index to its model.
    ///
    /// Reading a large file takes seconds, so the digest is kept in the user's cache folder under the files' paths, sizes, times and
    /// inodes. A cache that cannot be written is no error.
    public func fingerprint() throws -> String {
        let files = try fingerprintPaths.map { path throws(FileError) in try MappedFile(path: path) }
        let key = SHA256.hexadecimal(
            Array(
                files.map { file in
                    let identity = file.identity
                    return "\(Checkpoint.absolute(file.path))\0\(identity.size)\0\(identity.inode)\0\(identity.device)\0\(identity.modificationNanoseconds)"
                }.joined(separator: "\n").utf8))
        let entry = Checkpoint.cacheFolder.map { "\($0)/\(key)" }
        if let entry, let known = FileManager.default.contents(atPath: entry).map({ String(decoding: $0, as: UTF8.self) }), known.utf8.count == 64,
            known.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
        {
            return known
        }
        let digest = try Checkpoint.digest(files)
        if let entry, let folder = Checkpoint.cacheFolder {
            try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try? Data(digest.utf8).write(to: URL(fileURLWithPath: entry), options: .atomic)
        }
        return digest
    }

    /// The digest of each file's name and size, then its bytes, in order.
    private static func digest(_ files: [MappedFile]) throws(FileError) -> String {
        var hash = SHA256()
        for file in files {
            // A GGUF file may be renamed and stays the same model; the parts of a folder are told apart by name.
            let name = files.count == 1 ? "" : (file.path as NSString).lastPathComponent
            Array("\(name)\0\(file.count)\0".utf8).withUnsafeBytes { hash.update($0) }
            let step = 16 << 20
            for start in stride(from: 0, to: file.count, by: step) {
                let part = start..<min(start + step, file.count)
                file.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[part])) }
                file.releasePages(part)
            }
            try file.checkIntact()
        }
        return hash.hexadecimal()
    }

    private static func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }

    private static var cacheFolder: String? {
        let environment = ProcessInfo.processInfo.environment
        if let base = environment["XDG_CACHE_HOME"], base.hasPrefix("/") { return "\(base)/radphi-rag/fingerprints" }
        return environment["HOME"].map { "\($0)/.cache/radphi-rag/fingerprints" }
    }
}
