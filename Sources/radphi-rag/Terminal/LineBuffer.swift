/// The line being edited and the lines before it: what each key does, without a terminal.
struct LineBuffer {
    private(set) var characters: [Character] = []
    /// Position of the cursor in `characters`, 0…count.
    private(set) var cursor = 0
    private(set) var history: [String] = []
    /// Which line of the history is shown; `history.count` is the new one.
    private var position = 0
    private var unfinished: [Character] = []

    /// Lines that are remembered.
    static let historyLimit = 1_000

    var text: String { String(characters) }
    var isEmpty: Bool { characters.isEmpty }

    mutating func insert(_ character: Character) {
        // A combining mark joins the character before it.
        let before = characters[..<cursor].last.map { String($0) } ?? ""
        let joined = Array(before + String(character))
        if cursor > 0, joined.count == 1 {
            characters[cursor - 1] = joined[0]
        } else {
            characters.insert(character, at: cursor)
            cursor += 1
        }
    }

    mutating func left() { cursor = max(0, cursor - 1) }
    mutating func right() { cursor = min(characters.count, cursor + 1) }
    mutating func home() { cursor = 0 }
    mutating func end() { cursor = characters.count }

    mutating func wordLeft() {
        while cursor > 0, characters[cursor - 1] == " " { cursor -= 1 }
        while cursor > 0, characters[cursor - 1] != " " { cursor -= 1 }
    }

    mutating func wordRight() {
        while cursor < characters.count, characters[cursor] == " " { cursor += 1 }
        while cursor < characters.count, characters[cursor] != " " { cursor += 1 }
    }

    mutating func backspace() {
        guard cursor > 0 else { return }
        cursor -= 1
        characters.remove(at: cursor)
    }

    mutating func delete() {
        if cursor < characters.count { characters.remove(at: cursor) }
    }

    mutating func deleteToStart() {
        characters.removeSubrange(..<cursor)
        cursor = 0
    }

    mutating func deleteToEnd() { characters.removeSubrange(cursor...) }

    mutating func deleteWord() {
        let end = cursor
        wordLeft()
        characters.removeSubrange(cursor..<end)
    }

    mutating func clear() {
        characters = []
        cursor = 0
        position = history.count
    }

    mutating func up() { show(position - 1) }
    mutating func down() { show(position + 1) }

    private mutating func show(_ new: Int) {
        guard new >= 0, new <= history.count else { return }
        if position == history.count { unfinished = characters }
        position = new
        characters = new == history.count ? unfinished : Array(history[new])
        cursor = characters.count
    }

    /// Takes the line, and remembers it unless it is empty or the same as the one before.
    mutating func submit() -> String {
        let line = text
        if !line.allSatisfy(\.isWhitespace), history.last != line { history.append(line) }
        if history.count > Self.historyLimit { history.removeFirst() }
        clear()
        unfinished = []
        return line
    }
}
