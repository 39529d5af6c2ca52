import Foundation

/// Writes a GGUF file, version 3, tensor by tensor, so that a model larger than memory can be written.
///
/// The file appears under its name only when it is whole: it is written beside it, synced and renamed; a writer that is dropped
/// before `finish()` removes what it wrote.
package final class GGUFWriter {
    /// Little-endian bytes of the metadata and the tensors' descriptions.
    private struct Header {
        var bytes: [UInt8] = []

        mutating func append<T: FixedWidthInteger>(_ number: T) { withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) } }
        mutating func append(_ text: String) {
            append(UInt64(text.utf8.count))
            bytes.append(contentsOf: text.utf8)
        }
    }

    private struct Description {
        let name: String
        let type: ElementType
        let shape: [Int]
        let byteCount: Int
    }

    private static let alignment = 32

    private let path: String
    private let temporaryPath: String
    private var file: UnsafeMutablePointer<FILE>?
    private var values = Header()
    private var valueCount: UInt64 = 0
    private var descriptions: [Description] = []
    private var written = 0
    private var headerIsWritten = false

    package init(path: String) throws(FileError) {
        self.path = path
        temporaryPath = "\(path).\(getpid()).partial"
        guard let file = fopen(temporaryPath, "wbxe") else { throw .failed(temporaryPath, "created", errno: errno) }
        self.file = file
    }

    deinit {
        if let file {
            fclose(file)
            unlink(temporaryPath)
        }
    }

    package func add(_ key: String, _ value: String) {
        begin(key, .string)
        values.append(value)
    }

    package func add(_ key: String, _ value: UInt32) {
        begin(key, .uint32)
        values.append(value)
    }

    package func add(_ key: String, _ value: Float) {
        begin(key, .float32)
        values.append(value.bitPattern)
    }

    package func add(_ key: String, _ value: Bool) {
        begin(key, .bool)
        values.append(UInt8(value ? 1 : 0))
    }

    package func add(_ key: String, _ texts: [String]) {
        begin(key, .array)
        values.append(GGUFValue.Kind.string.rawValue)
        values.append(UInt64(texts.count))
        for text in texts { values.append(text) }
    }

    package func add(_ key: String, _ numbers: [Int32]) {
        begin(key, .array)
        values.append(GGUFValue.Kind.int32.rawValue)
        values.append(UInt64(numbers.count))
        for number in numbers { values.append(number) }
    }

    private func begin(_ key: String, _ kind: GGUFValue.Kind) {
        values.append(key)
        values.append(kind.rawValue)
        valueCount += 1
    }

    /// Announces a tensor, `[rows, columns]`, or a vector when `rows` is nil. All are announced before the first is written.
    package func describe(_ name: String, _ type: ElementType, rows: Int? = nil, columns: Int) throws(FileError) {
        guard !headerIsWritten, let rowBytes = type.rowBytes(columns: columns) else {
            throw .unsupported(path, field: name, "rows of \(columns) numbers do not fill blocks of \(type.blockSize) (\(type.name))")
        }
        descriptions.append(
            Description(name: name, type: type, shape: rows.map { [columns, $0] } ?? [columns], byteCount: rowBytes * (rows ?? 1)))
    }

    /// Writes the next bytes of the tensors, in the order in which they were announced.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        if !headerIsWritten { try writeHeader() }
        try append(bytes)
        written += bytes.count
        if let end = tensorEnds.first, written == end {
            tensorEnds.removeFirst()
            let padding = GGUFWriter.padding(after: written)
            try append([UInt8](repeating: 0, count: padding))
            written += padding
        }
    }

    /// Bytes of data after each tensor that is not yet whole, padding before it counted.
    private var tensorEnds: [Int] = []

    private static func padding(after count: Int) -> Int { (alignment - count % alignment) % alignment }

    private func writeHeader() throws(FileError) {
        headerIsWritten = true
        var header = Header()
        header.append(UInt32(0x4655_4747))
        header.append(UInt32(3))
        header.append(UInt64(descriptions.count))
        header.append(valueCount)
        header.bytes += values.bytes
        var offset = 0
        for description in descriptions {
            header.append(description.name)
            header.append(UInt32(description.shape.count))
            for extent in description.shape { header.append(UInt64(extent)) }
            header.append(description.type.rawValue)
            header.append(UInt64(offset))
            offset += description.byteCount
            tensorEnds.append(offset)
            offset += GGUFWriter.padding(after: offset)
        }
        header.bytes += [UInt8](repeating: 0, count: GGUFWriter.padding(after: header.bytes.count))
        try append(header.bytes)
    }

    private func append(_ bytes: [UInt8]) throws(FileError) {
        let result = bytes.withUnsafeBytes { buffer -> Result<Void, FileError> in
            do throws(FileError) { return .success(try append(buffer)) } catch { return .failure(error) }
        }
        try result.get()
    }

    private func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
        guard let file, fwrite(start, 1, bytes.count, file) == bytes.count else {
            throw .failed(temporaryPath, "written", errno: errno)
        }
    }

    /// Syncs the file and gives it its name.
    package func finish() throws(FileError) {
        if !headerIsWritten { try writeHeader() }
        guard tensorEnds.isEmpty, let file else { throw .unsupported(path, field: "tensors", "\(tensorEnds.count) announced tensors were not written") }
        guard fflush(file) == 0, fsync(fileno(file)) == 0 else { throw .failed(temporaryPath, "written", errno: errno) }
        let closed = fclose(file)
        let code = errno
        self.file = nil
        guard closed == 0 else {
            unlink(temporaryPath)
            throw .failed(temporaryPath, "written", errno: code)
        }
        guard rename(temporaryPath, path) == 0 else {
            let code = errno
            unlink(temporaryPath)
            throw .failed(path, "written", errno: code)
        }
    }
}
