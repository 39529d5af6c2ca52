import Engine
import Testing

/// The forward pass against transformers' own, computed in fp32 by Tests/Fixtures/make_fixtures.py.
@Suite struct ParityTests {
    static let exact = ["tied", "head80", "odd", "sharded", "msft"]

    private func exactModel(_ name: String, threads: Int = 2, level: InstructionLevel = .best) throws -> (PhiModel, SafetensorsFile, [Int32]) {
        let model = try PhiModel(checkpoint: Checkpoint.open(Fixture.checkpoint(name)), threads: threads, level: level)
        let expected = try Fixture.expectations(name)
        return (model, expected, try #require(expected.integers("ids")))
    }

    /// Files in fp16 and bf16 are compared with what transformers computes from the same rounded weights; an fp16 file is computed with an
    /// fp16 cache.
    private func tolerance(_ model: PhiModel) -> Float { model.keepsHalfCache ? 2e-3 : 2e-4 }

    @Test(arguments: exact)
    func logitsAgree(_ name: String) throws {
        let (model, expected, ids) = try exactModel(name)
        let found = try expected.floats("logits")
        let reference = try #require(found)
        let logits = try model.forward(ids, cache: model.makeCache(capacity: 64), logits: .all).logits
        let width = reference.count / ids.count
        var worst: Float = 0
        for (row, values) in logits.enumerated() {
            for id in 0..<min(width, model.configuration.tokenCount) { worst = max(worst, abs(values[id] - reference[row * width + id])) }
            for id in model.configuration.tokenCount..<values.count { #expect(values[id] == -.infinity) }
        }
        #expect(worst <= tolerance(model), "\(name): \(worst)")
    }

    @Test(arguments: exact)
    func hiddenStatesAgreeAtEveryLayer(_ name: String) throws {
        let (model, expected, ids) = try exactModel(name)
        for layer in 0...model.configuration.layerCount {
            let found = try expected.floats("hidden.\(layer)")
            let reference = try #require(found)
            let states = try model.forward(ids, cache: model.makeCache(capacity: 64), logits: .none, hiddenStatesAfterLayer: layer).hiddenStates
            let scale = reference.reduce(0) { max($0, abs($1)) }
            let worst = zip(states, reference).reduce(0) { max($0, abs($1.0 - $1.1)) } / scale
            #expect(states.count == reference.count)
            #expect(worst <= tolerance(model) / 2, "\(name), layer \(layer): \(worst)")
        }
    }

    @Test(arguments: exact)
    func greedyTextIsTheSame(_ name: String) throws {
        let (model, expected, ids) = try exactModel(name)
        let reference = try #require(expected.integers("greedy"))
        let cache = try model.makeCache(capacity: ids.count + reference.count)
        var logits = try model.forward(ids, cache: cache).logits.last ?? []
        var tokens: [Int32] = []
        while tokens.count < reference.count {
            let next = Int32(logits.indices.max { logits[$0] < logits[$1] } ?? 0)
            tokens.append(next)
            logits = try model.forward([next], cache: cache).logits.last ?? []
        }
        #expect(tokens == reference)
    }

    @Test(arguments: ["tied", "head80", "gguf-fused/model.gguf"])
    func pieceByPieceGivesTheSameBits(_ name: String) throws {
        let checkpoint = try Checkpoint.open(Fixture.checkpoint(name))
        let expected = try Fixture.expectations("tied")
        let ids = try #require(expected.integers("ids")).map { $0 % Int32(checkpoint.configuration.tokenCount) }
        for level in InstructionLevel.available {
            let one = try PhiModel(checkpoint: checkpoint, threads: 1, level: level)
            let many = try PhiModel(checkpoint: checkpoint, threads: 3, level: level)
            let whole = try one.forward(ids, cache: one.makeCache(capacity: 64), logits: .all).logits
            let cache = try many.makeCache(capacity: 64)
            var start = 0
            for length in [1, 2, 3, 7, 11] where start < ids.count {
                let end = min(ids.count, start + length)
                let piece = try many.forward(Array(ids[start..<end]), cache: cache, logits: .all).logits
                #expect(piece == Array(whole[start..<end]), "\(name) \(level) from \(start)")
                start = end
            }
        }
    }

    @Test func textsInABatchKnowNothingOfEachOther() throws {
        let (model, _, ids) = try exactModel("tied")
        let texts = [Array(ids.prefix(5)), Array(ids.prefix(17)), [ids[3]], Array(ids.reversed())]
        let together = try model.hiddenStates(texts, afterLayer: 2)
        for (text, states) in zip(texts, together) {
            let alone = try model.forward(text, cache: model.makeCache(capacity: 64), logits: .none, hiddenStatesAfterLayer: 2).hiddenStates
            #expect(states == alone)
        }
    }

    @Test func wrongInputIsAnErrorAndLeavesTheCache() throws {
        let (model, _, ids) = try exactModel("tied")
        let cache = try model.makeCache(capacity: 8)
        _ = try model.forward(Array(ids.prefix(4)), cache: cache)
        #expect(throws: ModelError.self) { try model.forward([], cache: cache) }
        #expect(throws: ModelError.self) { try model.forward([-1], cache: cache) }
        #expect(throws: ModelError.self) { try model.forward([Int32.max], cache: cache) }
        #expect(throws: ModelError.self) { try model.forward(Array(ids.prefix(5)), cache: cache) }
        #expect(throws: ModelError.self) { try model.forward([1], cache: cache, hiddenStatesAfterLayer: 99) }
        #expect(cache.count == 4)
    }
}
