/// Reads little-endian numbers and strings from bytes that are not trusted; every step is checked against what is left.
struct ByteReader {
    let bytes: UnsafeRawBufferPointer
    let file: String
    private(set) var position = 0

    var remaining: Int { bytes.count - position }

    init(_ bytes: UnsafeRawBufferPointer, file: String) {
        self.bytes = bytes
        self.file = file
    }

    func fault(_ field: String, at offset: Int? = nil, _ problem: String) -> FileError {
        .malformed("gguf", file, field: field, offset: offset ?? position, problem)
    }

    mutating func number<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, _ field: String) throws(FileError) -> T {
        guard remaining >= MemoryLayout<T>.size else { throw fault(field, "the file ends here") }
        let value = T(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: T.self))
        position += MemoryLayout<T>.size
        return value
    }

    /// A count of things that take at least `each` bytes each, so that no file can claim more than it holds.
    mutating func count(_ field: String, each: Int) throws(FileError) -> Int {
        let start = position
        let value = try number(UInt64.self, field)
        guard value <= UInt64(remaining / max(1, each)) else {
            throw fault(field, at: start, "\(value) is more than the \(remaining) bytes left in the file can hold")
        }
        return Int(value)
    }

    /// The range of a string's bytes.
    mutating func stringRange(_ field: String) throws(FileError) -> Range<Int> {
        let length = try count("\(field) length", each: 1)
        defer { position += length }
        return position..<position + length
    }

    mutating func string(_ field: String) throws(FileError) -> String {
        let range = try stringRange(field)
        guard let text = String(validating: bytes[range], as: UTF8.self) else { throw fault(field, at: range.lowerBound, "the text is not UTF-8") }
        return text
    }

    mutating func skip(_ count: Int, _ field: String) throws(FileError) {
        guard count >= 0, count <= remaining else { throw fault(field, "the file ends here") }
        position += count
    }
}
