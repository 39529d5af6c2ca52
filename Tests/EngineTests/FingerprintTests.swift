import Engine
import Foundation
import Testing

@Suite struct FingerprintTests {
    /// Examples of FIPS 180-4, and lengths around the block size against the other implementation.
    @Test func digestsAreTheStandards() {
        for portable in [false, true] {
            func digest(_ text: String) -> String {
                var hash = SHA256(portable: portable)
                Array(text.utf8).withUnsafeBytes { hash.update($0) }
                return hash.hexadecimal()
            }
            #expect(digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
            #expect(digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
            #expect(digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
            #expect(digest(String(repeating: "a", count: 1_000_000)) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
        }
    }

    @Test func piecesGiveTheDigestOfTheWhole() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        for length in Array(0..<200) + [1000] {
            let whole = SHA256.hexadecimal(Array(bytes[..<length]))
            var pieces = SHA256(portable: true)
            for start in stride(from: 0, to: length, by: 37) {
                Array(bytes[start..<min(length, start + 37)]).withUnsafeBytes { pieces.update($0) }
            }
            #expect(pieces.hexadecimal() == whole)
        }
    }

    @Test func theFingerprintFollowsTheContent() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.copyItem(atPath: Fixture.checkpoint("gguf-fused/model.gguf"), toPath: folder.path("a.gguf"))
        let first = try Checkpoint.open(folder.path("a.gguf")).fingerprint()
        #expect(first.utf8.count == 64)
        #expect(try Checkpoint.open(folder.path("a.gguf")).fingerprint() == first)
        #expect(try Checkpoint.open(Fixture.checkpoint("gguf-fused/model.gguf")).fingerprint() == first)
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.path("a.gguf"))))
        bytes[bytes.count - 1] ^= 1
        try folder.write("a.gguf", bytes)
        #expect(try Checkpoint.open(folder.path("a.gguf")).fingerprint() != first)
        #expect(try Checkpoint.open(Fixture.checkpoint("tied")).fingerprint() != first)
    }
}
