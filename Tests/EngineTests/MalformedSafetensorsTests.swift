import Engine
import Foundation
import Testing

@Suite struct MalformedSafetensorsTests {
    private static func file(_ header: String, data: Int, length: UInt64? = nil) -> [UInt8] {
        withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian, Array.init) + Array(header.utf8) + [UInt8](repeating: 0, count: data)
    }

    private static let sound = #"{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"F16","shape":[4],"data_offsets":[16,24]}}"#

    static let cases: [(name: String, bytes: [UInt8])] = [
        ("empty", []), ("seven bytes", [1, 2, 3, 4, 5, 6, 7]), ("header over 100 MB", file(sound, data: 24, length: 100_000_001)),
        ("header over the file", file(sound, data: 24, length: 10_000)), ("header of 2^63", file(sound, data: 24, length: 1 << 63)),
        ("header of 2^64 - 1", file(sound, data: 24, length: .max)), ("array", file("[1]", data: 0)), ("text", file("\"a\"", data: 0)),
        ("space first", file(" {}", data: 0)), ("cut header", file(sound, data: 24, length: 50)), ("tensor is a number", file(#"{"a":1}"#, data: 0)),
        ("duplicate key", file(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, data: 8)),
        ("duplicate member", file(#"{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, data: 4)),
        ("overlap", file(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, data: 12)),
        ("gap", file(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#, data: 12)),
        ("gap at the start", file(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, data: 8)), ("trailing bytes", file(sound, data: 25)),
        ("data missing", file(sound, data: 23)), ("size is not dtype × shape", file(#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, data: 8)),
        ("shape overflows", file(#"{"a":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,8]}}"#, data: 8)),
        ("negative shape", file(#"{"a":{"dtype":"F32","shape":[-2,-1],"data_offsets":[0,8]}}"#, data: 8)),
        ("fractional shape", file(#"{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,6]}}"#, data: 6)),
        ("nine dimensions", file(#"{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}"#, data: 4)),
        ("offsets descend", file(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, data: 4)),
        ("offsets over 63 bits", file(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[18446744073709551612,18446744073709551616]}}"#, data: 4)),
        ("one offset", file(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, data: 4)), ("unknown dtype", file(#"{"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}"#, data: 4)),
        ("no dtype", file(#"{"a":{"shape":[1],"data_offsets":[0,4]}}"#, data: 4)), ("metadata is no object", file(#"{"__metadata__":[]}"#, data: 0)),
        ("metadata is no text", file(#"{"__metadata__":{"a":1}}"#, data: 0)), ("not UTF-8", Array([3, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0xFF, 0x7D])),
        ("too deep", file(String(repeating: #"{"a":"#, count: 10_000) + "1" + String(repeating: "}", count: 10_000), data: 0)),
    ]

    @Test(arguments: cases.indices)
    func aBrokenHeaderIsRefused(_ index: Int) throws {
        let (name, bytes) = Self.cases[index]
        let folder = try TemporaryFolder()
        let path = try folder.write("model.safetensors", bytes)
        let error = #expect(throws: FileError.self, "\(name)") { try SafetensorsFile(path: path) }
        #expect(error?.exitStatus == .badData)
        #expect(error?.file == path)
        #expect(error?.offset != nil, "\(name)")
    }

    @Test func aSoundFileIsRead() throws {
        let folder = try TemporaryFolder()
        let file = try SafetensorsFile(path: folder.write("sound.safetensors", Self.file(Self.sound, data: 24)))
        #expect(try file.floats("a") == [0, 0, 0, 0])
        #expect(try file.floats("b")?.count == 4)
        #expect(try file.floats("c") == nil)
    }

    @Test func aFileCutAnywhereIsRefused() throws {
        let folder = try TemporaryFolder()
        let whole = Self.file(Self.sound, data: 24)
        for length in 0..<whole.count {
            let path = try folder.write("cut.safetensors", Array(whole[..<length]))
            #expect(throws: FileError.self, "\(length)") { try SafetensorsFile(path: path) }
        }
    }

    @Test func theWritersFileIsRead() throws {
        let folder = try TemporaryFolder()
        let values: [Float] = [1, -2, 0.5, 3]
        let bytes = try SafetensorsWriter.file(
            [
                .init(name: "weights", dtype: "F32", shape: [2, 2], bytes: values.withUnsafeBytes(Array.init)),
                .init(name: "ids", dtype: "I32", shape: [1], bytes: [7, 0, 0, 0]),
            ], metadata: ["made": "here"])
        let file = try SafetensorsFile(path: folder.write("written.safetensors", bytes))
        #expect(try file.floats("weights") == values)
        #expect(file.integers("ids") == [7])
        #expect(file.metadata == ["made": "here"])
    }

    /// An index may not lead out of its folder, nor name what is not there.
    @Test(arguments: ["../model.safetensors", "/etc/passwd", "", ".", "model.safetensors\\u0000", "missing.safetensors"])
    func anIndexStaysInItsFolder(_ name: String) throws {
        let folder = try TemporaryFolder()
        for file in ["config.json", "tokenizer.json"] {
            try FileManager.default.copyItem(atPath: Fixture.checkpoint("sharded/\(file)"), toPath: folder.path(file))
        }
        try folder.write("model.safetensors.index.json", Array(#"{"weight_map":{"model.embed_tokens.weight":"\#(name)"}}"#.utf8))
        let error = #expect(throws: FileError.self) { try Checkpoint.open(folder.path) }
        #expect(error?.exitStatus == (name == "missing.safetensors" ? .missingInput : .badData))
    }
}
