import Foundation

/// A Phi model on disk: its configuration, tokenizer and weights.
///
/// A Hugging Face folder (`config.json`, safetensors, tokenizer files) or a GGUF file. Weights stay in the mapped files until they are
/// used; opening one reads the headers, the tokenizer and the vectors.
public final class Checkpoint: Sendable {
    public enum Format: String, Sendable {
        case huggingFace = "hugging-face"
        case gguf
    }

    public let path: String
    public let format: Format
    public let configuration: PhiConfiguration
    public let weights: PhiWeights
    public let tokenizer: Tokenizer
    public let settings: ModelSettings
    /// Bytes of the weight files.
    public let fileSize: Int
    /// Texts that the file says about itself: name, author, licence.
    public let metadata: [String: String]
    private let files: [MappedFile]
    /// What the fingerprint is taken over, in this order.
    package let fingerprintPaths: [String]

    /// Opens the folder or file at `path`. Throws `FileError`: missing, malformed with field and offset, or of a kind not supported.
    public static func open(_ path: String) throws -> Checkpoint {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw FileError.missing(path, "name a Hugging Face folder or a GGUF file")
        }
        return status.st_mode & S_IFMT == S_IFDIR ? try Checkpoint(folder: path) : try Checkpoint(gguf: path)
    }

    private init(folder: String) throws(FileError) {
        let configPath = "\(folder)/config.json"
        guard access(configPath, F_OK) == 0 else {
            throw .missing(configPath, "a model folder with config.json, model.safetensors and tokenizer.json is expected")
        }
        let root = try MappedFile(path: configPath).json(limit: 16 << 20)
        let definition = try TokenizerFiles.definition(folder: folder)
        let read = try HuggingFaceConfiguration(path: configPath, root: root, tokenizer: definition)
        let shards = try SafetensorsShards(folder: folder)
        configuration = try Checkpoint.completed(read.configuration, definition)
        weights = try PhiWeights(shards, names: read.names, configuration: configuration)
        tokenizer = try Tokenizer(definition, endToken: configuration.endToken, tokenCount: configuration.tokenCount)
        path = folder
        format = .huggingFace
        files = shards.files.map(\.file)
        fileSize = files.reduce(0) { $0 + $1.count }
        metadata = [:]
        settings = try ModelSettings.read("\(folder)/radphi.json", layerCount: configuration.layerCount)
        fingerprintPaths = [configPath] + TokenizerFiles.paths(folder: folder) + files.map(\.path)
        try checkIntact()
    }

    private init(gguf path: String) throws(FileError) {
        let file = try GGUFFile(path: path)
        let definition = try file.tokenizerDefinition()
        configuration = try Checkpoint.completed(file.phiConfiguration(definition), definition)
        weights = try PhiWeights(file, names: .gguf, configuration: configuration)
        tokenizer = try Tokenizer(definition, endToken: configuration.endToken, tokenCount: configuration.tokenCount)
        self.path = path
        format = .gguf
        files = [file.file]
        fileSize = file.file.count
        metadata = file.texts
        settings = try ModelSettings.read("\(path).radphi.json", layerCount: configuration.layerCount)
        fingerprintPaths = [path]
        try checkIntact()
    }

    /// Throws when a weight file was truncated or rewritten since it was opened. To be asked after weights were read and before
    /// what came of them is shown.
    public func checkIntact() throws(FileError) {
        for file in files { try file.checkIntact() }
    }

    /// Fits the token count to the tokenizer, which must not know more tokens than the embedding has rows.
    private static func completed(_ configuration: PhiConfiguration, _ definition: TokenizerDefinition) throws(FileError) -> PhiConfiguration {
        var configuration = configuration
        guard definition.texts.count <= configuration.vocabularySize else {
            throw definition.fault(
                "vocab", nil, "\(definition.texts.count) tokens, but the model's vocabulary has \(configuration.vocabularySize) rows")
        }
        configuration.tokenCount = min(configuration.tokenCount, definition.texts.count)
        return configuration
    }
}
