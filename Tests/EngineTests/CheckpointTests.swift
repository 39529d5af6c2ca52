import Engine
import Foundation
import Testing

@Suite struct CheckpointTests {
    @Test func readsTheShapeOfPhi2sHead() throws {
        let checkpoint = try Checkpoint.open(Fixture.checkpoint("head80"))
        let shape = checkpoint.configuration
        #expect(shape.headSize == 80)
        #expect(shape.rotaryDimensions == 32)
        #expect(shape.vocabularySize == 512)
        #expect(shape.tokenCount == 495)
        #expect(shape.endToken == 456)
        #expect(!shape.tieWordEmbeddings)
        #expect(shape.contextLength == 2048)
        #expect(checkpoint.weights.layers.count == 2)
        #expect(checkpoint.weights.headBias?.count == 512)
        #expect(checkpoint.settings.layer == 2)
        #expect(checkpoint.settings.pooling == .meanSkipFirst)
        try checkpoint.checkIntact()
    }

    @Test func aTiedHeadIsTheEmbedding() throws {
        let weights = try Checkpoint.open(Fixture.checkpoint("tied")).weights
        #expect(weights.head.name == weights.tokenEmbedding.name)
        #expect(weights.head.dequantized() == weights.tokenEmbedding.dequantized())
    }

    /// Hidden state 0 of the reference is the embedding of its tokens, whatever the file's type and naming.
    @Test(arguments: Fixture.models)
    func embeddingRowsAreTheReferences(_ model: String) throws {
        let checkpoint = try Checkpoint.open(Fixture.checkpoint(model))
        let expected = try Fixture.expectations(model)
        let ids = try #require(expected.integers("ids"))
        let states = try #require(try expected.floats("hidden.0"))
        let hidden = checkpoint.configuration.hiddenSize
        var row = [Float](repeating: 0, count: hidden)
        for (position, id) in ids.enumerated() {
            row.withUnsafeMutableBufferPointer { checkpoint.weights.tokenEmbedding.dequantizedRow(Int(id), into: $0) }
            #expect(row == Array(states[position * hidden..<(position + 1) * hidden]))
        }
    }

    /// The last reference state is head input: head · hidden + bias must give its logits. Proves head, bias and row order.
    @Test(arguments: Fixture.models)
    func headGivesTheReferencesLogits(_ model: String) throws {
        let checkpoint = try Checkpoint.open(Fixture.checkpoint(model))
        let expected = try Fixture.expectations(model)
        let shape = checkpoint.configuration
        let last = try #require(try expected.floats("hidden.\(shape.layerCount)")).suffix(shape.hiddenSize)
        let logits = try #require(try expected.floats("logits")).suffix(shape.vocabularySize)
        let head = checkpoint.weights.head.dequantized()
        for (row, logit) in logits.enumerated() {
            var sum = Double(checkpoint.weights.headBias?[row] ?? 0)
            for (column, state) in last.enumerated() { sum += Double(head[row * shape.hiddenSize + column]) * Double(state) }
            #expect(abs(sum - Double(logit)) < 1e-3, "\(model) row \(row)")
        }
    }

    @Test func settingsBesideTheWeightsAreRead() throws {
        let folder = try TemporaryFolder()
        for name in try FileManager.default.contentsOfDirectory(atPath: Fixture.checkpoint("tied")) {
            try FileManager.default.copyItem(atPath: "\(Fixture.checkpoint("tied"))/\(name)", toPath: folder.path(name))
        }
        let text = #"{"embedding":{"layer":1,"pooling":"last","center":false,"remove_components":0},"retrieval":{"lexical_weight":0.7},"answer":{"x":[1]}}"#
        try folder.write("radphi.json", Array(text.utf8))
        let settings = try Checkpoint.open(folder.path).settings
        #expect(settings.layer == 1)
        #expect(settings.pooling == .last)
        #expect(!settings.center)
        #expect(settings.removeComponents == 0)
        #expect(settings.lexicalWeight == 0.7)
        #expect(settings.raw.map { String(decoding: $0, as: UTF8.self) } == text)

        try folder.write("radphi.json", Array(#"{"embedding":{"layer":9}}"#.utf8))
        let error = #expect(throws: FileError.self) { try Checkpoint.open(folder.path) }
        #expect(error?.exitStatus == .badData)
        #expect(error?.message.contains("embedding.layer") == true)
    }

    @Test func missingFilesSayWhatIsExpected() throws {
        let folder = try TemporaryFolder()
        for path in [folder.path("nothing"), folder.path] {
            let error = #expect(throws: FileError.self) { try Checkpoint.open(path) }
            #expect(error?.exitStatus == .missingInput)
        }
    }
}
