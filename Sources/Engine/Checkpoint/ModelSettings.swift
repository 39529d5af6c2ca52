import Foundation

/// How a model's hidden states make embeddings, and what else was calibrated for it: the optional `radphi.json` beside the weights.
///
/// `{"embedding": {"layer", "pooling", "center", "remove_components"}, "retrieval": {"lexical_weight"}, "answer": {…}}`.
/// Parts that this module does not know stay reachable through `raw`.
public struct ModelSettings: Sendable {
    public enum Pooling: String, Sendable, CaseIterable {
        case none
        case mean
        /// The mean without the first position, whose hidden state says little of the text.
        case meanSkipFirst = "mean-skip-first"
        case last
    }

    /// Hidden state that embeds: 0 is the embedding table, k the output of block k.
    public var layer: Int
    public var pooling: Pooling
    /// Whether the mean of the corpus is taken off.
    public var center: Bool
    /// Leading principal components of the corpus to take off.
    public var removeComponents: Int
    /// Weight of the lexical ranking in the fusion, 0…1; nil for the default of retrieval.
    public var lexicalWeight: Double?
    /// The file as it is; nil when there is none.
    public let raw: Data?

    /// What holds without a file: layer ⌈0.65 · layers⌉, the mean without the first position, centred, one component taken off.
    public init(layerCount: Int) {
        layer = min(layerCount, Int((0.65 * Double(layerCount)).rounded(.up)))
        pooling = .meanSkipFirst
        center = true
        removeComponents = 1
        lexicalWeight = nil
        raw = nil
    }

    private init(layer: Int, pooling: Pooling, center: Bool, removeComponents: Int, lexicalWeight: Double?, raw: Data) {
        self.layer = layer
        self.pooling = pooling
        self.center = center
        self.removeComponents = removeComponents
        self.lexicalWeight = lexicalWeight
        self.raw = raw
    }

    /// The settings at `path`, or the defaults when there is no such file.
    static func read(_ path: String, layerCount: Int) throws(FileError) -> ModelSettings {
        let defaults = ModelSettings(layerCount: layerCount)
        guard access(path, F_OK) == 0 else { return defaults }
        let file = try MappedFile(path: path)
        let root = try file.json(limit: 16 << 20)
        func fault(_ field: String, _ node: JSONNode, _ problem: String) -> FileError {
            .malformed("settings", path, field: field, offset: node.offset, problem)
        }
        guard root.object != nil else { throw fault("settings", root, "an object is expected") }
        var settings = ModelSettings(
            layer: defaults.layer, pooling: defaults.pooling, center: defaults.center, removeComponents: defaults.removeComponents,
            lexicalWeight: nil, raw: file.withUnsafeBytes { Data($0) })
        if let node = root["embedding"]?["layer"] {
            guard let layer = node.integer, (0...layerCount).contains(layer) else {
                throw fault("embedding.layer", node, "a layer from 0 to \(layerCount) is expected")
            }
            settings.layer = layer
        }
        if let node = root["embedding"]?["pooling"] {
            guard let pooling = node.string.flatMap(Pooling.init(rawValue:)), pooling != .none else {
                throw fault("embedding.pooling", node, "mean, mean-skip-first or last is expected")
            }
            settings.pooling = pooling
        }
        if let node = root["embedding"]?["center"] {
            guard let center = node.boolean else { throw fault("embedding.center", node, "true or false is expected") }
            settings.center = center
        }
        if let node = root["embedding"]?["remove_components"] {
            guard let count = node.integer, (0...64).contains(count) else {
                throw fault("embedding.remove_components", node, "from 0 to 64 is expected")
            }
            settings.removeComponents = count
        }
        if let node = root["retrieval"]?["lexical_weight"] {
            guard let weight = node.number, (0...1).contains(weight) else { throw fault("retrieval.lexical_weight", node, "from 0 to 1 is expected") }
            settings.lexicalWeight = weight
        }
        return settings
    }
}
