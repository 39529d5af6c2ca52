import Foundation

/// A safetensors file: an 8-byte little-endian header length, a JSON header, and the numbers.
///
/// Everything is checked when it is opened: names are unique, sizes are dtype × shape, and the tensors cover the data without gap or
/// overlap, as the format demands.
package struct SafetensorsFile: Sendable {
    package struct Entry: Sendable {
        package let dtype: String
        package let shape: [Int]
        /// Bytes of the file.
        package let range: Range<Int>
    }

    static let headerLimit = 100_000_000

    package let file: MappedFile
    package let entries: [String: Entry]
    package let metadata: [String: String]

    package init(path: String) throws(FileError) {
        try self.init(MappedFile(path: path))
    }

    package init(_ file: MappedFile) throws(FileError) {
        let path = file.path
        func fault(_ field: String, _ offset: Int?, _ problem: String) -> FileError { .malformed("safetensors", path, field: field, offset: offset, problem) }
        guard file.count >= 8 else { throw fault("header length", 0, "the file has \(file.count) bytes; at least 8 are expected") }
        let length = file.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
        guard length <= UInt64(SafetensorsFile.headerLimit) else {
            throw fault("header length", 0, "\(length) bytes; at most \(SafetensorsFile.headerLimit) are read")
        }
        guard Int(length) <= file.count - 8 else { throw fault("header length", 0, "\(length) bytes, but only \(file.count - 8) follow") }
        let dataStart = 8 + Int(length)
        let header = file.withUnsafeBytes { Array($0[8..<dataStart]) }
        try file.checkIntact()
        // The format lets a header be padded with spaces at its end only.
        guard header.first == UInt8(ascii: "{") else { throw fault("header", 8, "a JSON object is expected") }
        let parsed = header.withUnsafeBytes { bytes -> Result<JSONNode, FileError> in
            do throws(FileError) { return .success(try JSONParser.parse(bytes, file: path, format: "safetensors", base: 8)) } catch {
                return .failure(error)
            }
        }
        guard let members = try parsed.get().object?.members else { throw fault("header", 8, "a JSON object is expected") }

        var entries: [String: Entry] = [:]
        var metadata: [String: String] = [:]
        for (name, node) in members {
            if name == "__metadata__" {
                guard let pairs = node.object?.members else { throw fault(name, node.offset, "an object of strings is expected") }
                for (key, value) in pairs {
                    guard let text = value.string else { throw fault("__metadata__.\(key)", value.offset, "a string is expected") }
                    metadata[key] = text
                }
                continue
            }
            entries[name] = try SafetensorsFile.entry(name, node, dataStart: dataStart, dataCount: file.count - dataStart, fault: fault)
        }
        var end = dataStart
        for (name, entry) in entries.sorted(by: { ($0.value.range.lowerBound, $0.value.range.upperBound) < ($1.value.range.lowerBound, $1.value.range.upperBound) }) {
            guard entry.range.lowerBound == end else {
                let what = entry.range.lowerBound < end ? "overlaps the tensor before it" : "leaves a gap after the tensor before it"
                throw fault(name, entry.range.lowerBound, what)
            }
            end = entry.range.upperBound
        }
        guard end == file.count else { throw fault("data", end, "\(file.count - end) bytes belong to no tensor") }
        self.file = file
        self.entries = entries
        self.metadata = metadata
    }

    private static func entry(
        _ name: String, _ node: JSONNode, dataStart: Int, dataCount: Int, fault: (String, Int?, String) -> FileError
    ) throws(FileError) -> Entry {
        guard let object = node.object else { throw fault(name, node.offset, "an object is expected") }
        guard let dtype = object["dtype"]?.string else { throw fault("\(name).dtype", node.offset, "a string is expected") }
        guard let size = byteSizes[dtype] else { throw fault("\(name).dtype", node.offset, "unknown type \(dtype.prefix(16))") }
        guard let dimensions = object["shape"]?.array, dimensions.count <= 8 else {
            throw fault("\(name).shape", node.offset, "an array of at most 8 whole numbers is expected")
        }
        var shape: [Int] = []
        var bytes = size
        for dimension in dimensions {
            guard let extent = dimension.integer, extent >= 0 else { throw fault("\(name).shape", dimension.offset, "a whole number is expected") }
            let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
            guard !overflow else { throw fault("\(name).shape", dimension.offset, "the size does not fit 63 bits") }
            bytes = product
            shape.append(extent)
        }
        guard let offsets = object["data_offsets"]?.array, offsets.count == 2, let start = offsets[0].integer, let end = offsets[1].integer,
            start >= 0, end >= start
        else { throw fault("\(name).data_offsets", node.offset, "two ascending whole numbers are expected") }
        guard end <= dataCount else { throw fault("\(name).data_offsets", node.offset, "\(end) is beyond the \(dataCount) bytes of data") }
        guard end - start == bytes else {
            throw fault("\(name).data_offsets", node.offset, "\(end - start) bytes, but \(dtype) × \(shape) takes \(bytes)")
        }
        return Entry(dtype: dtype, shape: shape, range: dataStart + start..<dataStart + end)
    }

    /// Types that may stand in a file; weights are taken from the first three.
    private static let byteSizes = [
        "F32": 4, "F16": 2, "BF16": 2, "F64": 8, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1, "BOOL": 1,
        "F8_E4M3": 1, "F8_E5M2": 1,
    ]

    private static let elementTypes: [String: ElementType] = ["F32": .f32, "F16": .f16, "BF16": .bf16]

    /// The bytes of a tensor of any type; nil when there is none of this name.
    package func bytes(_ name: String) -> [UInt8]? {
        entries[name].map { entry in file.withUnsafeBytes { Array($0[entry.range]) } }
    }

    /// The numbers of an F32, F16 or BF16 tensor of one or two dimensions, row by row.
    package func floats(_ name: String) throws(FileError) -> [Float]? {
        try weight(name)?.dequantized()
    }

    /// The numbers of an I32 tensor; nil when there is none of this name and type.
    package func integers(_ name: String) -> [Int32]? {
        guard entries[name]?.dtype == "I32", let bytes = bytes(name) else { return nil }
        return bytes.withUnsafeBytes { raw in (0..<raw.count / 4).map { raw.loadUnaligned(fromByteOffset: $0 * 4, as: Int32.self) } }
    }

    /// The tensor as a weight: a matrix, or a vector as one row.
    func weight(_ name: String) throws(FileError) -> WeightTensor? {
        guard let entry = entries[name] else { return nil }
        guard let type = SafetensorsFile.elementTypes[entry.dtype] else {
            throw .unsupported(file.path, field: name, offset: entry.range.lowerBound, "\(entry.dtype) numbers; F32, F16 or BF16 is expected")
        }
        guard entry.shape.count == 1 || entry.shape.count == 2, let columns = entry.shape.last,
            let tensor = WeightTensor(
                name: name, type: type, rows: entry.shape.count == 2 ? entry.shape[0] : 1, columns: columns, file: file, start: entry.range.lowerBound)
        else {
            throw .malformed("safetensors", file.path, field: name, offset: entry.range.lowerBound, "shape \(entry.shape); one or two dimensions are expected")
        }
        return tensor
    }
}

