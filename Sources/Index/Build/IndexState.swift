/// What the live generation says about itself.
public struct IndexState: Sendable {
    public let index: String
    public let generation: String
    public let manifest: Manifest

    /// Reads the manifest only.
    public static func read(_ index: String) throws -> IndexState {
        let generation = try Generation.live(in: IndexFolder(index))
        return IndexState(index: index, generation: generation.name, manifest: generation.manifest)
    }

    /// Reads every file of the live generation and throws at the first that is not what the manifest says.
    public static func verify(_ index: String) throws -> IndexState {
        let generation = try Generation.live(in: IndexFolder(index))
        try generation.verify()
        _ = try IndexStore.open(index)
        return IndexState(index: index, generation: generation.name, manifest: generation.manifest)
    }
}
