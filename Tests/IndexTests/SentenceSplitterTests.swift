import Index
import Testing

@Suite struct SentenceSplitterTests {
    private func split(_ text: String) -> [String] {
        let utf8 = Array(text.utf8)
        return SentenceSplitter.sentences(text).map { String(decoding: utf8[$0], as: UTF8.self) }
    }

    @Test(arguments: [
        ("A nodule measures 3.5 cm. It is benign.", ["A nodule measures 3.5 cm.", "It is benign."]),
        ("Nodules, e.g. granulomas, are common. See Fig. 2 for details.", ["Nodules, e.g. granulomas, are common.", "See Fig. 2 for details."]),
        ("The diameter is approx. 4 cm. in adults. Dr. Smith vs. Dr. Jones disagreed.", ["The diameter is approx. 4 cm. in adults.", "Dr. Smith vs. Dr. Jones disagreed."]),
        ("Stanford type B. The flap spares the arch.", ["Stanford type B.", "The flap spares the arch."]),
        ("The rim is spared in Le Fort I. Fracture of the rim is Le Fort II. Weber B. Fibular level.", ["The rim is spared in Le Fort I.", "Fracture of the rim is Le Fort II.", "Weber B.", "Fibular level."]),
        ("It was described by J. B. Smith in 1950. It is rare.", ["It was described by J. B. Smith in 1950.", "It is rare."]),
        ("Caused by E. coli infection. Treat early.", ["Caused by E. coli infection.", "Treat early."]),
        ("Is it urgent? Yes! Act now.", ["Is it urgent?", "Yes!", "Act now."]),
        ("Shown before.[1,2] Another follows. (A third.) Done.", ["Shown before.[1,2]", "Another follows.", "(A third.)", "Done."]),
        ("Signal is low. mTOR inhibitors help. von Hippel-Lindau disease is a cause.", ["Signal is low.", "mTOR inhibitors help.", "von Hippel-Lindau disease is a cause."]),
        ("Causes include:\n\n- Trauma.\n- Infection, i.e. sepsis.\n- Tumour", ["Causes include:", "Trauma.", "Infection, i.e. sepsis.", "Tumour"]),
        ("Check for: - Fever. - Pain in the bones.", ["Check for: - Fever.", "Pain in the bones."]),
        ("A wrapped line goes\non here. The next\nsentence too.", ["A wrapped line goes\non here.", "The next\nsentence too."]),
        ("Key Points\nThe lung collapses.\n\nNext", ["Key Points", "The lung collapses.", "Next"]),
        ("Grading is as follows.\n1. Grade one is mild.\n2. Grade two is severe.", ["Grading is as follows.", "Grade one is mild.", "Grade two is severe."]),
        ("He said “stop.” Then left.", ["He said “stop.”", "Then left."]),
        ("Range 1.5-2.5 mm at L4/5. Values over 0.5 are high.", ["Range 1.5-2.5 mm at L4/5.", "Values over 0.5 are high."]),
        ("In the U.S. incidence is low. In the U.S. The rate rose.", ["In the U.S. incidence is low.", "In the U.S.", "The rate rose."]),
        ("", []), ("...", []), ("- ", []), ("   \n\n ", []),
    ])
    func splits(text: String, expected: [String]) {
        #expect(split(text) == expected)
    }

    @Test func rangesAreOrderedAndCoverAllLetters() {
        var random = SystemRandomNumberGenerator()
        let pieces = ["a", ".", " ", "\n", "- ", "Fig", "B", "1", "é", "•", "”", "[1]", "#", "|", "!", "\r\n", "e.g.", ")"]
        for _ in 0..<500 {
            let text = (0..<60).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            let utf8 = Array(text.utf8)
            var last = 0
            for range in SentenceSplitter.sentences(text) {
                #expect(range.lowerBound >= last && range.upperBound <= utf8.count && !range.isEmpty)
                // Ranges begin and end between characters.
                #expect(String(validating: utf8[range], as: UTF8.self) != nil)
                last = range.upperBound
            }
        }
    }

    @Test func isLinear() {
        let text = String(repeating: "A. ", count: 200_000)
        let clock = ContinuousClock()
        #expect(clock.measure { _ = SentenceSplitter.sentences(text) } < .seconds(5))
    }

    @Test func joinsWithoutMarkers() {
        #expect(SentenceSplitter.joined("Causes include:\n\n- Trauma.\n- Sepsis.\n\nA wrapped\n line.") == "Causes include: Trauma. Sepsis. A wrapped line.")
    }
}
