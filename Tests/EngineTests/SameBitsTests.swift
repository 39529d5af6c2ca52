import Engine
import Testing

/// The same tokens give the same bits, however they are cut into passes and shared out to threads.
@Suite struct SameBitsTests {
    static let types: [ElementType] = [.f32, .f16, .bf16, .q8_0, .q4_0]

    private func logits(_ model: PhiModel, _ tokens: [Int32], pieces: [Int]) throws -> [[UInt32]] {
        let cache = try model.makeCache(capacity: tokens.count)
        var rows: [[Float]] = []
        var rest = tokens[...]
        for piece in pieces {
            rows += try model.forward(Array(rest.prefix(piece)), cache: cache, logits: .all).logits
            rest = rest.dropFirst(piece)
        }
        rows += try model.forward(Array(rest), cache: cache, logits: .all).logits
        return rows.map { $0.map(\.bitPattern) }
    }

    @Test(arguments: types)
    func oneTokenAtATimeEqualsAll(_ type: ElementType) throws {
        let model = try SyntheticModel.make(type)
        let tokens = SyntheticModel.tokens(75)
        let whole = try logits(model, tokens, pieces: [])
        #expect(try logits(model, tokens, pieces: [Int](repeating: 1, count: 74)) == whole)
        #expect(try logits(model, tokens, pieces: [2, 3, 4, 5, 6, 7, 8, 9, 13]) == whole)
    }

    @Test(arguments: types)
    func anyNumberOfThreadsGivesTheSameBits(_ type: ElementType) throws {
        let tokens = SyntheticModel.tokens(600)
        let one = try SyntheticModel.make(type, threads: 1)
        let reference = try one.forward(tokens, cache: one.makeCache(capacity: 600), logits: .last).logits
        for threads in [2, 3, 5] {
            let model = try SyntheticModel.make(type, threads: threads)
            #expect(try model.forward(tokens, cache: model.makeCache(capacity: 600), logits: .last).logits == reference)
        }
    }

    @Test func lastLogitsEqualThoseOfAll() throws {
        let model = try SyntheticModel.make(.q4_0)
        let tokens = SyntheticModel.tokens(40)
        let all = try model.forward(tokens, cache: model.makeCache(capacity: 40), logits: .all).logits
        let last = try model.forward(tokens, cache: model.makeCache(capacity: 40), logits: .lastOnes(3)).logits
        #expect(last == Array(all.suffix(3)))
    }

    @Test(arguments: types)
    func embeddingsDoNotDependOnTheirBatch(_ type: ElementType) throws {
        let model = try SyntheticModel.make(type, threads: 2)
        let embedder = Embedder(model: model, options: EmbeddingOptions(layer: 2, pooling: .meanSkipFirst))
        let texts = (0..<40).map { SyntheticModel.tokens(1 + $0 * 7 % 60, seed: UInt64($0)) } + [[]]
        let together = try embedder.embed(texts)
        for (text, vector) in zip(texts, together) { #expect(try embedder.embed([text]) == [vector]) }
        #expect(together.last?.allSatisfy { $0 == 0 } == true)
        let length = together[3].reduce(0) { $0 + $1 * $1 }
        #expect(abs(length - 1) < 1e-5)
    }

    /// Any instruction set gives the bits of the scalar reference.
    @Test(arguments: types, InstructionLevel.available)
    func levelsAgreeWithTheScalarReference(_ type: ElementType, _ level: InstructionLevel) throws {
        let tokens = SyntheticModel.tokens(33)
        func run(_ level: InstructionLevel) throws -> [Float] {
            let model = try SyntheticModel.make(type, level: level)
            return try model.forward(tokens, cache: model.makeCache(capacity: 33), logits: .last).logits[0]
        }
        let reference = try run(.scalar)
        for (a, b) in zip(try run(level), reference) { #expect(a.bitPattern == b.bitPattern) }
    }
}
