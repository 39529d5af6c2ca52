import Engine
import Foundation
import Testing

@Suite struct ConversionTests {
    @Test(arguments: Fixture.models, Checkpoint.ConversionType.allCases)
    func theConvertedModelIsTheSameModel(_ model: String, _ type: Checkpoint.ConversionType) throws {
        let folder = try TemporaryFolder()
        let source = try Checkpoint.open(Fixture.checkpoint(model))
        var last = 0.0
        try source.convert(to: folder.path("out.gguf"), type: type) { last = $0 }
        #expect(last == 1)
        let made = try Checkpoint.open(folder.path("out.gguf"))
        var expected = source.configuration
        expected.tieWordEmbeddings = false
        #expect(made.configuration == expected)
        #expect(made.weights.layers.map(\.queryBias) == source.weights.layers.map(\.queryBias))
        #expect(made.weights.layers.map(\.valueBias) == source.weights.layers.map(\.valueBias))
        #expect(made.weights.finalNormWeight == source.weights.finalNormWeight)
        for ((name, before), (_, after)) in zip(source.weights.matrices, made.weights.matrices) {
            let wanted = try #require(Self.reference(before, after.type), "\(name)")
            #expect(after.dequantized() == wanted, "\(name)")
            let blocked = before.columns.isMultiple(of: 32) && type != .f16
            #expect(after.type == (blocked ? (type == .q4_0 && name != "head" ? .q4_0 : .q8_0) : .f16), "\(name)")
        }
        let text = "The patient's  CT\n\n\tshows 12 mm <|endoftext|> \u{1F600}   x"
        #expect(made.tokenizer.encode(text) == source.tokenizer.encode(text))
        #expect(made.tokenizer.controlTokens == source.tokenizer.controlTokens)
        #expect(made.tokenizer.tokenCount == source.tokenizer.tokenCount)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["out.gguf"])
    }

    /// Rounds a matrix as the formats say, without the kernels.
    private static func reference(_ tensor: WeightTensor, _ type: ElementType) -> [Float]? {
        let values = tensor.dequantized()
        switch type {
        case tensor.type: return values
        case .f16: return values.map { Float(Float16($0)) }
        case .q8_0:
            return stride(from: 0, to: values.count, by: 32).flatMap { start -> [Float] in
                let block = values[start..<start + 32]
                let scale = (block.map { abs($0) }.max() ?? 0) / 127
                let inverse = scale == 0 ? 0 : 1 / scale
                return block.map { ($0 * inverse).rounded(.toNearestOrAwayFromZero) * Float(Float16(scale)) }
            }
        case .q4_0:
            return stride(from: 0, to: values.count, by: 32).flatMap { start -> [Float] in
                let block = values[start..<start + 32]
                let peak = block.reduce(Float(0)) { abs($1) > abs($0) ? $1 : $0 }
                let scale = peak / -8
                let inverse = scale == 0 ? 0 : 1 / scale
                return block.map { (min(15, ($0 * inverse + 8.5).rounded(.towardZero)) - 8) * Float(Float16(scale)) }
            }
        default: return nil
        }
    }

    @Test func weightsThatAreNotFiniteAreRefused() throws {
        for wrong in [Float.nan, .infinity] {
            let folder = try TemporaryFolder()
            for name in try FileManager.default.contentsOfDirectory(atPath: Fixture.checkpoint("tied")) {
                try FileManager.default.copyItem(atPath: "\(Fixture.checkpoint("tied"))/\(name)", toPath: folder.path(name))
            }
            var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.path("model.safetensors"))))
            withUnsafeBytes(of: wrong) { bytes.replaceSubrange(bytes.count - 8..<bytes.count - 4, with: $0) }
            try folder.write("model.safetensors", bytes)
            let checkpoint = try Checkpoint.open(folder.path)
            let error = #expect(throws: FileError.self) { try checkpoint.convert(to: folder.path("out.gguf"), type: .f16) }
            #expect(error?.exitStatus == .badData)
            #expect(!FileManager.default.fileExists(atPath: folder.path("out.gguf")))
        }
    }

    @Test func aFolderThatCannotBeWrittenIsAnOutputError() throws {
        let error = #expect(throws: FileError.self) { try Checkpoint.open(Fixture.checkpoint("tied")).convert(to: "/nowhere/out.gguf", type: .f16) }
        #expect(error?.exitStatus == .inputOutput)
    }
}
