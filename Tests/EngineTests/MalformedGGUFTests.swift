import Engine
import Foundation
import Testing

/// Bytes of a GGUF file, written piece by piece so that each piece can be wrong.
private struct GGUFBytes {
    var bytes: [UInt8] = []

    init(version: UInt32 = 3, tensors: UInt64 = 0, values: UInt64 = 0) {
        bytes = Array("GGUF".utf8)
        number(version)
        number(tensors)
        number(values)
    }

    mutating func number<T: FixedWidthInteger>(_ value: T) { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }
    mutating func text(_ text: String) {
        number(UInt64(text.utf8.count))
        bytes += Array(text.utf8)
    }
    mutating func key(_ key: String, type: UInt32) {
        text(key)
        number(type)
    }
    mutating func tensor(_ name: String, _ shape: [UInt64], type: UInt32 = 0, offset: UInt64 = 0) {
        text(name)
        number(UInt32(shape.count))
        for extent in shape { number(extent) }
        number(type)
        number(offset)
    }
    mutating func pad(data: Int) {
        while bytes.count % 32 != 0 { bytes.append(0) }
        bytes += [UInt8](repeating: 0, count: data)
    }
}

@Suite struct MalformedGGUFTests {
    private static let string: UInt32 = 8, array: UInt32 = 9, uint32: UInt32 = 4

    private static func made(_ build: (inout GGUFBytes) -> Void, tensors: UInt64 = 0, values: UInt64 = 0, version: UInt32 = 3) -> [UInt8] {
        var file = GGUFBytes(version: version, tensors: tensors, values: values)
        build(&file)
        file.pad(data: 4096)
        return file.bytes
    }

    static let cases: [(name: String, bytes: [UInt8])] = [
        ("empty", []), ("magic", Array("GGML".utf8) + [UInt8](repeating: 0, count: 64)), ("version 1", made({ _ in }, version: 1)),
        ("big-endian", made({ _ in }, version: 3 << 24)), ("version 4", made({ _ in }, version: 4)),
        ("2^62 tensors", made({ _ in }, tensors: 1 << 62)), ("2^62 values", made({ _ in }, values: 1 << 62)),
        ("2^64 - 1 tensors", made({ _ in }, tensors: .max)),
        ("key of 2^63 bytes", made({ $0.number(UInt64(1) << 63) }, values: 1)),
        ("key past the end", made({ $0.number(UInt64(1) << 20) }, values: 1)),
        ("value text of 2^63 bytes", made({ $0.key("a", type: string); $0.number(UInt64(1) << 63) }, values: 1)),
        ("text that is not UTF-8", made({ $0.key("a", type: string); $0.number(UInt64(1)); $0.number(UInt8(0xFF)) }, values: 1)),
        ("unknown value type", made({ $0.key("a", type: 77) }, values: 1)),
        ("boolean of 2", made({ $0.key("a", type: 7); $0.number(UInt8(2)) }, values: 1)),
        ("array of 2^62", made({ $0.key("a", type: array); $0.number(uint32); $0.number(UInt64(1) << 62) }, values: 1)),
        ("array of 2^62 texts", made({ $0.key("a", type: array); $0.number(string); $0.number(UInt64(1) << 62) }, values: 1)),
        ("array of arrays", made({ $0.key("a", type: array); $0.number(array); $0.number(UInt64(1)); $0.number(array) }, values: 1)),
        ("array of numbers over 63 bits", made({ $0.key("a", type: array); $0.number(UInt32(10)); $0.number(UInt64(1)); $0.number(UInt64.max) }, values: 1)),
        ("key twice", made({ for _ in 0..<2 { $0.key("a", type: 7); $0.number(UInt8(1)) } }, values: 2)),
        ("alignment 0", made({ $0.key("general.alignment", type: uint32); $0.number(UInt32(0)) }, values: 1)),
        ("alignment 3", made({ $0.key("general.alignment", type: uint32); $0.number(UInt32(3)) }, values: 1)),
        ("alignment 2^31", made({ $0.key("general.alignment", type: uint32); $0.number(UInt32(1) << 31) }, values: 1)),
        ("alignment as text", made({ $0.key("general.alignment", type: string); $0.text("32") }, values: 1)),
        ("no dimensions", made({ $0.tensor("t", []) }, tensors: 1)), ("five dimensions", made({ $0.tensor("t", [1, 1, 1, 1, 1]) }, tensors: 1)),
        ("2^32 - 1 dimensions", made({ $0.text("t"); $0.number(UInt32.max) }, tensors: 1)),
        ("zero dimension", made({ $0.tensor("t", [32, 0]) }, tensors: 1)),
        ("dimensions that wrap", made({ $0.tensor("t", [1 << 32, 1 << 32]) }, tensors: 1)),
        ("dimensions that wrap to little", made({ $0.tensor("t", [1 << 62, 4, 2]) }, tensors: 1)),
        ("dimension 2^63", made({ $0.tensor("t", [1 << 63]) }, tensors: 1)), ("bytes that wrap", made({ $0.tensor("t", [1 << 61, 2]) }, tensors: 1)),
        ("half a block", made({ $0.tensor("t", [33], type: 8) }, tensors: 1)), ("offset off the alignment", made({ $0.tensor("t", [8], offset: 8) }, tensors: 1)),
        ("offset past the end", made({ $0.tensor("t", [8], offset: 1 << 40) }, tensors: 1)),
        ("offset 2^64 - 32", made({ $0.tensor("t", [8], offset: .max - 31) }, tensors: 1)),
        ("offset 2^63 - 32", made({ $0.tensor("t", [8], offset: 1 << 63 - 32) }, tensors: 1)),
        ("size past the end", made({ $0.tensor("t", [1 << 20]) }, tensors: 1)),
        ("tensor twice", made({ $0.tensor("t", [8]); $0.tensor("t", [8], offset: 32) }, tensors: 2)),
        ("overlap", made({ $0.tensor("t", [64]); $0.tensor("u", [64], offset: 32) }, tensors: 2)),
    ]

