import Engine
import Foundation
import Testing

private struct Cases: Decodable {
    struct Text: Decodable {
        let text: String
        let ids: [Int32]
    }
    struct Bytes: Decodable {
        let bytes: [UInt8]
        let ids: [Int32]
    }
    let encode: [Text]
    let encode_bytes: [Bytes]
    let decode: [Text]
}

@Suite struct TokenizerTests {
    private let cases: Cases
    private let tokenizer: Tokenizer

    init() throws {
        cases = try JSONDecoder().decode(Cases.self, from: Data(contentsOf: URL(fileURLWithPath: Fixture.path("tokenizer-cases.json"))))
        tokenizer = try Checkpoint.open(Fixture.checkpoint("tied")).tokenizer
    }

    /// The reference is Hugging Face `tokenizers`; the models hold the same tokenizer in several forms.
    @Test(arguments: ["tied", "odd", "gguf-split/model.gguf"])
    func encodesLikeTheReference(_ model: String) throws {
        let tokenizer = try Checkpoint.open(Fixture.checkpoint(model)).tokenizer
        #expect(cases.encode.count > 400)
        for item in cases.encode {
            #expect(tokenizer.encode(item.text) == item.ids, "\(item.text.debugDescription)")
        }
        // Again, now that the cache is warm.
        for item in cases.encode.reversed() { #expect(tokenizer.encode(item.text) == item.ids) }
    }

    @Test func replacesInvalidUTF8() {
        for item in cases.encode_bytes {
            #expect(item.bytes.withUnsafeBytes { tokenizer.encode(utf8: $0) } == item.ids, "\(item.bytes)")
        }
    }

    @Test func decodesLikeTheReference() {
        for item in cases.decode { #expect(tokenizer.decode(item.ids) == item.text, "\(item.ids)") }
    }

    @Test func streamsWhatDecodeReturns() {
        for ids in cases.decode.map(\.ids) + cases.encode.map(\.ids) {
            var decoder = StreamingDecoder(tokenizer)
            var text = ""
            for id in ids {
                let piece = decoder.append(id)
                text += piece
            }
            text += decoder.finish()
            #expect(Array(text.utf8) == Array(tokenizer.decode(ids).utf8), "\(ids)")
        }
    }

    @Test func holdsBackPartsOfACharacter() {
        let ids = tokenizer.encode("\u{1F600}")
        var decoder = StreamingDecoder(tokenizer)
        #expect(ids.count == 4)
        let pieces = ids.map { decoder.append($0) }
        #expect(pieces == ["", "", "", "\u{1F600}"])
        #expect(decoder.finish() == "")
        _ = ids.prefix(2).map { decoder.append($0) }
        #expect(decoder.finish() == "\u{FFFD}")
    }

    @Test func roundTripsValidText() {
        for item in cases.encode { #expect(tokenizer.decode(tokenizer.encode(item.text)) == item.text) }
    }

    @Test func textNeverMakesAControlToken() {
        #expect(tokenizer.controlTokens == [456])
        for text in ["<|endoftext|>", "a<|endoftext|>", "  <|endoftext|>\n<|endoftext|>"] {
            #expect(!tokenizer.encode(text).contains(456))
            #expect(tokenizer.decode(tokenizer.encode(text)) == text)
        }
    }

    /// One word of a million characters takes the heap; a quadratic merge would take minutes.
    @Test(.timeLimit(.minutes(1)), arguments: ["a", "é", " ", "\u{1F600}", "'", "1", "\n"])
    func longRunsTakeLinearTime(_ character: String) {
        let text = String(repeating: character, count: 1_000_000)
        let tokens = tokenizer.encode(text)
        #expect(!tokens.isEmpty)
        #expect(tokenizer.decode(tokens) == text)
    }
}
