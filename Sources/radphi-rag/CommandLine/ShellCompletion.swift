/// Completion scripts, made from the command table.
enum ShellCompletion: String, CaseIterable, Sendable {
    case bash, zsh, fish

    func script(for commands: [Command]) -> String {
        switch self {
        case .bash: bash(commands)
        case .zsh: "autoload -U +X bashcompinit && bashcompinit\n" + bash(commands)
        case .fish: fish(commands)
        }
    }

    private func bash(_ commands: [Command]) -> String {
        var cases = ""
        for command in commands {
            let words = (command.options + Option.common).map(\.name).joined(separator: " ")
            cases += "    \"\(command.path.joined(separator: " "))\"*) words=\"\(words)\" ;;\n"
        }
        for (group, members) in Dictionary(grouping: commands.filter { $0.path.count > 1 }, by: { $0.path[0] }).sorted(by: { $0.key < $1.key }) {
            cases += "    \"\(group)\"*) words=\"\(members.map { $0.path[1] }.joined(separator: " "))\" ;;\n"
        }
        let first = Array(Set(commands.compactMap(\.path.first))).sorted().joined(separator: " ")
        return """
            _radphi_rag() {
              local current="${COMP_WORDS[COMP_CWORD]}" line="${COMP_WORDS[*]:1}" words
              case "$line" in
            \(cases)    *) words="\(first)" ;;
              esac
              case "$current" in
                -*|"") COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
                *) COMPREPLY=($(compgen -W "$words" -- "$current") $(compgen -f -- "$current")) ;;
              esac
              [ "$COMP_CWORD" = 1 ] && COMPREPLY=($(compgen -W "\(first)" -- "$current"))
            }
            complete -F _radphi_rag radphi-rag

            """
    }

    private func fish(_ commands: [Command]) -> String {
        func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "\\'") + "'" }
        var text = "complete -c radphi-rag -f\n"
        for first in Set(commands.compactMap(\.path.first)).sorted() {
            let summary = commands.first { $0.path == [first] }?.summary ?? ""
            text += "complete -c radphi-rag -n __fish_use_subcommand -a \(first) -d \(quoted(summary))\n"
        }
        for command in commands {
            if command.path.count > 1 {
                text += "complete -c radphi-rag -n '__fish_seen_subcommand_from \(command.path[0])' -a \(command.path[1]) -d \(quoted(command.summary))\n"
            }
            for option in command.options + Option.common {
                let value = option.value == nil ? "" : option.choices.isEmpty ? " -rF" : " -xa \(quoted(option.choices.joined(separator: " ")))"
                text += "complete -c radphi-rag -n '__fish_seen_subcommand_from \(command.path[0])' -l \(option.name.dropFirst(2))\(value) -d \(quoted(option.help))\n"
            }
        }
        return text
    }
}
