import Engine
import Index

/// A filter names what no article of the index is filed under.
public enum FilterError: DiagnosableError {
    case unknownSystem(String, known: [String])
    case unknownKind(String, known: [String])

    public var kind: String { "unknown-filter" }
    public var exitStatus: ExitStatus { .usage }
    public var message: String {
        switch self {
        case .unknownSystem(let name, let known): Self.message("system", name, known)
        case .unknownKind(let name, let known): Self.message("kind", name, known)
        }
    }

    private static func message(_ what: String, _ name: String, _ known: [String]) -> String {
        let choice = known.isEmpty ? "the index's articles have no \(what)" : "one of \(known.joined(separator: ", ")) is expected"
        return "\(what) \(name.prefix(80)): \(choice)"
    }
}

extension Searcher {
    /// A filter made of names as people type them: `head and neck` and `HEAD & NECK` are the system `Head & Neck`.
    ///
    /// - Throws: `FilterError` for a name that no article is filed under; a filter that silently matched nothing would look like an empty corpus.
    public func filter(systems: [String], kinds: [String]) throws(FilterError) -> PassageFilter {
        var filter = PassageFilter()
        for name in systems {
            guard let known = Self.match(name, self.systems) else { throw .unknownSystem(name, known: self.systems) }
            filter.systems.append(known)
        }
        for name in kinds {
            guard let known = Self.match(name, self.kinds) else { throw .unknownKind(name, known: self.kinds) }
            filter.kinds.append(known)
        }
        return filter
    }

    private static func match(_ name: String, _ known: [String]) -> String? {
        func folded(_ text: String) -> String { text.lowercased().replacing("&", with: "and").filter { $0.isLetter || $0.isNumber } }
        return known.first { folded($0) == folded(name) }
    }
}
