import Engine

/// One published generation: its folder and its manifest, which CURRENT's digest has vouched for.
struct Generation: Sendable {
    let name: String
    let folder: String
    let manifest: Manifest
    let mend: String

    /// The generation that CURRENT names.
    static func live(in index: IndexFolder, mend: RebuildCommand? = nil) throws -> Generation {
        var mend = mend ?? RebuildCommand(index: index.path)
        // A builder may publish twice and remove what CURRENT named between two steps here; then CURRENT names another one.
        for _ in 0..<8 {
            guard let pointer = try index.current() else { throw IndexError.noIndex(index.path, mend: mend.text) }
            let folder = index.folder(pointer.generation)
            let path = "\(folder)/\(Manifest.fileName)"
            guard Storage.exists(path) else {
                if try index.current() != pointer { continue }
                throw IndexError.damaged(file: path, reason: "it is missing", mend: mend.text)
            }
            let bytes = try Storage.read(path, limit: 64 << 20)
            var hash = SHA256()
            hash.update(bytes)
            guard hash.hexadecimal() == pointer.manifestDigest else {
                throw IndexError.damaged(file: path, reason: "its SHA-256 is not the one that CURRENT names", mend: mend.text)
            }
            if let version = Manifest.formatVersion(of: bytes), version != Manifest.currentFormat {
                throw IndexError.mismatch(reason: "the index \(index.path) has format \(version), this program reads format \(Manifest.currentFormat)", mend: mend.text)
            }
            guard let manifest = try? Manifest.decode(bytes) else {
                throw IndexError.damaged(file: path, reason: "it is not a manifest", mend: mend.text)
            }
            if mend.corpus == nil { mend.corpus = manifest.corpus.path }
            return Generation(name: pointer.generation, folder: folder, manifest: manifest, mend: mend.text)
        }
        throw IndexError.locked(index.path)
    }

    /// A file of the generation, after its size and hash were found right.
    func verified(_ name: String) throws(IndexError) -> InputFile {
        let path = "\(folder)/\(name)"
        guard let expected = manifest.files[name] else { throw .damaged(file: "\(folder)/\(Manifest.fileName)", reason: "it does not list \(name)", mend: mend) }
        guard Storage.exists(path) else { throw .damaged(file: path, reason: "it is missing", mend: mend) }
        let file = try InputFile(path)
        guard file.size == expected.bytes else {
            throw .damaged(file: path, reason: "it has \(file.size) bytes, the manifest says \(expected.bytes)", mend: mend)
        }
        guard try SHA256.hexadecimal(of: file) == expected.sha256 else { throw .damaged(file: path, reason: "its SHA-256 is not the one in the manifest", mend: mend) }
        return file
    }

    /// Checks every file.
    func verify() throws(IndexError) {
        for name in manifest.files.keys.sorted() { _ = try verified(name) }
    }
}
