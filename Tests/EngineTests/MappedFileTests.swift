import Engine
import Foundation
import Testing

@Suite struct MappedFileTests {
    /// Three times a page, so that whole pages go missing.
    private static let content = (0..<3 * 4096 + 100).map { UInt8(truncatingIfNeeded: $0 / 7) }

    @Test func aTruncatedFileIsAnErrorAndNotASignal() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("weights", Self.content)
        for length in [0, 1, 5000, 4096] {
            try folder.write("weights", Self.content)
            let file = try MappedFile(path: path)
            try file.checkIntact()
            truncate(path, length)
            let sum = file.withUnsafeBytes { $0.reduce(0) { $0 &+ Int($1) } }
            #expect(sum >= 0)
            let error = #expect(throws: FileError.self) { try file.checkIntact() }
            #expect(error?.kind == "file-changed")
            #expect(error?.exitStatus == .inputOutput)
        }
    }

    @Test func aTruncatedModelIsAnErrorAndNotASignal() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.copyItem(atPath: Fixture.checkpoint("gguf-split/model.gguf"), toPath: folder.path("model.gguf"))
        let checkpoint = try Checkpoint.open(folder.path("model.gguf"))
        truncate(folder.path("model.gguf"), 100)
        for (_, tensor) in checkpoint.weights.matrices { #expect(tensor.dequantized().count == tensor.rows * tensor.columns) }
        #expect(throws: FileError.self) { try checkpoint.checkIntact() }
        #expect(throws: FileError.self) { try checkpoint.convert(to: folder.path("out.gguf"), type: .q8_0) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["model.gguf"])
    }

    @Test func aReplacedFileServesItsOldBytes() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("weights", Self.content)
        let file = try MappedFile(path: path)
        try folder.write("new", [1, 2, 3])
        #expect(rename(folder.path("new"), path) == 0)
        #expect(file.withUnsafeBytes { Array($0) } == Self.content)
        try file.checkIntact()
    }

    @Test func releasedPagesAreReadAgain() throws {
        let folder = try TemporaryFolder()
        let file = try MappedFile(path: folder.write("weights", Self.content))
        #expect(file.withUnsafeBytes { Array($0) } == Self.content)
        file.releasePages(10..<Self.content.count)
        #expect(file.withUnsafeBytes { Array($0) } == Self.content)
        try file.checkIntact()
    }

    @Test func whatIsNoFileIsRefusedWithoutWaiting() throws {
        let folder = try TemporaryFolder()
        #expect(mkfifo(folder.path("pipe"), 0o600) == 0)
        for path in [folder.path("pipe"), folder.path, "/dev/zero"] {
            let error = #expect(throws: FileError.self) { try MappedFile(path: path) }
            #expect(error?.exitStatus == .badData)
        }
        #expect(throws: FileError.self) { try MappedFile(path: folder.path("missing")) }
        #expect(try MappedFile(path: folder.write("empty", [])).count == 0)
    }
}
