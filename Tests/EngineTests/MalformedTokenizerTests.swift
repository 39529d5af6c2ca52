import Engine
import Foundation
import Testing

@Suite struct MalformedTokenizerTests {
    /// A change to a sound tokenizer.json, made on its parsed form.
    private static func changed(_ change: (inout [String: Any]) -> Void) throws -> [UInt8] {
        let data = try Data(contentsOf: URL(fileURLWithPath: Fixture.path("tokenizer/tokenizer.json")))
        var root = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        change(&root)
        return [UInt8](try JSONSerialization.data(withJSONObject: root))
    }

    private static func changedModel(_ change: (inout [String: Any]) -> Void) throws -> [UInt8] {
        try changed { root in
            var model = root["model"] as? [String: Any] ?? [:]
            change(&model)
            root["model"] = model
        }
    }

    private static func changedVocabulary(_ change: (inout [String: Any]) -> Void) throws -> [UInt8] {
        try changedModel { model in
            var vocabulary = model["vocab"] as? [String: Any] ?? [:]
            change(&vocabulary)
            model["vocab"] = vocabulary
        }
    }

    private static func open(_ bytes: [UInt8]) throws {
        let folder = try TemporaryFolder()
        for file in ["config.json", "model.safetensors"] {
            try FileManager.default.copyItem(atPath: Fixture.checkpoint("tied/\(file)"), toPath: folder.path(file))
        }
        try folder.write("tokenizer.json", bytes)
        _ = try Checkpoint.open(folder.path)
    }

    @Test func theUnchangedFileIsRead() throws {
        try Self.open(Self.changed { _ in })
    }

    static let cases: [(name: String, bytes: @Sendable () throws -> [UInt8])] = [
        ("empty", { [] }), ("array", { Array("[]".utf8) }), ("no JSON", { Array("{\"a\":}".utf8) }), ("cut", { Array(try changed { _ in }.prefix(5000)) }),
        ("something follows", { try changed { _ in } + Array("{}".utf8) }),
        ("depth 10,000", { Array((String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)).utf8) }),
        ("depth 10,000, open", { Array(String(repeating: #"{"a":"#, count: 10_000).utf8) }), ("not UTF-8", { Array("{\"a\":\"".utf8) + [0xC3, 0x28] + Array("\"}".utf8) }),
        ("half a surrogate", { Array(#"{"a":"\ud800"}"#.utf8) }), ("the same key twice", { Array(#"{"model":{},"model":{}}"#.utf8) }),
        ("no model", { try changed { $0["model"] = nil } }), ("model is a text", { try changed { $0["model"] = "BPE" } }),
        ("WordPiece", { try changedModel { $0["type"] = "WordPiece" } }), ("no vocabulary", { try changedModel { $0["vocab"] = nil } }),
        ("vocabulary is an array", { try changedModel { $0["vocab"] = ["a"] } }), ("merges are a number", { try changedModel { $0["merges"] = 7 } }),
        ("negative id", { try changedVocabulary { $0["a"] = -1 } }), ("huge id", { try changedVocabulary { $0["a"] = 1 << 40 } }),
        ("id beyond the model", { try changedVocabulary { $0["zz"] = 900 } }), ("fractional id", { try changedVocabulary { $0["a"] = 1.5 } }),
        ("id as text", { try changedVocabulary { $0["a"] = "1" } }), ("id of another token", { try changedVocabulary { $0["a"] = $0["b"] } }),
        ("a byte is missing", { try changedVocabulary { $0["Ā"] = nil } }), ("merge of an unknown token", { try changedModel { $0["merges"] = [["a", "\u{4e2d}"]] } }),
        ("merge into an unknown token", { try changedModel { $0["merges"] = [["q", "q"]] } }), ("merge of three", { try changedModel { $0["merges"] = [["a", "b", "c"]] } }),
        ("merge without a space", { try changedModel { $0["merges"] = ["ab"] } }), ("merge is a number", { try changedModel { $0["merges"] = [1] } }),
        ("dropout", { try changedModel { $0["dropout"] = 0.1 } }), ("byte fallback", { try changedModel { $0["byte_fallback"] = true } }),
        ("prefix of subwords", { try changedModel { $0["continuing_subword_prefix"] = "##" } }), ("normalizer", { try changed { $0["normalizer"] = ["type": "NFC"] } }),
        ("no pre-tokenizer", { try changed { $0["pre_tokenizer"] = NSNull() } }),
        ("prefix space", { try changed { $0["pre_tokenizer"] = ["type": "ByteLevel", "add_prefix_space": true, "use_regex": true] as [String: Any] } }),
        ("added token without id", { try changed { $0["added_tokens"] = [["content": "x"]] } }),
        ("added token of another id", { try changed { $0["added_tokens"] = [["content": "a", "id": 3] as [String: Any]] } }),
        ("added token of a huge id", { try changed { $0["added_tokens"] = [["content": "zzz", "id": 1 << 23] as [String: Any]] } }),
        ("added token twice", { try changed { $0["added_tokens"] = [["content": "zzz", "id": 500] as [String: Any], ["content": "zzz", "id": 500]] } }),
        ("added token of 5000 bytes", { try changed { $0["added_tokens"] = [["content": String(repeating: "z", count: 5000), "id": 500] as [String: Any]] } }),
        ("added tokens are a text", { try changed { $0["added_tokens"] = "x" } }),
        ("a merge makes a control token", { try changed { root in
            // "Ġt" exists and is a merge; made special, text could spell it.
            let id = ((root["model"] as? [String: Any])?["vocab"] as? [String: Any])?["Ġt"] as? Int ?? -1
            root["added_tokens"] = [["content": "Ġt", "id": id, "special": true] as [String: Any]]
        } }),
    ]

    @Test(arguments: cases.indices)
    func aBrokenTokenizerIsRefused(_ index: Int) throws {
        let (name, bytes) = Self.cases[index]
        let content = try bytes()
        let error = #expect(throws: FileError.self, "\(name)") { try Self.open(content) }
        #expect(error?.exitStatus == .badData, "\(name)")
        #expect(error?.file?.hasSuffix("tokenizer.json") == true, "\(name)")
    }
}
