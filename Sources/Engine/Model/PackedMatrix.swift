import CKernels

/// There is no memory for the weights.
public struct OutOfMemory: DiagnosableError {
    public let bytes: Int
    public let kind = "out-of-memory"
    public let exitStatus = ExitStatus.failure
    public var message: String { "\(bytes >> 20) MB of memory for weights are not to be had; take a smaller quantisation of the model" }
}

/// Weights in the order in which the kernels read them, `[rows, columns]`.
///
/// `@unchecked Sendable`: written once, before anyone else has it.
package final class PackedMatrix: @unchecked Sendable {
    package let rows: Int
    package let columns: Int
    package let format: radphi_format
    package let panels: Int
    package let bytes: Int
    /// `[rows]`, or nothing.
    let bias: [Float]?
    private let memory: UnsafeMutableRawPointer

    /// The format that keeps all that a file's type says.
    package static func format(for type: ElementType) -> radphi_format {
        switch type {
        case .f32: RADPHI_F32
        case .f16: RADPHI_F16
        case .bf16: RADPHI_BF16
        case .q4_0: RADPHI_Q4
        default: RADPHI_Q8
        }
    }

    /// Packs a matrix; types without a kernel of their own become q8.
    package init(_ part: WeightTensor, bias: [Float]?, pool: ThreadPool, format wanted: radphi_format? = nil) throws(OutOfMemory) {
        rows = part.rows
        columns = part.columns
        let format = wanted ?? Self.format(for: part.type)
        self.format = format
        panels = (part.rows + Int(RADPHI_PANEL) - 1) / Int(RADPHI_PANEL)
        let panelBytes = radphi_panel_bytes(format, Int32(part.columns))
        bytes = panels * panelBytes
        self.bias = bias
        guard let memory = radphi_memory_allocate(UInt(max(1, bytes)), 1) else { throw OutOfMemory(bytes: bytes) }
        self.memory = memory
        nonisolated(unsafe) let target = memory
        part.withUnsafeBytes { source in
            nonisolated(unsafe) let source = source
            pool.run(panels) { panel in
                let first = panel * 32
                withUnsafeTemporaryAllocation(of: Float.self, capacity: max(32, part.columns)) { scratch in
                    radphi_pack_panel(
                        format, part.type.rawValue, source.baseAddress?.advanced(by: first * part.rowBytes), part.rowBytes, Int32(min(32, part.rows - first)), Int32(part.columns),
                        target + panel * panelBytes, scratch.baseAddress)
                }
            }
        }
    }

    deinit { radphi_memory_free(memory, UInt(max(1, bytes))) }

    package var isQuantized: Bool { format == RADPHI_Q8 || format == RADPHI_Q4 }

    /// One product: where its panels' outputs go.
    package struct Product {
        let matrix: PackedMatrix
        let input: Activations
        let output: UnsafeMutablePointer<Float>
        /// Distance of two output rows.
        let stride: Int
        let accumulate: Bool

        package init(_ matrix: PackedMatrix, _ input: Activations, into output: UnsafeMutablePointer<Float>, stride: Int? = nil, accumulate: Bool = false) {
            self.matrix = matrix
            self.input = input
            self.output = output
            self.stride = stride ?? matrix.rows
            self.accumulate = accumulate
        }

        /// Computes the panels of `range`: `output[t][n] = Σ input[t]·w[n] + bias[n]`, or added to what stands there.
        func compute(_ range: Range<Int>, _ kernel: radphi_level) {
            let view = input.view
            withUnsafePointer(to: view) { view in
                func call(_ bias: UnsafePointer<Float>?) {
                    radphi_gemm(
                        kernel, matrix.format, matrix.memory, Int32(matrix.rows), view, Int32(range.lowerBound), Int32(range.upperBound), bias, output, stride, accumulate ? 1 : 0)
                }
                if let bias = matrix.bias { bias.withUnsafeBufferPointer { call($0.baseAddress) } } else { call(nil) }
            }
        }
    }

    /// Independent products, computed side by side.
    package static func multiply(_ products: [Product], level: InstructionLevel, pool: ThreadPool) {
        let kernel = level.kernel
        let panels = products.reduce(0) { $0 + $1.matrix.panels }
        // About as many pieces as balance the load without making each too small to be worth a hand-over.
        let piece = max(1, min(8, panels / (pool.threads * 6)))
        var starts: [Int] = []
        var pieces = 0
        for product in products {
            starts.append(pieces)
            pieces += (product.matrix.panels + piece - 1) / piece
        }
        pool.run(pieces) { index in
            let which = (starts.lastIndex { $0 <= index }) ?? 0
            let first = (index - starts[which]) * piece
            products[which].compute(first..<min(products[which].matrix.panels, first + piece), kernel)
        }
    }

    /// Products of equally many rows that are added into one output, in the order given.
    package static func sum(_ products: [Product], level: InstructionLevel, pool: ThreadPool) {
        let kernel = level.kernel
        let panels = products.first?.matrix.panels ?? 0
        let piece = max(1, min(4, panels / (pool.threads * 6)))
        pool.run((panels + piece - 1) / piece) { index in
            let range = index * piece..<min(panels, (index + 1) * piece)
            for product in products { product.compute(range, kernel) }
        }
    }
}
