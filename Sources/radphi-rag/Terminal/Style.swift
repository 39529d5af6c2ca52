/// Terminal styles; plain text where colour is off.
struct Style: Sendable {
    let enabled: Bool

    func bold(_ text: String) -> String { wrap(text, "1") }
    func dim(_ text: String) -> String { wrap(text, "2") }
    func accent(_ text: String) -> String { wrap(text, "36") }
    func warning(_ text: String) -> String { wrap(text, "33") }
    func good(_ text: String) -> String { wrap(text, "32") }
    func bad(_ text: String) -> String { wrap(text, "1;31") }
    func highlight(_ text: String) -> String { wrap(text, "1;32") }

    /// Word by word, so that wrapping never splits a sequence.
    private func wrap(_ text: String, _ code: String) -> String {
        guard enabled else { return text }
        return text.split(separator: " ", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : "\u{1B}[\(code)m\($0)\u{1B}[0m" }.joined(separator: " ")
    }

    /// Text from outside without control characters, so that no article can move the cursor, change the title or turn the direction of writing.
    static func harmless(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    switch scalar.value {
                    case 0x0A: scalar
                    case 0..<0x20, 0x7F...0x9F, 0x202A...0x202E, 0x2066...0x2069: " "
                    default: scalar
                    }
                }))
    }
}
