import Engine

/// An option of a command: `--name VALUE`, or a switch when `value` is nil.
struct Option: Sendable {
    let name: String
    let short: String?
    /// What stands for the value in help, in capitals: `PATH`. Nil for a switch.
    let value: String?
    let help: String
    /// The accepted words, for completion and for the error message; empty when any value is taken.
    let choices: [String]
    /// Whether the option may be given more than once.
    let repeats: Bool

    init(_ name: String, short: String? = nil, value: String? = nil, choices: [String] = [], repeats: Bool = false, _ help: String) {
        self.name = name
        self.short = short
        self.value = value
        self.choices = choices
        self.repeats = repeats
        self.help = help
    }
}

/// A positional argument, as help and usage show it.
struct Operand: Sendable {
    let name: String
    let help: String
    let required: Bool
    let repeats: Bool

    init(_ name: String, required: Bool = true, repeats: Bool = false, _ help: String) {
        self.name = name
        self.required = required
        self.repeats = repeats
        self.help = help
    }
}

/// One command, as data: parsing, help and shell completion are all made from it.
struct Command: Sendable {
    /// The words that select it: `["index", "build"]`.
    let path: [String]
    let summary: String
    var discussion = ""
    var operands: [Operand] = []
    var options: [Option] = []
    /// Lines that a user can paste.
    let examples: [String]
    /// Does the work. Throws a `DiagnosableError` for whatever a user should see.
    let run: @Sendable (Arguments, Console) throws -> ExitStatus
}

extension Option {
    /// Every command takes these.
    static let common: [Option] = [
        Option("--json", "print one JSON document instead of text, on failure too"),
        Option("--help", short: "-h", "show this help"),
    ]
    static let model = Option("--model", value: "PATH", "the model: a Hugging Face folder or a GGUF file (RADPHI_MODEL)")
    static let index = Option("--index", value: "DIR", "the index folder (RADPHI_INDEX)")
    static let corpus = Option("--corpus", value: "DIR", "the folder of articles (RADPHI_CORPUS)")
    static let threads = Option("--threads", value: "N", "threads for the model; default: the processor's cores (RADPHI_THREADS)")
}
