import Engine

extension Command {
    /// `radphi-rag bench engine`
    static let benchEngine = Command(
        path: ["bench", "engine"],
        summary: "Measure how fast the model reads and writes, next to what the machine can do",
        discussion: "With --shape the weights are random and made in memory: the speed is that of the shape, the text would be noise.",
        options: [
            .model, .threads, Option("--shape", value: "NAME", choices: ["phi-2"], "a model of this shape instead of a file: phi-2"),
            Option("--weights", value: "TYPE", choices: ["q4_0", "q8_0", "f16", "bf16", "f32"], "type of the random weights (default q4_0)"),
            Option("--prompt", value: "N", "tokens of the prompt (default 512)"), Option("--generate", value: "N", "tokens decoded after it (default 64)"),
            Option("--runs", value: "N", "runs, after one that warms up (default 5)"),
            Option("--draft", value: "N", "also decode with drafts of N tokens (default 0: not)"),
            Option("--acceptance", value: "SHARE", "share of the drafted tokens that count as right (default 0.6)"),
        ],
        examples: ["radphi-rag bench engine --shape phi-2 --weights q4_0 --threads 2"]
    ) { arguments, console in
        struct Report: Encodable {
            let model: String
            let weights: String
            /// Whether the weights are random numbers made in memory.
            let random: Bool
            let loadSeconds: Double
            let engine: EngineBenchmark.Report
        }
        let configuration = try Configuration()
        let benchmark = EngineBenchmark(
            promptTokens: try arguments.integer("--prompt", in: 1...1_000_000) ?? 512, generatedTokens: try arguments.integer("--generate", in: 0...1_000_000) ?? 64,
            runs: try arguments.integer("--runs", in: 1...1000) ?? 5, draftTokens: try arguments.integer("--draft", in: 0...64) ?? 0,
            acceptance: try arguments.number("--acceptance", in: 0...1) ?? 0.6)
        let threads = try configuration.threads(arguments)
        let clock = ContinuousClock()
        let began = clock.now
        let model: PhiModel
        let name: String
        let type: String
        if let shape = arguments.string("--shape") {
            let wanted = ElementType.allCases.first { $0.name == arguments.string("--weights") } ?? .q4_0
            model = try PhiModel.random(.phi2, type: wanted, threads: threads)
            name = shape
            type = wanted.name
        } else {
            let checkpoint = try Checkpoint.open(configuration.model(arguments))
            model = try PhiModel(checkpoint: checkpoint, threads: threads)
            name = checkpoint.path
            type = checkpoint.weights.layers.first?.fc1.type.name ?? ""
        }
        let seconds = (clock.now - began).seconds
        let engine = try benchmark.run(model) { console.cancellation.isCancelled }
        if arguments.json {
            try console.print(json: Report(model: name, weights: type, random: arguments.has("--shape"), loadSeconds: seconds, engine: engine))
            return .success
        }
        func shown(_ value: Double, _ digits: Int = 1) -> String {
            let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
            return "\((value * scale).rounded() / scale)"
        }
        func line(_ label: String, _ text: String) throws { try console.writeLine(label + String(repeating: " ", count: max(1, 12 - label.count)) + text) }
        func rate(_ rate: EngineBenchmark.Rate) -> String { "\(shown(rate.median)) tokens/s (\(shown(rate.lowest)) to \(shown(rate.highest)) in \(engine.runs) runs)" }
        try line("model", "\(name), \(type)\(arguments.has("--shape") ? ", random weights made in memory" : "")")
        try line("engine", "\(engine.instructions), \(engine.threads) threads")
        try line("load", "\(shown(seconds, 2)) s")
        try line("prefill", "\(rate(engine.prefill)), \(engine.promptTokens) tokens")
        try line("", "\(shown(engine.prefillGigaOperations, 0)) GOP/s, \(shown(engine.prefillShare * 100, 0)) % of the peak")
        if engine.generatedTokens > 0 {
            try line("decode", "\(rate(engine.decode)), from position \(engine.promptTokens)")
            try line("", "\(shown(engine.decodeGigabytes)) GB/s of \(engine.bytesPerToken) bytes a token, \(shown(engine.decodeShare * 100, 0)) % of the read bandwidth")
        }
        if let drafted = engine.drafted {
            try line("drafts", "\(rate(drafted.rate)), \(drafted.draftTokens) tokens each, \(shown(drafted.acceptance * 100, 0)) % right: \(shown(drafted.gain, 2)) x decode")
        }
        try line("machine", "int8 \(shown(engine.peaks.int8GigaOperations, 0)) GOP/s, fp32 \(shown(engine.peaks.fp32GigaOperations, 0)) GFLOP/s, read \(shown(engine.peaks.readGigabytes)) GB/s")
        if let memory = engine.peakMemory { try line("memory", "\(memory >> 20) MB at most") }
        return .success
    }
}
