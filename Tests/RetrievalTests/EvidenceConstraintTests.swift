import Engine
import Foundation
import Index
import Retrieval
import Testing

/// A tokenizer of the fixtures.
func fixtureTokenizer() throws -> Tokenizer {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try Checkpoint.open(tests.appendingPathComponent("Fixtures/checkpoints/tied").path).tokenizer
}

@Suite struct EvidenceConstraintTests {
    static let sentences = [
        (0, 0, "The appendix is dilated.", 0.5), (0, 1, "The appendix is inflamed.", 0.3), (1, 0, "Gas indicates perforation.", 0.15), (1, 1, "Fat is stranded.", 0.05),
    ]

    private func constraint(weight: Double = 1, further: Double = 0.1, most: Int = 2) throws -> EvidenceConstraint {
        EvidenceConstraint(
            Self.sentences.map { EvidenceConstraint.Choice(passage: $0.0, sentence: $0.1, text: $0.2, probability: $0.3) }, tokenizer: try fixtureTokenizer(),
            policy: EvidenceConstraint.Policy(maxSentences: most, rankingWeight: weight, furtherSentence: further))
    }

    /// Writes as a generator does, with a model whose log-probabilities `model` gives.
    private func write(_ constraint: EvidenceConstraint, model: ([Int32]) -> [Float]) throws -> String {
        let tokenizer = try fixtureTokenizer()
        var tokens: [Int32] = []
        while tokens.count < 400 {
            let allowed = try #require(constraint.allowedTokens())
            var next = try #require(allowed.first)
            if allowed.count > 1 {
                let scores = constraint.weigh(model(allowed), of: allowed)
                next = allowed[try #require(scores.indices.max { scores[$0] < scores[$1] })]
            }
            constraint.accept(next)
            if next == tokenizer.endToken { return tokenizer.decode(tokens) }
            tokens.append(next)
        }
        return "no end"
    }

    private static func indifferent(_ tokens: [Int32]) -> [Float] { tokens.map { _ in -log(Float(tokens.count)) } }

    @Test func anIndifferentModelWritesWhatIsRankedBest() throws {
        #expect(try write(constraint(), model: Self.indifferent) == " The appendix is dilated. [1] The appendix is inflamed. [1]")
        #expect(try write(constraint(further: 0.4), model: Self.indifferent) == " The appendix is dilated. [1]")
        #expect(try write(constraint(most: 1), model: Self.indifferent) == " The appendix is dilated. [1]")
        #expect(try write(constraint(further: 0.1, most: 9), model: Self.indifferent) == " The appendix is dilated. [1] The appendix is inflamed. [1] Gas indicates perforation. [2]")
    }

    @Test func aSureModelOverrulesALightRanking() throws {
        let tokenizer = try fixtureTokenizer()
        let gas = try #require(tokenizer.encode(" Gas indicates perforation. [2]").first)
        let sure: ([Int32]) -> [Float] = { tokens in tokens.map { $0 == gas ? -0.01 : -6 } }
        #expect(try write(constraint(weight: 0.5, most: 1), model: sure) == " Gas indicates perforation. [2]")
        #expect(try write(constraint(weight: 16, most: 1), model: sure) == " The appendix is dilated. [1]")
    }

    @Test func decliningIsHeardButNeverWritten() throws {
        let tokenizer = try fixtureTokenizer()
        let decline = tokenizer.encode(Prompt.decline)
        let declining: ([Int32]) -> [Float] = { tokens in tokens.map { decline.contains($0) ? -0.01 : -8 } }
        let refusing = try constraint()
        let text = try write(refusing, model: declining)
        #expect(!text.contains("do not answer") && refusing.declineProbability > 0.5)
        #expect(refusing.written.count == 2)
        let willing = try constraint()
        _ = try write(willing) { tokens in tokens.map { decline.contains($0) ? -8 : -0.5 } }
        #expect(willing.declineProbability < 0.05)
    }

    @Test func theSameSentenceTwiceIsWrittenOnce() throws {
        let twice = EvidenceConstraint(
            [0.5, 0.4].map { EvidenceConstraint.Choice(passage: 0, sentence: 0, text: "Fat is stranded.", probability: $0) }, tokenizer: try fixtureTokenizer(),
            policy: EvidenceConstraint.Policy(maxSentences: 2, rankingWeight: 1, furtherSentence: 0))
        #expect(try write(twice, model: Self.indifferent) == " Fat is stranded. [1]")
    }
}

@Suite struct PromptTests {
    private func passage(_ id: Int64, _ text: String, path: [String] = ["Radiographic features", "CT"]) -> Passage {
        Passage(id: id, article: "a", title: "Appendicitis", sectionPath: path, text: text, start: 0, end: text.utf8.count, systems: [], kind: "pathology", tokenCount: 10)
    }

