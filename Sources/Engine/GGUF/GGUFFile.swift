/// A GGUF file, version 2 or 3, little-endian: metadata, tensor descriptions, and the tensors themselves.
///
/// The whole header is checked when it is opened: sizes against what is left in the file, unique names, tensors inside the data
/// and apart from each other.
package struct GGUFFile: TensorSource, Sendable {
    struct Tensor: Sendable {
        /// GGUF's own number; the type may be one that this program does not read.
        let type: UInt32
        /// Innermost extent first.
        let shape: [Int]
        /// Absolute offset of the data.
        let start: Int
        /// Where the description stands.
        let offset: Int
    }

    let file: MappedFile
    let version: UInt32
    private let values: [String: (value: GGUFValue, offset: Int)]
    let tensors: [String: Tensor]

    package var path: String { file.path }
    package var format: String { "gguf" }

    package init(path: String) throws(FileError) {
        try self.init(MappedFile(path: path))
    }

    package init(_ file: MappedFile) throws(FileError) {
        let result = file.withUnsafeBytes { bytes -> Result<GGUFFile, FileError> in
            do throws(FileError) { return .success(try GGUFFile(file, bytes)) } catch { return .failure(error) }
        }
        try file.checkIntact()
        self = try result.get()
    }

    private init(_ file: MappedFile, _ bytes: UnsafeRawBufferPointer) throws(FileError) {
        var reader = ByteReader(bytes, file: file.path)
        let magic = try reader.number(UInt32.self, "magic")
        guard magic == 0x4655_4747 else { throw reader.fault("magic", at: 0, "this is no GGUF file") }
        version = try reader.number(UInt32.self, "version")
        guard version == 2 || version == 3 else {
            let problem = version.byteSwapped <= 3 ? "a big-endian file" : "version \(version)"
            throw reader.fault("version", at: 4, "\(problem); little-endian version 2 or 3 is expected")
        }
        // A tensor takes at least its name's length, dimension count, one dimension, type and offset; a value a key, a type and a byte.
        let tensorCount = try reader.count("tensor count", each: 32)
        let valueCount = try reader.count("metadata count", each: 13)
        var values: [String: (value: GGUFValue, offset: Int)] = [:]
        for index in 0..<valueCount {
            let key = try reader.string("metadata key \(index)")
            let start = reader.position
            let value = try GGUFFile.value(&reader, key)
            guard values.updateValue((value, start), forKey: key) == nil else { throw reader.fault(key, at: start, "the key is there twice") }
        }
        var alignment = 32
        if let (value, offset) = values["general.alignment"] {
            guard case .unsigned(let number) = value, number >= 8, number <= 1 << 20, number & (number - 1) == 0 else {
                throw reader.fault("general.alignment", at: offset, "a power of two from 8 to 1048576 is expected")
            }
            alignment = Int(number)
        }
        var described: [(name: String, tensor: Tensor)] = []
        for index in 0..<tensorCount { described.append(try GGUFFile.tensor(&reader, index)) }
        let dataStart = (reader.position + alignment - 1) / alignment * alignment

        var tensors: [String: Tensor] = [:]
        var ranges: [(range: Range<Int>, name: String)] = []
        for (name, relative) in described {
            guard relative.start.isMultiple(of: alignment) else {
                throw reader.fault(name, at: relative.offset, "the offset \(relative.start) is not a multiple of the alignment \(alignment)")
            }
            let (start, overflow) = dataStart.addingReportingOverflow(relative.start)
            guard !overflow, start <= file.count else {
                throw reader.fault(name, at: relative.offset, "the offset \(relative.start) is beyond the end of the file")
            }
            let tensor = Tensor(type: relative.type, shape: relative.shape, start: start, offset: relative.offset)
            if let size = try GGUFFile.byteCount(tensor, name, reader) {
                guard size <= file.count - start else {
                    throw reader.fault(name, at: relative.offset, "\(size) bytes are described, but \(file.count - start) are left")
                }
                ranges.append((start..<start + size, name))
            }
            guard tensors.updateValue(tensor, forKey: name) == nil else { throw reader.fault(name, at: relative.offset, "the tensor is there twice") }
        }
        ranges.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
        for (one, next) in zip(ranges, ranges.dropFirst()) where one.range.upperBound > next.range.lowerBound {
            throw reader.fault(next.name, at: next.range.lowerBound, "the tensor overlaps \(one.name.prefix(80))")
        }
        self.file = file
        self.values = values
        self.tensors = tensors
    }

    private static func value(_ reader: inout ByteReader, _ key: String) throws(FileError) -> GGUFValue {
        let kind = try self.kind(&reader, key)
        guard kind == .array else { return try scalar(&reader, kind, key) }
        let element = try self.kind(&reader, "\(key) element type")
        guard element != .array else { throw reader.fault(key, "an array of arrays is not supported") }
        if element == .string {
            let count = try reader.count("\(key) length", each: 8)
            var ranges: [Range<Int>] = []
            ranges.reserveCapacity(count)
            for _ in 0..<count { ranges.append(try reader.stringRange(key)) }
            return .strings(ranges)
        }
        let size = element.size ?? 1
        let count = try reader.count("\(key) length", each: size)
        guard ![.float32, .float64, .bool].contains(element) else {
            try reader.skip(count * size, key)
            return .other(count: count)
        }
        var numbers: [Int64] = []
        numbers.reserveCapacity(count)
        for _ in 0..<count {
            let start = reader.position
            guard let number = try scalar(&reader, element, key).integer else { throw reader.fault(key, at: start, "the number does not fit 63 bits") }
            numbers.append(Int64(number))
        }
        return .numbers(numbers)
    }

    private static func kind(_ reader: inout ByteReader, _ field: String) throws(FileError) -> GGUFValue.Kind {
        let start = reader.position
        let number = try reader.number(UInt32.self, field)
        guard let kind = GGUFValue.Kind(rawValue: number) else { throw reader.fault(field, at: start, "unknown value type \(number)") }
        return kind
    }

    private static func scalar(_ reader: inout ByteReader, _ kind: GGUFValue.Kind, _ key: String) throws(FileError) -> GGUFValue {
        switch kind {
        case .uint8: return .unsigned(UInt64(try reader.number(UInt8.self, key)))
        case .uint16: return .unsigned(UInt64(try reader.number(UInt16.self, key)))
        case .uint32: return .unsigned(UInt64(try reader.number(UInt32.self, key)))
        case .uint64: return .unsigned(try reader.number(UInt64.self, key))
        case .int8: return .signed(Int64(try reader.number(Int8.self, key)))
        case .int16: return .signed(Int64(try reader.number(Int16.self, key)))
        case .int32: return .signed(Int64(try reader.number(Int32.self, key)))
        case .int64: return .signed(try reader.number(Int64.self, key))
        case .float32:
            // By way of the shortest decimal, so that a file's 1e-5 is the 1e-5 of a config.json.
            let value = Float(bitPattern: try reader.number(UInt32.self, key))
            return .float(Double(value.description) ?? Double(value))
        case .float64: return .float(Double(bitPattern: try reader.number(UInt64.self, key)))
        case .bool:
            let start = reader.position
            let byte = try reader.number(UInt8.self, key)
            guard byte <= 1 else { throw reader.fault(key, at: start, "\(byte) is no boolean") }
            return .boolean(byte == 1)
        case .string: return .string(try reader.string(key))
        case .array: throw reader.fault(key, "an array is not expected here")
        }
    }

    private static func tensor(_ reader: inout ByteReader, _ index: Int) throws(FileError) -> (String, Tensor) {
        let start = reader.position
        let name = try reader.string("tensor \(index) name")
        let dimensions = try reader.number(UInt32.self, name)
        guard (1...4).contains(dimensions) else { throw reader.fault(name, at: start, "\(dimensions) dimensions; from 1 to 4 are expected") }
        var shape: [Int] = []
        for _ in 0..<dimensions {
            let place = reader.position
            let extent = try reader.number(UInt64.self, name)
            guard extent > 0, let value = Int(exactly: extent) else { throw reader.fault(name, at: place, "\(extent) is no dimension") }
            shape.append(value)
        }
        let type = try reader.number(UInt32.self, name)
        let place = reader.position
        let offset = try reader.number(UInt64.self, name)
        guard let relative = Int(exactly: offset) else { throw reader.fault(name, at: place, "the offset \(offset) is beyond the end of the file") }
        return (name, Tensor(type: type, shape: shape, start: relative, offset: start))
    }

    /// Bytes of a tensor; nil for a type whose block size is not known here.
    private static func byteCount(_ tensor: Tensor, _ name: String, _ reader: ByteReader) throws(FileError) -> Int? {
        var elements = 1
        for extent in tensor.shape {
            let (product, overflow) = elements.multipliedReportingOverflow(by: extent)
            guard !overflow else { throw reader.fault(name, at: tensor.offset, "the shape \(tensor.shape) does not fit 63 bits") }
            elements = product
        }
        guard let type = ElementType(rawValue: tensor.type) else { return nil }
        guard let row = type.rowBytes(columns: tensor.shape[0]) else {
            throw reader.fault(name, at: tensor.offset, "rows of \(tensor.shape[0]) numbers do not fill blocks of \(type.blockSize) (\(type.name))")
        }
        let (size, overflow) = row.multipliedReportingOverflow(by: elements / tensor.shape[0])
        guard !overflow else { throw reader.fault(name, at: tensor.offset, "the size does not fit 63 bits") }
        return size
    }

    package func tensor(_ name: String) throws(FileError) -> WeightTensor? {
        guard let tensor = tensors[name] else { return nil }
        guard let type = ElementType(rawValue: tensor.type) else {
            throw .unsupported(
                path, field: name, offset: tensor.offset,
                "GGUF type \(tensor.type) is not read; F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0 and Q2_K to Q6_K are")
        }
        // Trailing dimensions of 1 say nothing.
        let shape = tensor.shape.count > 2 && tensor.shape.dropFirst(2).allSatisfy { $0 == 1 } ? Array(tensor.shape.prefix(2)) : tensor.shape
        guard shape.count <= 2,
            let weight = WeightTensor(name: name, type: type, rows: shape.count == 2 ? shape[1] : 1, columns: shape[0], file: file, start: tensor.start)
        else {
            throw .malformed("gguf", path, field: name, offset: tensor.offset, "shape \(tensor.shape); one or two dimensions are expected")
        }
        return weight
    }
}

