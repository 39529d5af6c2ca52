/// Help texts, made from the command table.
enum Help {
    static let intendedUse = """
        For literature lookup by health professionals. Not for diagnosis, triage, dosing or emergency use;
        check every answer against the quoted passages.
        """

    /// `radphi-rag --help`
    static func overview(_ commands: [Command]) -> String {
        var text = "radphi-rag \(Version.current): radiology questions answered from a corpus of articles, with checked citations.\n\n"
        text += "usage: radphi-rag COMMAND [options]\n\ncommands:\n"
        text += table(commands.map { ($0.path.joined(separator: " "), $0.summary) })
        text += "\nexample:\n  radphi-rag ask \"What are the CT findings of acute appendicitis?\"\n"
        text += "\n`radphi-rag COMMAND --help` explains a command; `radphi-rag --version` prints the version.\n\(intendedUse)\n"
        return text
    }

    /// `radphi-rag index --help`, for a word that only groups commands.
    static func group(_ word: String, _ commands: [Command]) -> String {
        "usage: radphi-rag \(word) COMMAND [options]\n\ncommands:\n"
            + table(commands.map { ($0.path.joined(separator: " "), $0.summary) })
            + "\nexample:\n" + (commands.first?.examples.first.map { "  \($0)\n" } ?? "")
    }

    static func command(_ command: Command) -> String {
        let operands = command.operands.map { operand in
            let name = operand.repeats ? "\(operand.name)…" : operand.name
            return operand.required ? " \(name)" : " [\(name)]"
        }.joined()
        var text = "usage: radphi-rag \(command.path.joined(separator: " "))\(operands) [options]\n\n\(command.summary).\n"
        if !command.discussion.isEmpty { text += "\n\(command.discussion)\n" }
        if !command.operands.isEmpty { text += "\n" + table(command.operands.map { ($0.name, $0.help) }) }
        text += "\noptions:\n" + table((command.options + Option.common).map { option in
            let names = [option.short, option.name].compactMap { $0 }.joined(separator: ", ")
            let value = option.choices.isEmpty ? option.value : option.choices.joined(separator: "|")
            return (value.map { "\(names) \($0)" } ?? names, option.help)
        })
        text += "\nexample:\n" + command.examples.map { "  \($0)\n" }.joined()
        return text
    }

    private static func table(_ rows: [(String, String)]) -> String {
        let width = min(rows.map(\.0.count).max() ?? 0, 34)
        return rows.map { left, right in
            left.count <= width
                ? "  \(left)\(String(repeating: " ", count: width - left.count))  \(right)\n"
                : "  \(left)\n  \(String(repeating: " ", count: width))  \(right)\n"
        }.joined()
    }
}
