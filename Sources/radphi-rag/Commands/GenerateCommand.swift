import Engine

extension Command {
    /// `radphi-rag generate PROMPT`
    static let generate = Command(
        path: ["generate"],
        summary: "Continue a text with the model alone, without sources",
        discussion: "What comes out is not checked against anything. For answers with sources, use ask.",
        operands: [Operand("PROMPT", "the text to continue, in quotes; - reads it from standard input")],
        options: [
            .model, .threads, Option("--max-tokens", value: "N", "write at most N tokens (default 256)"),
            Option("--temperature", value: "T", "0 takes the likeliest token (default), 1 draws by the model's probabilities"),
            Option("--top-k", value: "K", "draw among the K likeliest tokens"), Option("--top-p", value: "P", "draw among the likeliest tokens of probability P together"),
            Option("--repetition-penalty", value: "R", "over 1: make recent tokens less likely"), Option("--seed", value: "N", "the same seed draws the same text (default 0)"),
            Option("--stop", value: "TEXT", repeats: true, "end before TEXT"), Option("--time-limit", value: "S", "end after S seconds"),
            Option("--draft", value: "N", "check up to N tokens at once that the text itself suggests (default 8); the result is the same"),
        ],
        examples: [#"radphi-rag generate "Pneumothorax is" --max-tokens 40"#]
    ) { arguments, console in
        struct Report: Encodable {
            let text: String
            let tokens: [Int32]
            let finishReason: String
            let promptTokens, draftedTokens, acceptedTokens: Int
            let prefillSeconds, decodeSeconds: Double
        }
        let configuration = try Configuration()
        let sampling = SamplingOptions(
            temperature: Float(try arguments.number("--temperature", in: 0...100) ?? 0), topK: try arguments.integer("--top-k", in: 0...1_000_000) ?? 0,
            topP: Float(try arguments.number("--top-p", in: 0...1) ?? 1), repetitionPenalty: Float(try arguments.number("--repetition-penalty", in: 0.01...100) ?? 1),
            seed: UInt64(try arguments.integer("--seed", in: 0...Int.max) ?? 0))
        let options = GenerationOptions(
            maxTokens: try arguments.integer("--max-tokens", in: 0...1_000_000) ?? 256, sampling: sampling, stops: arguments.strings("--stop"),
            timeLimit: try arguments.number("--time-limit", in: 0...1e6).map { .seconds($0) }, draftTokens: try arguments.integer("--draft", in: 0...64) ?? 8)
        var prompt = arguments.operands.first ?? ""
        if prompt == "-" {
            prompt = ""
            var reader = LineReader(descriptor: 0, limit: LineServer.lineLimit)
            while case .line(let bytes)? = reader.next(isCancelled: { console.cancellation.isCancelled }) {
                prompt += (prompt.isEmpty ? "" : "\n") + String(decoding: bytes, as: UTF8.self)
            }
        }
        let checkpoint = try Checkpoint.open(configuration.model(arguments))
        let model = try PhiModel(checkpoint: checkpoint, threads: try configuration.threads(arguments))
        let generator = try Generator(model: model, tokenizer: checkpoint.tokenizer)
        var tokens = checkpoint.tokenizer.encode(prompt)
        if tokens.isEmpty { tokens = [checkpoint.configuration.beginToken] }
        let streams = !arguments.json
        let result = try generator.generate(prompt: tokens, options: options, isCancelled: { console.cancellation.isCancelled }) { piece in
            if streams { try console.write(piece) }
            return true
        }
        if streams {
            try console.write("\n")
        } else {
            try console.print(
                json: Report(
                    text: result.text, tokens: result.tokens, finishReason: result.finishReason.rawValue, promptTokens: result.promptTokens,
                    draftedTokens: result.draftedTokens, acceptedTokens: result.acceptedTokens, prefillSeconds: result.timings.prefill,
                    decodeSeconds: result.timings.decode))
        }
        return .success
    }
}