/// The safetensors files of one checkpoint folder: one, or the shards that an index names.
struct SafetensorsShards: TensorSource {
    let path: String
    var format: String { "safetensors" }
    let files: [SafetensorsFile]
    private let fileOfTensor: [String: Int]

    init(folder: String) throws(FileError) {
        let single = "\(folder)/model.safetensors"
        let index = "\(folder)/model.safetensors.index.json"
        if access(single, F_OK) == 0 {
            let file = try SafetensorsFile(path: single)
            path = single
            files = [file]
            fileOfTensor = file.entries.mapValues { _ in 0 }
            return
        }
        guard access(index, F_OK) == 0 else {
            throw .missing(single, "a folder with model.safetensors or model.safetensors.index.json is expected; PyTorch .bin files are not read")
        }
        guard let map = try MappedFile(path: index).json(limit: 64 << 20)["weight_map"]?.object else {
            throw .malformed("safetensors", index, field: "weight_map", "an object is expected")
        }
        var files: [SafetensorsFile] = []
        var numbers: [String: Int] = [:]
        var fileOfTensor: [String: Int] = [:]
        for (tensor, node) in map.members {
            guard let name = node.string, !name.isEmpty, !name.contains("/"), !name.contains("\0"), name != "..", name != "." else {
                throw .malformed("safetensors", index, field: "weight_map.\(tensor)", offset: node.offset, "the name of a file in this folder is expected")
            }
            if numbers[name] == nil {
                guard files.count < 512 else { throw .malformed("safetensors", index, field: "weight_map", "more than 512 files") }
                numbers[name] = files.count
                files.append(try SafetensorsFile(path: "\(folder)/\(name)"))
            }
            guard let number = numbers[name], files[number].entries[tensor] != nil else {
                throw .malformed("safetensors", index, field: "weight_map.\(tensor)", offset: node.offset, "\(name) has no such tensor")
            }
            fileOfTensor[tensor] = number
        }
        path = index
        self.files = files
        self.fileOfTensor = fileOfTensor
    }

    func tensor(_ name: String) throws(FileError) -> WeightTensor? {
        guard let number = fileOfTensor[name] else { return nil }
        return try files[number].weight(name)
    }
}
