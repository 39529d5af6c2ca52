import Engine

extension Command {
    /// `radphi-rag completion bash|zsh|fish`
    static let completion = Command(
        path: ["completion"],
        summary: "Print a completion script for a shell",
        operands: [Operand("SHELL", "bash, zsh or fish")],
        examples: ["radphi-rag completion bash > ~/.local/share/bash-completion/completions/radphi-rag"]
    ) { arguments, console in
        guard let shell = arguments.operands.first.flatMap(ShellCompletion.init(rawValue:)) else {
            throw UsageError("\(arguments.operands.first ?? ""): one of bash, zsh, fish is expected")
        }
        try console.write(shell.script(for: RadphiRag.commands))
        return .success
    }
}
