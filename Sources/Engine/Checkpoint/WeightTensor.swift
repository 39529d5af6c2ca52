import CKernels
import Foundation

/// A weight matrix or vector as it is stored: a view of a mapped file, or of memory of its own.
///
/// Row-major `[rows = outputs, columns = inputs]`; a vector has one row. The bytes of a mapped tensor need not be aligned.
/// Copying the value copies no numbers.
public struct WeightTensor: Sendable {
    public let name: String
    public let type: ElementType
    public let rows: Int
    public let columns: Int
    /// Bytes from one row to the next; rows are packed.
    public let rowBytes: Int
    private let storage: Storage
    private let start: Int

    private enum Storage: Sendable {
        case file(MappedFile)
        case memory(WeightMemory)
    }

    /// The file behind it; nil when the numbers are in memory.
    public var file: MappedFile? { if case .file(let file) = storage { file } else { nil } }
    /// Bytes of all rows.
    public var byteCount: Int { rows * rowBytes }

    /// A view of `file` from byte `start`. Nil when it would leave the file, or a row does not fill whole blocks.
    public init?(name: String, type: ElementType, rows: Int, columns: Int, file: MappedFile, start: Int) {
        guard rows > 0, start >= 0, let rowBytes = type.rowBytes(columns: columns) else { return nil }
        let (size, wraps) = rowBytes.multipliedReportingOverflow(by: rows)
        guard !wraps, start <= file.count, size <= file.count - start else { return nil }
        self.init(name: name, type: type, rows: rows, columns: columns, rowBytes: rowBytes, storage: .file(file), start: start)
    }

    /// A tensor in memory that `fill` writes once; the memory is 64-byte aligned and starts as zeros. Nil when the shape is not
    /// possible or the memory is not to be had.
    public init?(name: String, type: ElementType, rows: Int, columns: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
        guard rows > 0, let rowBytes = type.rowBytes(columns: columns) else { return nil }
        let (size, wraps) = rowBytes.multipliedReportingOverflow(by: rows)
        guard !wraps, let memory = WeightMemory(count: size) else { return nil }
        try fill(memory.bytes)
        self.init(name: name, type: type, rows: rows, columns: columns, rowBytes: rowBytes, storage: .memory(memory), start: 0)
    }

    private init(name: String, type: ElementType, rows: Int, columns: Int, rowBytes: Int, storage: Storage, start: Int) {
        self.name = name
        self.type = type
        self.rows = rows
        self.columns = columns
        self.rowBytes = rowBytes
        self.storage = storage
        self.start = start
    }

    /// Gives the stored bytes of all rows to `body`; the pointer is valid only inside. Where the tensor comes from a file, ask
    /// `Checkpoint.checkIntact()` before the result is trusted.
    public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        switch storage {
        case .file(let file):
            try file.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[start..<start + byteCount])) }
        case .memory(let memory):
            try withExtendedLifetime(memory) { try body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory.bytes)[start..<start + byteCount])) }
        }
    }

    /// A view of some of the rows, as of Q, K and V in a fused matrix. `range` is clamped to the rows there are; at least one stays.
    public func rowRange(_ range: Range<Int>) -> WeightTensor {
        let first = min(max(0, range.lowerBound), rows - 1)
        let last = min(max(first + 1, range.upperBound), rows)
        return WeightTensor(
            name: name, type: type, rows: last - first, columns: columns, rowBytes: rowBytes, storage: storage, start: start + first * rowBytes)
    }

    /// All numbers as fp32, `[rows, columns]`.
    public func dequantized() -> [Float] {
        [Float](unsafeUninitializedCapacity: rows * columns) { buffer, count in
            withUnsafeBytes { radphi_dequantize(type.rawValue, $0.baseAddress, buffer.baseAddress, Int64(rows * columns)) }
            count = rows * columns
        }
    }

    /// Row `row` as fp32 into the first `columns` places of `target`; nothing is written when the row does not exist or does not fit.
    public func dequantizedRow(_ row: Int, into target: UnsafeMutableBufferPointer<Float>) {
        guard row >= 0, row < rows, target.count >= columns else { return }
        withUnsafeBytes { radphi_dequantize(type.rawValue, $0.baseAddress?.advanced(by: row * rowBytes), target.baseAddress, Int64(columns)) }
    }

    /// Lets go of the mapped pages, after a repack into other memory; they are read again when touched.
    public func releasePages() {
        if case .file(let file) = storage { file.releasePages(start..<start + byteCount) }
    }
}

/// Anonymous memory that a tensor owns.
///
/// `@unchecked Sendable`: written only before the tensor that owns it exists.
private final class WeightMemory: @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer

    init?(count: Int) {
        var pointer: UnsafeMutableRawPointer?
        guard count > 0, count <= Int.max - 64, posix_memalign(&pointer, 64, count) == 0, let pointer else { return nil }
        memset(pointer, 0, count)
        bytes = UnsafeMutableRawBufferPointer(start: pointer, count: count)
    }

    deinit { free(bytes.baseAddress) }
}
