import CKernels
import Engine
import Testing

/// Every instruction level against the scalar reference, and that against sums in double precision.
@Suite struct KernelTests {
    static let formats: [(format: radphi_format, type: ElementType)] = [
        (RADPHI_F32, .f32), (RADPHI_F16, .f16), (RADPHI_BF16, .bf16), (RADPHI_Q8, .q8_0), (RADPHI_Q4, .q4_0),
    ]

    private struct Random: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
        mutating func normal() -> Float { (0..<4).reduce(-2) { sum, _ in sum + Float(next() >> 40) / Float(1 << 24) } }
    }

    /// A weight matrix of random numbers in the type's own bytes.
    private func weights(_ type: ElementType, rows: Int, columns: Int, seed: UInt64) throws -> WeightTensor {
        var random = Random(state: seed)
        let values = (0..<rows * columns).map { _ in random.normal() }
        let tensor = WeightTensor(name: "w", type: type, rows: rows, columns: columns) { bytes in
                for row in 0..<rows {
                    values.withUnsafeBufferPointer {
                        radphi_quantize(type.rawValue, $0.baseAddress! + row * columns, bytes.baseAddress! + row * type.rowBytes(columns: columns)!, Int64(columns))
                    }
                }
            }
        return try #require(tensor)
    }

    /// Outputs with a border of NaN, which must stay untouched.
    private func product(_ matrix: PackedMatrix, _ input: [Float], tokens: Int, level: InstructionLevel, pool: ThreadPool) -> [Float] {
        let activations = Activations(capacity: tokens, columns: matrix.columns, quantized: matrix.isQuantized)
        for token in 0..<tokens {
            for k in 0..<matrix.columns { activations.pointer[token * matrix.columns + k] = input[token * matrix.columns + k] }
            activations.finish(token)
        }
        let stride = matrix.rows + 3
        var output = [Float](repeating: .nan, count: tokens * stride)
        output.withUnsafeMutableBufferPointer {
            PackedMatrix.multiply([PackedMatrix.Product(matrix, activations, into: $0.baseAddress!, stride: stride)], level: level, pool: pool)
        }
        for token in 0..<tokens {
            for border in matrix.rows..<stride { #expect(output[token * stride + border].isNaN) }
        }
        return (0..<tokens).flatMap { Array(output[$0 * stride..<$0 * stride + matrix.rows]) }
    }

    @Test(arguments: formats.indices, [(1, 32), (31, 32), (33, 64), (64, 96), (70, 320)])
    func everyLevelGivesTheReference(_ which: Int, _ shape: (rows: Int, columns: Int)) throws {
        let (_, type) = Self.formats[which]
        let tensor = try weights(type, rows: shape.rows, columns: shape.columns, seed: UInt64(which * 100 + shape.rows))
        let pool = ThreadPool(threads: 2)
        var random = Random(state: 9)
        let bias = (0..<shape.rows).map { _ in random.normal() }
        let matrix = try PackedMatrix(tensor, bias: bias, pool: pool)
        let dense = tensor.dequantized()
        for tokens in [1, 2, 5, 6, 7, 12, 13, 25] {
            let input = (0..<tokens * shape.columns).map { _ in random.normal() }
            let reference = product(matrix, input, tokens: tokens, level: .scalar, pool: pool)
            for level in InstructionLevel.available.dropFirst() {
                // The same integer sums and the same order of fp32 additions: the same bits.
                #expect(product(matrix, input, tokens: tokens, level: level, pool: pool) == reference, "\(type) \(level) \(tokens)")
            }
            // Against double precision; quantised activations are within half a step of 1/127 of each block's largest number.
            for token in 0..<tokens {
                for row in 0..<shape.rows {
                    var exact = Double(bias[row])
                    var bound = 1e-5
                    for block in stride(from: 0, to: shape.columns, by: 32) {
                        let columns = block..<min(shape.columns, block + 32)
                        let top = columns.reduce(0) { max($0, abs(input[token * shape.columns + $1])) }
                        for k in columns {
                            let w = Double(dense[row * shape.columns + k])
                            exact += w * Double(input[token * shape.columns + k])
                            bound += matrix.isQuantized ? abs(w) * Double(top) / 127 * 0.51 : abs(w) * 1e-5
                        }
                    }
                    #expect(abs(Double(reference[token * shape.rows + row]) - exact) <= bound, "\(type) row \(row) token \(token)")
                }
            }
        }
    }

    @Test(arguments: formats.indices)
    func aTokenDoesNotDependOnItsCompany(_ which: Int) throws {
        let (_, type) = Self.formats[which]
        let pool = ThreadPool(threads: 3)
        let matrix = try PackedMatrix(weights(type, rows: 65, columns: 128, seed: 5), bias: nil, pool: pool)
        var random = Random(state: 2)
        let input = (0..<29 * 128).map { _ in random.normal() }
        for level in InstructionLevel.available {
            let together = product(matrix, input, tokens: 29, level: level, pool: pool)
            for token in 0..<29 {
                let alone = product(matrix, Array(input[token * 128..<(token + 1) * 128]), tokens: 1, level: level, pool: ThreadPool(threads: 1))
                #expect(alone == Array(together[token * 65..<(token + 1) * 65]))
            }
        }
    }

    @Test(arguments: [ElementType.q4_1, .q5_0, .q5_1, .q2_K, .q3_K, .q4_K, .q5_K, .q6_K])
    func otherTypesLoseLittleInEightBits(_ type: ElementType) throws {
        // Random bytes are valid blocks; scales are made small by clearing the high exponent bits of every 16-bit word that may be one.
        var random = Random(state: UInt64(type.rawValue))
        let rows = 8
        let columns = 512
        let made = WeightTensor(name: "w", type: type, rows: rows, columns: columns) { bytes in
                for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: random.next()) & 0x3F }
            }
        let tensor = try #require(made)
        let dense = tensor.dequantized()
        let finite = dense.allSatisfy { $0.isFinite }
        try #require(finite)
        let pool = ThreadPool(threads: 1)
        let matrix = try PackedMatrix(tensor, bias: nil, pool: pool, format: RADPHI_F32)
        let coarse = try PackedMatrix(tensor, bias: nil, pool: pool)
        #expect(coarse.format == RADPHI_Q8)
        let unit = (0..<columns).map { $0 % 7 == 0 ? Float(1) : 0 }
        let exact = product(matrix, unit, tokens: 1, level: .scalar, pool: pool)
        let rounded = product(coarse, unit, tokens: 1, level: .scalar, pool: pool)
        for row in 0..<rows {
            let top = (0..<columns).reduce(0) { max($0, abs(dense[row * columns + $1])) }
            #expect(abs(exact[row] - rounded[row]) <= top / 127 * Float(columns / 7 + 1) * 0.6)
        }
    }
}
