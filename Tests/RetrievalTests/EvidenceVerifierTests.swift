import Retrieval
import Testing

@Suite struct EvidenceVerifierTests {
    static let passages = [
        "CT in acute appendicitis shows a dilated appendix with a diameter above 6 mm. Periappendiceal fat stranding is often seen on CT.",
        "Ultrasound in acute appendicitis shows a non-compressible tubular structure. A pneumothorax on the left side is not a feature of appendicitis.",
    ]
    let verifier = EvidenceVerifier(passages: passages)

    private func span(_ verdict: Verdict) -> String? {
        guard let passage = verdict.passage, let span = verdict.span else { return nil }
        return String(decoding: Array(Self.passages[passage].utf8)[span], as: UTF8.self)
    }

    @Test func aCopiedSentenceIsVerbatimWithItsExactSpan() {
        let verdict = verifier.verify("Periappendiceal fat stranding is often seen on CT.", hint: 0)
        #expect(verdict.support == .verbatim)
        #expect(verdict.passage == 0)
        #expect(span(verdict) == "Periappendiceal fat stranding is often seen on CT.")
    }

    @Test func typographyAndCaseDoNotMatter() {
        #expect(verifier.verify("periappendiceal  fat stranding is OFTEN seen on CT").support == .verbatim)
    }

    @Test func aWrongNumberIsCorrected() {
        let verdict = verifier.verify("Ultrasound in acute appendicitis shows a non-compressible tubular structure.", hint: 0)
        #expect(verdict.support == .verbatim)
        #expect(verdict.passage == 1)
    }

    @Test func aFaithfulParaphraseIsSupported() {
        let verdict = verifier.verify("On CT, acute appendicitis shows a dilated appendix with diameter above 6 mm.")
        #expect(verdict.support == .supported)
        #expect(span(verdict) == "CT in acute appendicitis shows a dilated appendix with a diameter above 6 mm.")
    }

    @Test(arguments: [
        "On CT, acute appendicitis shows a dilated appendix with diameter above 9 mm.",
        "On CT, acute appendicitis shows a dilated appendix with diameter below 6 mm.",
        "On CT, acute appendicitis shows a dilated appendix with diameter above 6 cm.",
        "CT in acute appendicitis shows no dilated appendix with a diameter above 6 mm.",
        "CT in acute appendicitis may show a dilated appendix with a diameter above 6 mm.",
        "A pneumothorax on the right side is not a feature of appendicitis.",
        "A pneumothorax on the left side is a feature of appendicitis.",
        "Periappendiceal fat stranding is rarely seen on CT.",
    ])
    func aDifferenceInNumberUnitSideNegationOrHedgingIsNeverSupported(_ claim: String) {
        let verdict = verifier.verify(claim)
        #expect(verdict.support == .unsupported)
        #expect(verdict.reason != nil)
        #expect(verdict.span == nil)
    }

    @Test func wordsFromTwoSentencesAreAFrankenquote() {
        let verdict = verifier.verify("Ultrasound shows periappendiceal fat stranding with a dilated non-compressible appendix.")
        #expect(verdict.support == .unsupported)
    }

    @Test func aFragmentThatTurnsTheMeaningRoundIsNotVerbatim() {
        // Word for word in the passage, but cut out of a negated sentence.
        #expect(verifier.verify("a feature of appendicitis").support == .unsupported)
    }

    @Test(arguments: ["", " ", ".", "the of and", "[1]", String(repeating: "x ", count: 5000)])
    func rubbishIsUnsupported(_ text: String) {
        #expect(verifier.verify(text, hint: 7).support == .unsupported)
    }
}

@Suite struct ClaimFeaturesTests {
    @Test func numbersCarryUnitAndComparison() {
        #expect(ClaimFeatures("less than 3 mm").numbers == ["<3 mm"])
        #expect(ClaimFeatures("3 to 5 cm").numbers == ["3 cm", "5 cm"])
        #expect(ClaimFeatures("about 50 per cent").numbers == ["50 %"])
        #expect(ClaimFeatures("50%").numbers == ["50 %"])
        #expect(ClaimFeatures("at least 2 weeks").numbers == ["≥2 week"])
    }

    @Test func oppositesAreTold() {
        let evidence = ClaimFeatures("The lesion is hypointense on T1.")
        #expect(ClaimFeatures.disagreement(claim: ClaimFeatures("The lesion is hyperintense on T1."), evidence: evidence) != nil)
        #expect(ClaimFeatures.disagreement(claim: ClaimFeatures("The lesion is hypointense on T2."), evidence: evidence) != nil)
        #expect(ClaimFeatures.disagreement(claim: ClaimFeatures("On T1 the lesion is hypointense."), evidence: evidence) == nil)
    }
}
