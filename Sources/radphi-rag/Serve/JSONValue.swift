import Foundation

/// Any JSON value: for the protocols, whose messages have no fixed shape.
enum JSONValue: Sendable, Hashable, Encodable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Parses one JSON text; nil if it is none (nesting deeper than Foundation's limit of 512 included).
    init?(parsing bytes: some Collection<UInt8>) {
        guard let value = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed) else { return nil }
        self.init(value)
    }

    private init?(_ value: Any) {
        switch value {
        case is NSNull: self = .null
        case let text as String: self = .string(text)
        case let list as [Any]: self = .array(list.compactMap(JSONValue.init))
        case let object as [String: Any]: self = .object(object.compactMapValues(JSONValue.init))
        case let number as NSNumber:
            if CFGetTypeIDIsBoolean(number) { self = .bool(number.boolValue) }
            else if let whole = Int(exactly: number.doubleValue), abs(number.doubleValue) < 9e15 { self = .integer(whole) }
            else { self = .number(number.doubleValue) }
        default: return nil
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }

    /// Turns any encodable value into a JSON value, with this program's key style.
    init(encoding value: some Encodable) throws {
        self = JSONValue(parsing: Array(try JSON.encode(value).utf8)) ?? .null
    }

    subscript(key: String) -> JSONValue? {
        if case .object(let object) = self { return object[key] }
        return nil
    }
    var string: String? { if case .string(let value) = self { value } else { nil } }
    var integer: Int? { if case .integer(let value) = self { value } else { nil } }
    var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    var isObject: Bool { if case .object = self { true } else { false } }

    /// Texts of an array of texts, or of one text; nil for anything else.
    var strings: [String]? {
        if let string { return [string] }
        guard case .array(let list) = self else { return nil }
        let texts = list.compactMap(\.string)
        return texts.count == list.count ? texts : nil
    }
}

/// Whether a number came from `true` or `false`.
private func CFGetTypeIDIsBoolean(_ number: NSNumber) -> Bool {
    String(cString: number.objCType) == "c" || String(cString: number.objCType) == "B"
}
