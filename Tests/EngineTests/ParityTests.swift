import Engine
import Testing

/// The references are transformers' numbers for the same checkpoints (Tests/Fixtures/make_fixtures.py).
@Suite struct ParityTests {
    @Test(arguments: Fixture.models, InstructionLevel.available)
    func agreesWithTransformersAtEveryLayer(_ name: String, _ level: InstructionLevel) throws {
        let checkpoint = try Checkpoint.open(Fixture.checkpoint(name))
        let expected = try Fixture.expectations(name)
        let ids = try #require(expected.integers("ids")).map { Int32($0) }
        let model = try PhiModel(checkpoint: checkpoint, threads: 2, level: level)
        let shape = model.configuration
        let isExact = checkpoint.weights.layers[0].query.type == .f32
        for layer in 0...shape.layerCount {
            let cache = try model.makeCache(capacity: ids.count)
            let states = try model.forward(ids, cache: cache, logits: .none, hiddenStatesAfterLayer: layer).hiddenStates
            let reference = try #require(try expected.floats("hidden.\(layer)"))
            #expect(states.count == reference.count)
            #expect(relativeError(states, reference) <= (isExact ? 1e-4 : 2e-2), "\(name) layer \(layer)")
        }
        let logits = try model.forward(ids, cache: model.makeCache(capacity: ids.count), logits: .all).logits
        let reference = try #require(try expected.floats("logits"))
        #expect(logits.count == ids.count)
        for (position, row) in logits.enumerated() {
            for token in 0..<shape.tokenCount {
                #expect(abs(row[token] - reference[position * shape.vocabularySize + token]) <= (isExact ? 2e-4 : 0.2))
            }
            #expect(row[shape.tokenCount...].allSatisfy { $0 == -.infinity })
        }
    }

    @Test(arguments: ["tied", "head80", "odd", "sharded", "msft"])
    func writesTheSameTextAsTransformers(_ name: String) throws {
        let checkpoint = try Checkpoint.open(Fixture.checkpoint(name))
        let expected = try Fixture.expectations(name)
        let prompt = try #require(expected.integers("ids")).prefix(8).map { Int32($0) }
        let reference = try #require(expected.integers("greedy")).map { Int32($0) }
        let generator = try Generator(model: PhiModel(checkpoint: checkpoint), tokenizer: checkpoint.tokenizer)
        let result = try generator.generate(prompt: prompt, options: GenerationOptions(maxTokens: reference.count))
        let end = checkpoint.configuration.endToken
        #expect(result.tokens == Array(reference.prefix { $0 != end }))
        #expect(result.finishReason == (reference.contains(end) ? .end : .length))
    }

    /// ‖a − b‖ / ‖b‖
    private func relativeError(_ a: [Float], _ b: [Float]) -> Double {
        var difference = 0.0
        var size = 0.0
        for (x, y) in zip(a, b) {
            difference += Double(x - y) * Double(x - y)
            size += Double(y) * Double(y)
        }
        return (difference / max(size, 1e-30)).squareRoot()
    }
}
