import Foundation

/// A strict JSON reader (RFC 8259) for files that are not trusted: depth and duplicate keys are checked, every fault has an offset,
/// and time and memory are linear in the bytes that are there.
struct JSONParser {
    static let depthLimit = 128

    private let bytes: UnsafeRawBufferPointer
    private let file: String
    private let format: String
    private var position = 0
    private var depth = 0

    /// Parses all of `bytes`; `base` is added to offsets in errors when the bytes start inside `file`.
    static func parse(_ bytes: UnsafeRawBufferPointer, file: String, format: String = "json", base: Int = 0) throws(FileError) -> JSONNode {
        var parser = JSONParser(bytes: bytes, file: file, format: format, base: base)
        parser.skipSpace()
        let node = try parser.value()
        parser.skipSpace()
        guard parser.position == bytes.count else { throw parser.fault("something follows the JSON value") }
        return node
    }

    private let base: Int
    private init(bytes: UnsafeRawBufferPointer, file: String, format: String, base: Int) {
        self.bytes = bytes
        self.file = file
        self.format = format
        self.base = base
    }

    private func fault(_ problem: String) -> FileError {
        .malformed(format, file, field: "JSON", offset: base + position, problem)
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func value() throws(FileError) -> JSONNode {
        let start = base + position
        guard let first = current else { throw fault("the text ends where a value is expected") }
        switch first {
        case UInt8(ascii: "{"): return JSONNode(value: try object(), offset: start)
        case UInt8(ascii: "["): return JSONNode(value: try array(), offset: start)
        case UInt8(ascii: "\""): return JSONNode(value: .string(try string()), offset: start)
        case UInt8(ascii: "t"): return JSONNode(value: try literal("true", .boolean(true)), offset: start)
        case UInt8(ascii: "f"): return JSONNode(value: try literal("false", .boolean(false)), offset: start)
        case UInt8(ascii: "n"): return JSONNode(value: try literal("null", .null), offset: start)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return JSONNode(value: try number(), offset: start)
        default: throw fault("a value is expected")
        }
    }

    private mutating func enter() throws(FileError) {
        position += 1
        depth += 1
        guard depth <= JSONParser.depthLimit else { throw fault("nested deeper than \(JSONParser.depthLimit) levels") }
        skipSpace()
    }

    private mutating func object() throws(FileError) -> JSONNode.Value {
        let start = position
        try enter()
        var members: [(key: String, node: JSONNode)] = []
        if current == UInt8(ascii: "}") {
            position += 1
        } else {
            while true {
                guard current == UInt8(ascii: "\"") else { throw fault("a key is expected") }
                let key = try string()
                skipSpace()
                guard current == UInt8(ascii: ":") else { throw fault("a colon is expected") }
                position += 1
                skipSpace()
                members.append((key, try value()))
                skipSpace()
                if current == UInt8(ascii: ",") {
                    position += 1
                    skipSpace()
                } else if current == UInt8(ascii: "}") {
                    position += 1
                    break
                } else {
                    throw fault("a comma or a closing brace is expected")
                }
            }
        }
        depth -= 1
        guard let object = JSONObject(members) else {
            position = start
            throw fault("the object that starts here has the same key twice")
        }
        return .object(object)
    }

    private mutating func array() throws(FileError) -> JSONNode.Value {
        try enter()
        var items: [JSONNode] = []
        if current == UInt8(ascii: "]") {
            position += 1
        } else {
            while true {
                items.append(try value())
                skipSpace()
                if current == UInt8(ascii: ",") {
                    position += 1
                    skipSpace()
                } else if current == UInt8(ascii: "]") {
                    position += 1
                    break
                } else {
                    throw fault("a comma or a closing bracket is expected")
                }
            }
        }
        depth -= 1
        return .array(items)
    }

    private mutating func literal(_ word: StaticString, _ value: JSONNode.Value) throws(FileError) -> JSONNode.Value {
        let end = position + word.utf8CodeUnitCount
        guard end <= bytes.count else { throw fault("\(word) is expected") }
        for index in 0..<word.utf8CodeUnitCount where bytes[position + index] != word.utf8Start[index] { throw fault("\(word) is expected") }
        position = end
        return value
    }

    private mutating func digits() -> Int {
        let start = position
        while let byte = current, byte >= 0x30, byte <= 0x39 { position += 1 }
        return position - start
    }

    private mutating func number() throws(FileError) -> JSONNode.Value {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") {
            position += 1
        } else if digits() == 0 {
            throw fault("a digit is expected")
        }
        if current == UInt8(ascii: ".") {
            position += 1
            guard digits() > 0 else { throw fault("a digit is expected") }
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            guard digits() > 0 else { throw fault("a digit is expected") }
        }
        guard position - start <= 400 else { throw fault("a number of \(position - start) digits") }
        return .number(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func string() throws(FileError) -> String {
        position += 1
        let start = position
        // Most strings have no escapes and can be taken as they are.
        while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        if current == UInt8(ascii: "\"") {
            let slice = bytes[start..<position]
            guard let text = String(validating: slice, as: UTF8.self) else { throw fault("a string that is not UTF-8") }
            position += 1
            return text
        }
        var unescaped = Array(bytes[start..<position])
        while true {
            guard let byte = current else { throw fault("the text ends inside a string") }
            guard byte >= 0x20 else { throw fault("a control character inside a string") }
            position += 1
            if byte == UInt8(ascii: "\"") { break }
            if byte == UInt8(ascii: "\\") {
                try appendEscape(to: &unescaped)
            } else {
                unescaped.append(byte)
            }
        }
        guard let text = String(validating: unescaped, as: UTF8.self) else { throw fault("a string that is not UTF-8") }
        return text
    }

    private mutating func appendEscape(to unescaped: inout [UInt8]) throws(FileError) {
        guard let byte = current else { throw fault("the text ends inside a string") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): unescaped.append(byte)
        case UInt8(ascii: "b"): unescaped.append(0x08)
        case UInt8(ascii: "f"): unescaped.append(0x0C)
        case UInt8(ascii: "n"): unescaped.append(0x0A)
        case UInt8(ascii: "r"): unescaped.append(0x0D)
        case UInt8(ascii: "t"): unescaped.append(0x09)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if (0xD800..<0xDC00).contains(code), current == UInt8(ascii: "\\"), position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "u") {
                position += 2
                let low = try hexadecimal()
                guard (0xDC00..<0xE000).contains(low) else { throw fault("half a surrogate pair") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw fault("half a surrogate pair") }
            unescaped.append(contentsOf: String(Character(scalar)).utf8)
        default: throw fault("an unknown escape")
        }
    }

    private mutating func hexadecimal() throws(FileError) -> UInt32 {
        guard position + 4 <= bytes.count else { throw fault("the text ends inside an escape") }
        var code: UInt32 = 0
        for _ in 0..<4 {
            let byte = bytes[position]
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x41 + 10
            case 0x61...0x66: digit = byte - 0x61 + 10
            default: throw fault("four hexadecimal digits are expected")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }
}

extension MappedFile {
    /// The file parsed as one JSON value. Larger than `limit` bytes is refused.
    func json(limit: Int = 512 << 20) throws(FileError) -> JSONNode {
        guard count <= limit else { throw .malformed("json", path, field: "size", "\(count) bytes; at most \(limit) are read") }
        // Copied first: a file that shrinks while it is parsed is noticed before anything is believed.
        let copy = withUnsafeBytes { Array($0) }
        try checkIntact()
        let parsed = copy.withUnsafeBytes { bytes -> Result<JSONNode, FileError> in
            do throws(FileError) { return .success(try JSONParser.parse(bytes, file: path)) } catch { return .failure(error) }
        }
        return try parsed.get()
    }
}
