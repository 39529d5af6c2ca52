import Retrieval
import Testing

@Suite struct NormalizedTextTests {
    @Test func foldsCaseSpaceAndTypography() {
        #expect(NormalizedText("  The “Halo”\n sign — 3 ").string == "the \"halo\" sign - 3")
    }

    @Test func foldsCompatibilityForms() {
        // U+FB01 is the fi ligature, U+00B2 a superscript two.
        #expect(NormalizedText("ﬁbroma 5 cm²").string == "fibroma 5 cm2")
    }

    @Test(arguments: ["Plain text.", "  Spaced   out. ", "Größe — “3 mm” ﬁne.\n", "a", "", "\u{00A0}x\u{00A0}"])
    func everyFoldedByteLeadsBackIntoTheText(_ text: String) {
        let folded = NormalizedText(text)
        let length = text.utf8.count
        var before = 0
        for index in folded.bytes.indices {
            let origin = folded.origin(of: index..<index + 1)
            #expect(origin.lowerBound >= before && origin.upperBound <= length)
            before = origin.lowerBound
        }
        let whole = folded.origin(of: 0..<folded.bytes.count)
        let utf8 = Array(text.utf8)
        #expect(NormalizedText(String(decoding: utf8[whole], as: UTF8.self)).bytes == folded.bytes)
    }

    @Test func findsOnlyAtWordBoundaries() {
        let text = NormalizedText("The target is not in targeting, but a target.")
        #expect(text.range(of: NormalizedText("a target")) != nil)
        #expect(NormalizedText("retargeting").range(of: NormalizedText("target")) == nil)
    }

    @Test func aMatchMapsToTheExactBytes() throws {
        let text = "Größe: the  “Halo” sign is seen."
        let folded = NormalizedText(text)
        let match = try #require(folded.range(of: NormalizedText("the \"halo\" sign")))
        let origin = folded.origin(of: match)
        #expect(String(decoding: Array(text.utf8)[origin], as: UTF8.self) == "the  “Halo” sign")
    }
}
