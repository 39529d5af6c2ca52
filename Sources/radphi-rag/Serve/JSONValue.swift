import Foundation
import Retrieval

/// Any JSON value: for the protocols, whose messages have no fixed shape.
enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Parses one JSON text in UTF-8; nil if it is none (nesting deeper than Foundation's limit of 512 included).
    init?(parsing bytes: [UInt8]) {
        // Foundation would also take UTF-16 and UTF-32; both show zero bytes, which JSON in UTF-8 never has.
        guard !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil,
            let value = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
        else { return nil }
        self.init(value)
    }

    private init?(_ value: Any) {
        switch value {
        case is NSNull: self = .null
        case let text as String: self = .string(text)
        case let list as [Any]: self = .array(list.compactMap(JSONValue.init))
        case let object as [String: Any]: self = .object(object.compactMapValues(JSONValue.init))
        case let number as NSNumber:
            switch String(cString: number.objCType) {
            case "c", "B": self = .bool(number.boolValue)
            case "d", "f":
                let double = number.doubleValue
                // 2.0 and 2e3 are whole numbers too.
                if let whole = Int(exactly: double), abs(double) <= 9_007_199_254_740_992 { self = .integer(whole) } else { self = .number(double) }
            case "Q": self = Int(exactly: number.uint64Value).map(JSONValue.integer) ?? .number(number.doubleValue)
            default: self = .integer(number.intValue)
            }
        default: return nil
        }
    }

    /// Turns any encodable value into a JSON value, with this program's key style.
    init(encoding value: some Encodable) throws {
        self = JSONValue(parsing: Array(try JSON.encode(value).utf8)) ?? .null
    }

    init(_ id: RequestID?) {
        switch id {
        case .text(let text): self = .string(text)
        case .number(let number): self = .integer(number)
        case nil: self = .null
        }
    }

    /// The id that this value is, if it can be one: a text or a whole number.
    var requestID: RequestID? {
        switch self {
        case .string(let text): .text(text)
        case .integer(let number): .number(number)
        default: nil
        }
    }

    /// As one line of JSON: keys sorted and spelt as they are, numbers that are not finite as null.
    var text: String {
        var out = ""
        write(to: &out)
        return out
    }

    private func write(to out: inout String) {
        switch self {
        case .null: out += "null"
        case .bool(let value): out += value ? "true" : "false"
        case .integer(let value): out += String(value)
        case .number(let value): out += value.isFinite ? "\(value)" : "null"
        case .string(let value): Self.quote(value, to: &out)
        case .array(let values):
            out += "["
            for (position, value) in values.enumerated() {
                if position > 0 { out += "," }
                value.write(to: &out)
            }
            out += "]"
        case .object(let members):
            out += "{"
            for (position, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if position > 0 { out += "," }
                Self.quote(member.key, to: &out)
                out += ":"
                member.value.write(to: &out)
            }
            out += "}"
        }
    }

    private static func quote(_ text: String, to out: inout String) {
        out += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            // Control characters must be escaped; the separators U+2028 and U+2029 end a line for some readers.
            case "\u{0}"..<"\u{20}", "\u{7F}", "\u{2028}", "\u{2029}": out += String(format: "\\u%04x", scalar.value)
            default: out.unicodeScalars.append(scalar)
            }
        }
        out += "\""
    }

    subscript(key: String) -> JSONValue? {
        if case .object(let object) = self { return object[key] }
        return nil
    }
    /// Throws when an object has a member that is not in `known`: a misspelt field must not silently do nothing.
    func allow(_ known: [String]) throws(RequestError) {
        guard case .object(let members) = self, let odd = members.keys.filter({ !known.contains($0) }).min() else { return }
        throw RequestError(message: "\(odd.prefix(80)): no such field here; known are \(known.joined(separator: ", "))")
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