extension GGUFFile {
    func value(_ key: String) -> GGUFValue? { values[key]?.value }
    func offset(_ key: String) -> Int? { values[key]?.offset }

    /// All texts among the metadata, for people to look at.
    var texts: [String: String] { values.compactMapValues(\.value.string) }

    func fault(_ key: String, _ problem: String) -> FileError { .malformed("gguf", path, field: key, offset: offset(key), problem) }

    func integer(_ key: String, default fallback: Int? = nil) throws(FileError) -> Int {
        guard let value = value(key) else {
            guard let fallback else { throw fault(key, "the key is missing") }
            return fallback
        }
        guard let integer = value.integer else { throw fault(key, "a whole number is expected") }
        return integer
    }

    func number(_ key: String, default fallback: Double? = nil) throws(FileError) -> Double {
        guard let value = value(key) else {
            guard let fallback else { throw fault(key, "the key is missing") }
            return fallback
        }
        guard let number = value.number else { throw fault(key, "a number is expected") }
        return number
    }

    /// The texts of an array of strings; nil when the key is missing.
    func strings(_ key: String) throws(FileError) -> [String]? {
        guard let value = value(key) else { return nil }
        guard case .strings(let ranges) = value else { throw fault(key, "an array of strings is expected") }
        return file.withUnsafeBytes { bytes in ranges.map { String(decoding: bytes[$0], as: UTF8.self) } }
    }

    func numbers(_ key: String) throws(FileError) -> [Int64]? {
        guard let value = value(key) else { return nil }
        guard case .numbers(let numbers) = value else { throw fault(key, "an array of whole numbers is expected") }
        return numbers
    }
}
