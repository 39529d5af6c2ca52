import Engine
import Testing

@Suite struct GeneratorTests {
    private let checkpoint: Checkpoint
    private let model: PhiModel
    private let prompt: [Int32]

    init() throws {
        checkpoint = try Checkpoint.open(Fixture.checkpoint("head80"))
        model = try PhiModel(checkpoint: checkpoint, threads: 1)
        prompt = checkpoint.tokenizer.encode("The pneumothorax is seen as a pleural line. The pneumothorax is")
    }

    private func generate(_ options: GenerationOptions, prompt: [Int32]? = nil, generator: Generator? = nil) throws -> GenerationResult {
        let generator = try generator ?? Generator(model: model, tokenizer: checkpoint.tokenizer)
        return try generator.generate(prompt: prompt ?? self.prompt, options: options)
    }

    @Test(arguments: [Float(0), 0.4, 1])
    func draftsChangeNothing(_ temperature: Float) throws {
        // A model that repeats itself gives drafts something to be right about.
        let sampling = SamplingOptions(temperature: temperature, topK: 3, seed: 5)
        let plain = try generate(GenerationOptions(maxTokens: 120, sampling: sampling, draftTokens: 0))
        #expect(plain.draftedTokens == 0)
        for limit in [1, 3, 8] {
            let drafted = try generate(GenerationOptions(maxTokens: 120, sampling: sampling, draftTokens: limit))
            #expect(drafted.tokens == plain.tokens)
            #expect(drafted.logProbabilities == plain.logProbabilities)
            #expect(drafted.text == plain.text)
            #expect(drafted.acceptedTokens <= drafted.draftedTokens)
        }
    }

    @Test func aSeedDrawsTheSameTextAgain() throws {
        func text(_ seed: UInt64) throws -> [Int32] {
            try generate(GenerationOptions(maxTokens: 30, sampling: SamplingOptions(temperature: 1.5, seed: seed))).tokens
        }
        #expect(try text(1) == text(1))
        #expect(try text(1) != text(2))
    }

    @Test func narrowSamplingIsGreedy() throws {
        let greedy = try generate(GenerationOptions(maxTokens: 30)).tokens
        #expect(try generate(GenerationOptions(maxTokens: 30, sampling: SamplingOptions(temperature: 2, topK: 1, seed: 3))).tokens == greedy)
        #expect(try generate(GenerationOptions(maxTokens: 30, sampling: SamplingOptions(temperature: 2, topP: 0, seed: 3))).tokens == greedy)
    }

    @Test func theRepetitionPenaltyChangesWhatIsWritten() throws {
        let plain = try generate(GenerationOptions(maxTokens: 40)).tokens
        let penalised = try generate(GenerationOptions(maxTokens: 40, sampling: SamplingOptions(repetitionPenalty: 1.8))).tokens
        #expect(Set(penalised).count > Set(plain).count)
    }

    @Test func stopStringsEndTheTextWhereverTheyFall() throws {
        let full = try generate(GenerationOptions(maxTokens: 40)).text
        let characters = Array(full)
        try #require(characters.count > 20)
        for start in [0, 3, 9] {
            let stop = String(characters[start..<start + 5])
            let generator = try Generator(model: model, tokenizer: checkpoint.tokenizer)
            var shown = ""
            let result = try generator.generate(
                prompt: prompt, options: GenerationOptions(maxTokens: 40, stops: ["never there", stop]), onText: { shown += $0; return true })
            let expected = String(full[..<(full.range(of: stop)?.lowerBound ?? full.endIndex)])
            #expect(result.finishReason == .stop)
            #expect(result.text == expected)
            #expect(shown == expected)
        }
    }

    @Test func aPromptThatBeginsTheSameIsReadOnce() throws {
        let generator = try Generator(model: model, tokenizer: checkpoint.tokenizer)
        _ = try generate(GenerationOptions(maxTokens: 5), generator: generator)
        let longer = prompt + checkpoint.tokenizer.encode(" and more")
        let again = try generate(GenerationOptions(maxTokens: 20), prompt: longer, generator: generator)
        #expect(again.reusedTokens >= prompt.count)
        let fresh = try generate(GenerationOptions(maxTokens: 20), prompt: longer)
        #expect(fresh.reusedTokens == 0)
        #expect(again.tokens == fresh.tokens)
        #expect(again.logProbabilities == fresh.logProbabilities)
    }

    @Test func limitsEndTheWriting() throws {
        #expect(try generate(GenerationOptions(maxTokens: 7)).tokens.count == 7)
        #expect(try generate(GenerationOptions(maxTokens: 0)).tokens.isEmpty)
        #expect(try generate(GenerationOptions(timeLimit: .zero)).finishReason == .time)
        let generator = try Generator(model: model, tokenizer: checkpoint.tokenizer)
        let cancelled = try generator.generate(prompt: prompt, options: GenerationOptions(), isCancelled: { true })
        #expect(cancelled.finishReason == .cancelled)
        #expect(cancelled.tokens.isEmpty)
        // What was cancelled leaves nothing wrong behind.
        #expect(try generate(GenerationOptions(maxTokens: 9), generator: generator).tokens == generate(GenerationOptions(maxTokens: 9)).tokens)
        #expect(throws: ModelError.emptyInput) { try generator.generate(prompt: [], options: GenerationOptions()) }
        #expect(throws: ModelError.self) { try generator.generate(prompt: [1, 100_000], options: GenerationOptions()) }
    }

    @Test func aConstraintIsObeyedAndForcedTokensNeedNoChoice() throws {
        final class Rail: TokenConstraint {
            let forced: [Int32]
            var place = 0
            init(_ forced: [Int32]) { self.forced = forced }
            func allowedTokens() -> [Int32]? { place < forced.count ? [forced[place]] : [20, 30, 40] }
            func accept(_ token: Int32) { place += 1 }
        }
        let forced: [Int32] = [50, 60, 70, 80, 90]
        let result = try generate(GenerationOptions(maxTokens: 9, constraint: Rail(forced)))
        #expect(Array(result.tokens.prefix(5)) == forced)
        #expect(result.tokens.dropFirst(5).allSatisfy { [20, 30, 40].contains($0) })
        #expect(result.logProbabilities.prefix(5).allSatisfy { $0 == 0 })
        #expect(result.logProbabilities.dropFirst(5).allSatisfy { $0 < 0 })
    }
}
