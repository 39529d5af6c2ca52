import Engine

/// The parsed words of one command.
struct Arguments: Sendable {
    private(set) var operands: [String] = []
    private var values: [String: [String]] = [:]
    let command: Command

    /// Parses `words` (without the command's own) by the rules of `command`: `--name value`, `--name=value`, `--` ends the options.
    init(_ words: [String], for command: Command) throws(UsageError) {
        self.command = command
        let known = command.options + Option.common
        var rest = words[...]
        var optionsEnded = false
        while let word = rest.popFirst() {
            if optionsEnded || word == "-" || !word.hasPrefix("-") {
                operands.append(word)
                continue
            }
            if word == "--" { optionsEnded = true; continue }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let name = parts.first ?? word
            guard let option = known.first(where: { $0.name == name || $0.short == name }) else {
                let near = known.map(\.name).min { editDistance($0, name) < editDistance($1, name) }
                let hint = near.map { editDistance($0, name) <= 3 ? "; did you mean \($0)?" : "" } ?? ""
                throw UsageError("unknown option \(name)\(hint)")
            }
            if option.value == nil {
                guard parts.count == 1 else { throw UsageError("\(option.name) takes no value") }
                values[option.name, default: []].append("")
                continue
            }
            guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else {
                throw UsageError("\(option.name) needs a value: \(option.name) \(option.value ?? "")")
            }
            if !option.choices.isEmpty, !option.choices.contains(value) {
                throw UsageError("\(option.name) \(value): one of \(option.choices.joined(separator: ", ")) is expected")
            }
            guard option.repeats || values[option.name] == nil else { throw UsageError("\(option.name) is given twice") }
            values[option.name, default: []].append(value)
        }
        if has("--help") { return }
        let required = command.operands.filter(\.required)
        if operands.count < required.count {
            throw UsageError("\(required[operands.count].name) is missing: \(required[operands.count].help)")
        }
        if operands.count > command.operands.count, command.operands.last?.repeats != true {
            throw UsageError("one word too many: \(operands[command.operands.count])")
        }
    }

    func has(_ name: String) -> Bool { values[name] != nil }
    func string(_ name: String) -> String? { values[name]?.last }
    func strings(_ name: String) -> [String] { values[name] ?? [] }
    var json: Bool { has("--json") }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
        guard let text = string(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw UsageError("\(name) \(text): a whole number from \(range.lowerBound) to \(range.upperBound) is expected")
        }
        return number
    }

    func number(_ name: String, in range: ClosedRange<Double>) throws(UsageError) -> Double? {
        guard let text = string(name) else { return nil }
        guard let number = Double(text), number.isFinite, range.contains(number) else {
            throw UsageError("\(name) \(text): a number from \(range.lowerBound) to \(range.upperBound) is expected")
        }
        return number
    }
}

/// Levenshtein distance, for "did you mean".
func editDistance(_ a: String, _ b: String) -> Int {
    let target = Array(b)
    var previous = Array(0...target.count)
    for (i, x) in a.enumerated() {
        var current = [i + 1]
        for (j, y) in target.enumerated() {
            current.append(min(previous[j + 1] + 1, current[j] + 1, previous[j] + (x == y ? 0 : 1)))
        }
        previous = current
    }
    return previous.last ?? 0
}
