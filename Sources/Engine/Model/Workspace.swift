import CKernels

/// The intermediate results of one pass, used again by every layer. Memory is taken when first touched.
final class Workspace {
    /// Rows that it has room for.
    let rows: Int
    /// The residual stream, `[rows, hidden]`.
    let stream: UnsafeMutablePointer<Float>
    /// Queries, keys and values, `[rows, hidden + 2 · keyValueSize]`.
    let projected: UnsafeMutablePointer<Float>
    let projectedStride: Int
    /// `[rows, hidden]`
    let norm, attention: radphi_rows
    /// `[rows, intermediate]`
    let inner: radphi_rows
    private let memory: UnsafeMutableRawPointer
    private let bytes: Int

    init(_ c: PhiConfiguration, rows: Int) throws(OutOfMemory) {
        let widths = [c.hiddenSize, c.hiddenSize + 2 * c.keyValueSize]
        var bytes = 0
        /// Where the next part of so many bytes lies.
        func place(_ size: Int) -> Int {
            defer { bytes += (size + 63) / 64 * 64 }
            return bytes
        }
        let plain = widths.map { place(rows * $0 * 4) }
        let parts = [c.hiddenSize, c.hiddenSize, c.intermediateSize].map { width in
            (width, place(rows * width * 4), place(rows * width), place(rows * (width / 32 + 1) * 4), place(rows * (width / 32 + 1) * 4))
        }
        guard let memory = radphi_memory_allocate(bytes, false) else { throw OutOfMemory(bytes: bytes) }
        func rowsAt(_ part: (Int, Int, Int, Int, Int)) -> radphi_rows {
            radphi_rows(
                values: (memory + part.1).assumingMemoryBound(to: Float.self), stride: Int32(part.0), quants: (memory + part.2).assumingMemoryBound(to: Int8.self),
                scales: (memory + part.3).assumingMemoryBound(to: Float.self), sums: (memory + part.4).assumingMemoryBound(to: Int32.self))
        }
        self.rows = rows
        self.memory = memory
        self.bytes = bytes
        stream = (memory + plain[0]).assumingMemoryBound(to: Float.self)
        projected = (memory + plain[1]).assumingMemoryBound(to: Float.self)
        projectedStride = widths[1]
        norm = rowsAt(parts[0])
        attention = rowsAt(parts[1])
        inner = rowsAt(parts[2])
    }

    deinit { radphi_memory_free(memory, bytes, false) }
}

extension radphi_rows {
    /// The rows from `first` on, of `columns` numbers each.
    func from(_ first: Int, columns: Int) -> radphi_rows {
        radphi_rows(
            values: values + first * Int(stride), stride: stride, quants: quants + first * columns, scales: scales + first * (columns / 32),
            sums: sums + first * (columns / 32))
    }

    /// Without room for quants, which are then not made.
    var plain: radphi_rows { radphi_rows(values: values, stride: stride, quants: nil, scales: nil, sums: nil) }
}