    @Test(arguments: cases.indices)
    func aBrokenHeaderIsRefused(_ index: Int) throws {
        let (name, bytes) = Self.cases[index]
        let folder = try TemporaryFolder()
        let path = try folder.write("broken.gguf", bytes)
        let error = #expect(throws: FileError.self, "\(name)") { try GGUFFile(path: path) }
        #expect(error?.exitStatus == .badData)
        #expect(error?.file == path)
        #expect(error?.offset != nil, "\(name)")
        #expect(error?.message.contains(path) == true)
    }

    @Test func aSoundHeaderOfTheSameBuilderIsRead() throws {
        let folder = try TemporaryFolder()
        let bytes = Self.made({ file in
            file.key("general.alignment", type: Self.uint32)
            file.number(UInt32(32))
            file.tensor("t", [8, 4])
            file.tensor("u", [64], type: 8, offset: 128)
        }, tensors: 2, values: 1)
        let file = try GGUFFile(path: folder.write("sound.gguf", bytes))
        let tensor = try #require(try file.tensor("t"))
        #expect(tensor.rows == 4)
        #expect(tensor.columns == 8)
        #expect(try file.tensor("u")?.type == .q8_0)
        #expect(try file.tensor("v") == nil)
    }

    /// Cut at every byte of the header and at many of the data: an error each time, never a signal.
    @Test func aFileCutAnywhereIsRefused() throws {
        let folder = try TemporaryFolder()
        let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: Fixture.checkpoint("gguf-tiny/model.gguf"))))
        let path = try folder.write("cut.gguf", whole)
        var length = whole.count
        while length > 0 {
            length -= length > 20_000 ? 331 : 1
            truncate(path, length)
            let error = #expect(throws: FileError.self, "\(length)") { try Checkpoint.open(path) }
            #expect(error?.exitStatus == .badData, "\(length): \(error?.message ?? "")")
        }
    }

    /// Every key that the model needs: missing, of a wrong type, or absurd.
    @Test func wrongMetadataIsRefused() throws {
        let folder = try TemporaryFolder()
        let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: Fixture.checkpoint("gguf-tiny/model.gguf"))))
        func place(_ key: String) throws -> Int {
            let pattern = Array(key.utf8)
            let header = whole[..<20_000]
            return try #require(header.indices.first { header[$0...].starts(with: pattern) }) + pattern.count
        }
        for key in [
            "phi2.context_length", "phi2.embedding_length", "phi2.feed_forward_length", "phi2.block_count", "phi2.attention.head_count",
            "phi2.rope.dimension_count",
        ] {
            let start = try place(key)
            for wrong: UInt32 in [0, 3, 0x7FFF_FFFF, 0xFFFF_FFFF] where !(key == "phi2.rope.dimension_count" && wrong == 0) && !(key == "phi2.context_length" && wrong == 3) {
                var bytes = whole
                withUnsafeBytes(of: wrong.littleEndian) { bytes.replaceSubrange(start + 4..<start + 8, with: $0) }
                let path = try folder.write("wrong.gguf", bytes)
                let error = #expect(throws: FileError.self, "\(key) \(wrong)") { try Checkpoint.open(path) }
                #expect(error?.exitStatus == .badData)
            }
            var missing = whole
            missing[start - 1] = UInt8(ascii: "?")
            var float = whole
            float[start] = 6
            for bytes in [missing, float] {
                let path = try folder.write("wrong.gguf", bytes)
                let error = #expect(throws: FileError.self, "\(key)") { try Checkpoint.open(path) }
                #expect(error?.message.contains("phi2.") == true)
            }
        }
        for (key, wrong) in [("general.architecture", "llam"), ("tokenizer.ggml.model", "bert")] {
            let start = try place(key) + 12
            var bytes = whole
            bytes.replaceSubrange(start..<start + 4, with: Array(wrong.utf8))
            let path = try folder.write("wrong.gguf", bytes)
            let error = #expect(throws: FileError.self) { try Checkpoint.open(path) }
            #expect(error?.message.contains(key) == true)
        }
    }
}
