import CKernels
import Engine
import Foundation
import Testing

/// Every instruction set against the scalar reference, to the bit, and that against sums in double precision.
@Suite struct KernelTests {
    static let types: [ElementType] = [.f32, .f16, .bf16, .q8_0, .q4_0]
    static let sets = [RADPHI_SCALAR, RADPHI_AVX2, RADPHI_AVX2_VNNI, RADPHI_AVX512, RADPHI_NEON].filter { radphi_has_instructions($0) }.map { Int32($0.rawValue) }

    /// A matrix of random numbers, packed, with what its numbers are; the packed memory is followed by NaN.
    private final class Matrix {
        let view: radphi_matrix
        let dense: [Float]
        private let memory: UnsafeMutableRawPointer

        convenience init(_ type: ElementType, rows: Int, columns: Int, seed: UInt64, pool: OpaquePointer) throws {
            var random = SplitMix64(seed: seed)
            try self.init(type, rows: rows, columns: columns, pool: pool) { bytes in
                if KernelTests.types.contains(type) {
                    let values = (0..<rows * columns).map { _ in Float.random(in: -1...1, using: &random) }
                    radphi_quantize(type.rawValue, values, bytes.baseAddress, Int64(values.count))
                } else {
                    // Random bytes are valid blocks; with the high bits of each byte clear every scale is a small number.
                    for index in bytes.indices { bytes[index] = UInt8.random(in: 0...63, using: &random) }
                }
            }
        }

        init(_ type: ElementType, rows: Int, columns: Int, pool: OpaquePointer, fill: (UnsafeMutableRawBufferPointer) -> Void) throws {
            let tensor = WeightTensor(name: "w", type: type, rows: rows, columns: columns, fill: fill)
            let made = try #require(tensor)
            dense = made.dequantized()
            let packing = radphi_packing_for(type.rawValue)
            let size = radphi_packed_size(packing, Int32(rows), Int32(columns))
            memory = .allocate(byteCount: size + 256, alignment: 64)
            memory.initializeMemory(as: UInt8.self, repeating: 0xFF, count: size + 256)
            let target = memory
            let done = made.withUnsafeBytes { radphi_pack(pool, type.rawValue, $0.baseAddress, Int32(rows), Int32(columns), packing, target) }
            #expect(done)
            #expect((0..<256).allSatisfy { target.load(fromByteOffset: size + $0, as: UInt8.self) == 0xFF })
            view = radphi_matrix(data: memory, packing: packing, rows: Int32(rows), columns: Int32(columns))
        }

        deinit { memory.deallocate() }
        var isQuantized: Bool { view.packing >= 3 }
    }

    /// Rows of activations with NaN after each row where there is room for it.
    private final class Rows {
        let view: radphi_rows
        init(_ values: [Float], count: Int, columns: Int, pool: OpaquePointer, set: Int32) {
            let stride = columns + 5
            let memory = UnsafeMutablePointer<Float>.allocate(capacity: count * stride)
            memory.initialize(repeating: .nan, count: count * stride)
            for row in 0..<count { for column in 0..<columns { memory[row * stride + column] = values[row * columns + column] } }
            view = radphi_rows(
                values: memory, stride: Int32(stride), quants: .allocate(capacity: count * columns), scales: .allocate(capacity: count * (columns / 32 + 1)),
                sums: .allocate(capacity: count * (columns / 32 + 1)))
            var rows = view
            #expect(radphi_quantize_rows(pool, set, &rows, Int32(count), Int32(columns)))
        }

        deinit {
            view.values.deallocate()
            view.quants.deallocate()
            view.scales.deallocate()
            view.sums.deallocate()
        }
    }

