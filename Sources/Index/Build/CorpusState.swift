/// What is in a corpus folder, without reading its documents as articles.
public struct CorpusState: Sendable {
    /// Files of a known form.
    public let documents: Int
    /// What a build would leave out for its name, size or nature.
    public let skipped: [SkippedDocument]
    /// As a manifest's `corpus.digest`; nil when a file cannot be read.
    public let digest: String?

    /// - Throws: `IndexError.noCorpus` if there is nothing at `path`.
    public static func read(_ path: String) throws -> CorpusState {
        var reader = try CorpusReader(path)
        return CorpusState(documents: reader.folder.files.count, skipped: reader.folder.skipped, digest: reader.digestOnly())
    }
}
