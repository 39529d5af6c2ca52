/// Ends a text at the first of some strings, and holds back what could still become one.
///
/// What `append` and `finish` return, joined, is the text before the first stop string.
struct StopStrings {
    private let stops: [[UInt8]]
    private var held: [UInt8] = []
    /// Whether a stop string has come.
    private(set) var isStopped = false

    init(_ stops: [String]) {
        self.stops = stops.map { Array($0.utf8) }.filter { !$0.isEmpty }
    }

    /// The text that can be shown now that `piece` has come.
    mutating func append(_ piece: String) -> String {
        guard !isStopped else { return "" }
        guard !stops.isEmpty else { return piece }
        held += piece.utf8
        for start in held.indices where stops.contains(where: { held[start...].starts(with: $0) }) {
            isStopped = true
            defer { held = [] }
            return String(decoding: held[..<start], as: UTF8.self)
        }
        // A stop string begins with the first byte of a character, so the cut never splits one.
        let start = held.indices.first { start in stops.contains { $0.starts(with: held[start...]) } } ?? held.count
        defer { held.removeFirst(start) }
        return String(decoding: held[..<start], as: UTF8.self)
    }

    /// What was held back and turned out to be text.
    mutating func finish() -> String {
        defer { held = [] }
        return isStopped ? "" : String(decoding: held, as: UTF8.self)
    }
}
