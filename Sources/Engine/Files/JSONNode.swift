/// A JSON value and where it stands in its file, so that an error can name the place.
struct JSONNode: Sendable {
    enum Value: Sendable {
        case null
        case boolean(Bool)
        /// The literal as written: an integer is taken as one without a detour over Double.
        case number(String)
        case string(String)
        case array([JSONNode])
        /// Members in file order; keys are unique.
        case object(JSONObject)
    }

    let value: Value
    let offset: Int

    var integer: Int? {
        guard case .number(let text) = value else { return nil }
        if let exact = Int(text) { return exact }
        // 2e4 and 2048.0 are whole numbers too.
        guard let number = Double(text), number.isFinite, number.rounded() == number, abs(number) <= 9_007_199_254_740_992 else { return nil }
        return Int(number)
    }
    var number: Double? {
        guard case .number(let text) = value, let number = Double(text), number.isFinite else { return nil }
        return number
    }
    var string: String? { if case .string(let text) = value { text } else { nil } }
    var boolean: Bool? { if case .boolean(let flag) = value { flag } else { nil } }
    var array: [JSONNode]? { if case .array(let items) = value { items } else { nil } }
    var object: JSONObject? { if case .object(let object) = value { object } else { nil } }
    var isNull: Bool { if case .null = value { true } else { false } }

    /// The member `key` of an object; nil when this is no object, or the member is absent or null.
    subscript(key: String) -> JSONNode? {
        guard let node = object?[key], !node.isNull else { return nil }
        return node
    }
}

/// The members of a JSON object, in file order.
struct JSONObject: Sendable {
    let members: [(key: String, node: JSONNode)]
    private let positions: [String: Int]

    /// Nil when a key is given twice; `String` equality is canonical equivalence, so keys are compared by their bytes first.
    init?(_ members: [(key: String, node: JSONNode)]) {
        var positions: [String: Int] = [:]
        positions.reserveCapacity(members.count)
        for (position, member) in members.enumerated() {
            positions[member.key] = position
        }
        // Canonically equivalent keys that differ in bytes are different keys in JSON; telling them apart needs the bytes.
        if positions.count != members.count {
            guard Set(members.map { Array($0.key.utf8) }).count == members.count else { return nil }
        }
        self.members = members
        self.positions = positions
    }

    subscript(key: String) -> JSONNode? {
        positions[key].flatMap { members.indices.contains($0) ? members[$0].node : nil }
    }
}