    @Test func isTheFormThatModelsAreTrainedOn() throws {
        let tokenizer = try fixtureTokenizer()
        let prompt = try Prompt(
            question: "What is seen?", passages: [passage(1, "First sentence.\nSecond one."), passage(2, "Third.", path: [])], tokenizer: tokenizer, budget: 2000)
        #expect(tokenizer.decode(prompt.tokens) == """
            Instruct: Answer the question from the numbered passages and cite them.
            Question: What is seen?
            [1] Appendicitis — Radiographic features > CT
             First sentence. Second one.
            [2] Appendicitis
             Third.
            Question: What is seen?
            Output:
            """)
        #expect(prompt.sentences.map(\.count) == [2, 1])
    }

    @Test func leavesPassagesOutThatDoNotFitAndNeverCutsTheFirst() throws {
        let tokenizer = try fixtureTokenizer()
        let passages = [passage(1, "Short."), passage(2, String(repeating: "A long sentence stands here. ", count: 60)), passage(3, "Also short.")]
        let prompt = try Prompt(question: "Q?", passages: passages, tokenizer: tokenizer, budget: 220)
        #expect(prompt.passages.map(\.id) == [1, 3] && prompt.tokens.count <= 220)
        #expect(throws: PromptError.self) { try Prompt(question: "Q?", passages: passages, tokenizer: tokenizer, budget: 30) }
    }
}

@Suite struct AnswerDraftTests {
    private func hit(_ id: Int64, _ text: String, start: Int) -> SearchHit {
        let passage = Passage(
            id: id, article: "a\(id)", title: "T", sectionPath: [], text: text, start: start, end: start + text.utf8.count, systems: [], kind: "sign", tokenCount: 5)
        return SearchHit(passage: passage, score: 1, lexical: nil, dense: nil, signals: FusionSignals())
    }

    @Test func sourcesAreNumberedByFirstAppearanceAndQuotesAreExact() {
        let hits = [hit(1, "Fat is stranded. The wall is thick.", start: 10), hit(2, "Gas indicates perforation.", start: 100)]
        var draft = AnswerDraft(hits: hits, strict: false, keepUnsupported: false)
        // The model's number is only a hint: this sentence stands in the second passage.
        #expect(draft.add("Gas indicates perforation.", hint: 0) == "Gas indicates perforation. [1]")
        #expect(draft.add("The wall is thick.", hint: 0) == " The wall is thick. [2]")
        #expect(draft.add("The wall is thick.", hint: 0) == nil)
        #expect(draft.add("The spleen is enlarged.", hint: 0) == nil)
        #expect(draft.cited == [1, 0])
        #expect(draft.citations.map(\.quote) == ["Gas indicates perforation.", "The wall is thick."])
        #expect(draft.citations.map(\.start) == [100, 27] && draft.citations.map(\.end) == [126, 45])
    }

    @Test func streamedTextIsCutAtItsNumbers() {
        var stream = SentenceStream()
        #expect(stream.append(" Fat is strand").isEmpty)
        let first = stream.append("ed. [2] The wall is")
        #expect(first.map(\.sentence) == ["Fat is stranded."] && first.map(\.hint) == [1])
        #expect(stream.finish().map(\.sentence) == ["The wall is"])
    }
}

@Suite struct ConditionalLogitTests {
    /// Alternatives drawn at random, chosen by known weights: the fit finds their order and signs.
    @Test func recoversItsModel() {
        var generator = SplitMix64(seed: 11)
        func unit() -> Double { Double.random(in: 0..<1, using: &generator) }
        var cases: [ConditionalLogit.Case] = []
        for index in 0..<600 {
            let rows = (0..<8).map { _ in [unit(), unit(), unit()] }
            let scores = rows.map { exp(4 * $0[0] - 2 * $0[1]) }
            var draw = unit() * scores.reduce(0, +)
            let chosen = scores.firstIndex { draw -= $0; return draw <= 0 } ?? 0
            cases.append(ConditionalLogit.Case(features: rows, right: [chosen], isHeldOut: index % 2 == 0))
        }
        let weights = ConditionalLogit(cases, width: 3).weights
        #expect(weights[0] > 2 && weights[1] < -1 && abs(weights[2]) < 0.5)
        let stacked = ConditionalLogit.stacked(cases, width: 3, learned: [0])
        #expect(stacked[0] > 2 && stacked[1] < -1 && abs(stacked[2]) < 0.5)
        // What was learned elsewhere is a similarity: it may count for nothing, never against.
        #expect(ConditionalLogit.stacked(cases, width: 3, learned: [1])[1] == 0)
    }
}
