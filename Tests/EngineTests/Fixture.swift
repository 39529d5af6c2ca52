import Engine
import Foundation

/// The reference fixtures; see Tests/Fixtures/make_fixtures.py.
enum Fixture {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures").path

    /// Small models of every form, by their path under `checkpoints`.
    static let models = ["tied", "head80", "odd", "sharded", "msft", "gguf-split/model.gguf", "gguf-fused/model.gguf", "gguf-tiny/model.gguf"]

    static func path(_ name: String) -> String { "\(folder)/\(name)" }
    static func checkpoint(_ name: String) -> String { path("checkpoints/\(name)") }

    /// What transformers computed for the model.
    static func expectations(_ model: String) throws -> SafetensorsFile {
        try SafetensorsFile(path: checkpoint("\(model.split(separator: "/").first ?? "")/expected.safetensors"))
    }
}

/// A folder of its own for one test, removed at the end.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = "\(NSTemporaryDirectory())/radphi-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func path(_ name: String) -> String { "\(path)/\(name)" }

    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
        return path(name)
    }
}
