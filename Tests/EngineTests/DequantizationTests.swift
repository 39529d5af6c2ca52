import CKernels
import Engine
import Testing

/// The reference is the `gguf` Python package: blocks of random bytes, so that every pattern of packed bits occurs.
@Suite struct DequantizationTests {
    private let blocks: SafetensorsFile

    init() throws {
        blocks = try SafetensorsFile(path: Fixture.path("gguf-blocks.safetensors"))
    }

    @Test(arguments: ElementType.allCases)
    func agreesWithTheReferenceToTheBit(_ type: ElementType) throws {
        let bytes = try #require(blocks.bytes("\(type.name.lowercased()).blocks"))
        let expected = try #require(try blocks.floats("\(type.name.lowercased()).values"))
        let rows = 8
        let made = WeightTensor(name: "blocks", type: type, rows: rows, columns: expected.count / rows) { $0.copyBytes(from: bytes) }
        let tensor = try #require(made)
        #expect(tensor.byteCount == bytes.count)
        #expect(tensor.dequantized().map(\.bitPattern) == expected.map(\.bitPattern))
        // A view of rows, and single rows, see the same numbers.
        let columns = tensor.columns
        #expect(tensor.rowRange(3..<5).dequantized() == Array(expected[3 * columns..<5 * columns]))
        var row = [Float](repeating: .nan, count: columns)
        row.withUnsafeMutableBufferPointer { tensor.dequantizedRow(7, into: $0) }
        #expect(row == Array(expected[7 * columns..<8 * columns]))
    }

    @Test(arguments: [ElementType.f16, .bf16, .q8_0, .q4_0])
    func quantizesToTheReferencesBytes(_ type: ElementType) throws {
        let input = try #require(try blocks.floats("quantize.input"))
        let expected = try #require(blocks.bytes("quantize.\(type.name.lowercased())"))
        var bytes = [UInt8](repeating: 0xAA, count: expected.count + 1)
        bytes.withUnsafeMutableBytes { radphi_quantize(type.rawValue, input, $0.baseAddress, Int64(input.count)) }
        #expect(Array(bytes.dropLast()) == expected)
        #expect(bytes.last == 0xAA)
    }

    /// All 65536 halves come back as they were; NaN stays NaN.
    @Test func halvesRoundTrip() {
        let halves = (0...UInt16.max).map { $0 }
        var floats = [Float](repeating: 0, count: halves.count)
        halves.withUnsafeBytes { radphi_dequantize(ElementType.f16.rawValue, $0.baseAddress, &floats, Int64(halves.count)) }
        var back = [UInt16](repeating: 0, count: halves.count)
        back.withUnsafeMutableBytes { radphi_quantize(ElementType.f16.rawValue, floats, $0.baseAddress, Int64(floats.count)) }
        for (half, (float, again)) in zip(halves, zip(floats, back)) {
            #expect(float == Float(Float16(bitPattern: half)) || float.isNaN)
            #expect(float.isNaN ? again & 0x7C00 == 0x7C00 && again & 0x3FF != 0 : again == half)
        }
    }

    @Test func findsNumbersThatAreNotFinite() {
        var values = [Float](repeating: 1, count: 67)
        #expect(radphi_all_finite(values, 67) == 1)
        for wrong in [Float.infinity, -.infinity, .nan] {
            values[66] = wrong
            #expect(radphi_all_finite(values, 67) == 0)
        }
    }
}
