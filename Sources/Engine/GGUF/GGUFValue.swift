/// A metadata value of a GGUF file.
enum GGUFValue: Sendable, Equatable {
    case unsigned(UInt64)
    case signed(Int64)
    case float(Double)
    case boolean(Bool)
    case string(String)
    /// Byte ranges in the file: texts are made when they are asked for.
    case strings([Range<Int>])
    case numbers([Int64])
    /// Arrays of floats and booleans: no key that is read has one.
    case other(count: Int)

    /// GGUF's number for the type of a value.
    enum Kind: UInt32 {
        case uint8 = 0, int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64, float64

        /// Bytes of a value; nil where that is not fixed.
        var size: Int? {
            switch self {
            case .uint8, .int8, .bool: 1
            case .uint16, .int16: 2
            case .uint32, .int32, .float32: 4
            case .uint64, .int64, .float64: 8
            case .string, .array: nil
            }
        }
    }

    var integer: Int? {
        switch self {
        case .unsigned(let value): Int(exactly: value)
        case .signed(let value): Int(exactly: value)
        default: nil
        }
    }
    var number: Double? {
        if case .float(let value) = self, value.isFinite { return value }
        return integer.map(Double.init)
    }
    var string: String? { if case .string(let text) = self { text } else { nil } }
}
