import Foundation

/// The reference fixtures; see Tests/Fixtures/make_fixtures.py.
enum Fixture {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures").path

    static func path(_ name: String) -> String { "\(folder)/\(name)" }
    static func checkpoint(_ name: String) -> String { path("checkpoints/\(name)") }
    /// The folders of small models, GGUF files among them.
    static let huggingFaceNames = ["tied", "head80", "odd", "sharded", "msft"]
    static let ggufNames = ["gguf-split", "gguf-fused"]
}