    /// The product of one or two matrices with the same input; a border of NaN around the output must stay as it is.
    private func multiply(
        _ matrices: [Matrix], _ input: [Float], count: Int, bias: [Float]? = nil, epilogue: radphi_epilogue = RADPHI_STORE, start: Float = 0, set: Int32, pool: OpaquePointer
    ) -> [Float] {
        let rows = Int(matrices[0].view.rows)
        let columns = Int(matrices[0].view.columns)
        let source = Rows(input, count: count, columns: columns, pool: pool, set: set)
        let stride = rows + 3
        var output = [Float](repeating: .nan, count: count * stride)
        for row in 0..<count { for column in 0..<rows { output[row * stride + column] = start } }
        let done = output.withUnsafeMutableBufferPointer { output in
            (bias ?? []).withUnsafeBufferPointer { bias in
                var product = radphi_product(
                    matrix: (matrices[0].view, matrices[matrices.count - 1].view), input: (source.view, source.view), parts: Int32(matrices.count), count: Int32(count),
                    bias: bias.isEmpty ? nil : bias.baseAddress, epilogue: Int32(epilogue.rawValue),
                    out: radphi_rows(values: output.baseAddress, stride: Int32(stride), quants: nil, scales: nil, sums: nil))
                return radphi_multiply(pool, set, &product, 1)
            }
        }
        #expect(done)
        withExtendedLifetime((source, matrices)) {}
        for row in 0..<count { for border in rows..<stride { #expect(output[row * stride + border].isNaN) } }
        return (0..<count).flatMap { Array(output[$0 * stride..<$0 * stride + rows]) }
    }

    private func withPool<R>(_ threads: Int32, _ body: (OpaquePointer) throws -> R) throws -> R {
        let pool = try #require(radphi_pool_create(threads))
        defer { radphi_pool_destroy(pool) }
        return try body(pool)
    }

    private func numbers(_ count: Int, seed: UInt64) -> [Float] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
    }

    @Test(arguments: types, [(1, 32), (31, 32), (65, 64), (64, 288), (130, 320)])
    func everySetGivesTheReference(_ type: ElementType, _ shape: (rows: Int, columns: Int)) throws {
        try withPool(2) { pool in
            let matrix = try Matrix(type, rows: shape.rows, columns: shape.columns, seed: 3, pool: pool)
            let bias = numbers(shape.rows, seed: 4)
            for count in Array(1...14) + [25] {
                let input = numbers(count * shape.columns, seed: UInt64(count))
                let reference = multiply([matrix], input, count: count, bias: bias, set: Self.sets[0], pool: pool)
                for set in Self.sets.dropFirst() {
                    #expect(multiply([matrix], input, count: count, bias: bias, set: set, pool: pool) == reference, "\(type) set \(set) rows \(count)")
                }
                // Quantised activations are within half a step of 1/127 of each block's largest number.
                for row in 0..<count {
                    for output in 0..<shape.rows {
                        var exact = Double(bias[output])
                        var bound = 1e-5
                        for block in stride(from: 0, to: shape.columns, by: 32) {
                            let columns = block..<min(shape.columns, block + 32)
                            let top = columns.reduce(0) { max($0, abs(input[row * shape.columns + $1])) }
                            for k in columns {
                                let w = Double(matrix.dense[output * shape.columns + k])
                                exact += w * Double(input[row * shape.columns + k])
                                bound += matrix.isQuantized ? abs(w) * Double(top) / 127 * 0.51 : abs(w) * 1e-5
                            }
                        }
                        #expect(abs(Double(reference[row * shape.rows + output]) - exact) <= bound, "\(type) row \(row) output \(output)")
                    }
                }
            }
        }
    }

    /// Weights and activations at the ends of their ranges, with signs that pile up in half of a lane: no sum in few bits may run over.
    @Test(arguments: [ElementType.q8_0, .q4_0])
    func theLargestNumbersDoNotRunOver(_ type: ElementType) throws {
        try withPool(2) { pool in
            let (rows, columns, count) = (64, 352, 12)
            let bytesABlock = type == .q8_0 ? 34 : 18
            var random = SplitMix64(seed: 11)
            let matrix = try Matrix(type, rows: rows, columns: columns, pool: pool) { bytes in
                for block in 0..<bytes.count / bytesABlock {
                    let at = block * bytesABlock
                    bytes.storeBytes(of: Float16(0.5).bitPattern, toByteOffset: at, as: UInt16.self)
                    for i in 2..<bytesABlock {
                        // −128 and 127, or −8 and 7 in both halves; alike in whole rows, by position, or at random.
                        let high = [true, false, i % 4 < 2, i % 2 == 0, i < bytesABlock / 2, Bool.random(using: &random)][block / (columns / 32) % 6]
                        bytes[at + i] = type == .q8_0 ? (high ? 0x7F : 0x80) : (high ? 0xFF : 0x00)
                    }
                }
            }
            let signs: [(Int) -> Bool] = [{ _ in true }, { _ in false }, { $0 % 4 < 2 }, { $0 % 2 == 0 }, { $0 % 32 < 16 }, { $0 % 3 == 0 }]
            let input = (0..<count * columns).map { signs[$0 / columns % 6]($0 % columns) ? Float(1) : -1 }
            for rowsTogether in [1, 2, 3, 4, 9, 12] {
                let reference = multiply([matrix], input, count: rowsTogether, set: Self.sets[0], pool: pool)
                for row in 0..<rowsTogether {
                    for output in 0..<rows {
                        let exact = (0..<columns).reduce(0.0) { $0 + Double(matrix.dense[output * columns + $1]) * Double(input[row * columns + $1]) }
                        #expect(abs(Double(reference[row * rows + output]) - exact) <= abs(exact) * 1e-5 + 1e-2)
                    }
                }
                for set in Self.sets.dropFirst() { #expect(multiply([matrix], input, count: rowsTogether, set: set, pool: pool) == reference, "set \(set)") }
            }
        }
    }

    @Test(arguments: types)
    func aRowDoesNotDependOnItsCompanyNorOnThreads(_ type: ElementType) throws {
        try withPool(3) { pool in
            try withPool(1) { single in
                let matrix = try Matrix(type, rows: 65, columns: 160, seed: 5, pool: pool)
                let input = numbers(29 * 160, seed: 2)
                for set in Self.sets {
                    let together = multiply([matrix], input, count: 29, set: set, pool: pool)
                    for row in 0..<29 {
                        let alone = multiply([matrix], Array(input[row * 160..<(row + 1) * 160]), count: 1, set: set, pool: single)
                        #expect(alone == Array(together[row * 65..<(row + 1) * 65]))
                    }
                }
            }
        }
    }

    @Test(arguments: sets)
    func epiloguesDoWhatTheySay(_ set: Int32) throws {
        try withPool(2) { pool in
            let a = try Matrix(.f32, rows: 70, columns: 64, seed: 1, pool: pool)
            let b = try Matrix(.q8_0, rows: 70, columns: 64, seed: 2, pool: pool)
            let input = numbers(4 * 64, seed: 6)
            let bias = numbers(70, seed: 7)
            let plain = multiply([a], input, count: 4, bias: bias, set: set, pool: pool)
            let other = multiply([b], input, count: 4, set: set, pool: pool)
            let sum = multiply([a, b], input, count: 4, bias: bias, epilogue: RADPHI_ADD, start: 2, set: set, pool: pool)
            for i in sum.indices { #expect(abs(sum[i] - (2 + plain[i] + other[i])) < 1e-4) }
            let curved = multiply([a], input, count: 4, bias: bias, epilogue: RADPHI_GELU, set: set, pool: pool)
            for (x, y) in zip(plain.map(Double.init), curved) {
                let expected = 0.5 * x * (1 + tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)))
                #expect(abs(Double(y) - expected) < 1e-5)
            }
        }
    }

    @Test(arguments: [ElementType.q4_1, .q5_0, .q5_1, .q2_K, .q3_K, .q4_K, .q5_K, .q6_K])
    func otherTypesLoseLittleInEightBits(_ type: ElementType) throws {
        try withPool(1) { pool in
            let matrix = try Matrix(type, rows: 8, columns: 512, seed: UInt64(type.rawValue), pool: pool)
            #expect(matrix.view.packing == Int32(RADPHI_W8.rawValue))
            // One column at a time, so that activations are exact.
            for column in stride(from: 0, to: 512, by: 37) {
                var unit = [Float](repeating: 0, count: 512)
                unit[column] = 1
                let found = multiply([matrix], unit, count: 1, set: Self.sets[0], pool: pool)
                for row in 0..<8 {
                    let block = matrix.dense[(row * 512 + column / 32 * 32)..<(row * 512 + column / 32 * 32 + 32)]
                    let top = block.reduce(0) { max($0, abs($1)) }
                    // A scale is an fp16 number, rounded up: below 6e-5 its steps are 6e-8.
                    #expect(abs(found[row] - matrix.dense[row * 512 + column]) <= (top / 127 + 6e-8) * 0.52)
                }
            }
        }
    }
}
