import Engine

extension Command {
    /// `radphi-rag logits --model PATH`
    static let logits = Command(
        path: ["logits"],
        summary: "Print the logits after a text's last token, to compare with other engines",
        discussion: """
            Reads JSON Lines from standard input, {"ids": […]} or {"text": "…"}, and writes {"logits": […]} for each: one number for every token
            of the tokenizer. With --all, one such line for every position. Ids that are padding have none.
            """,
        options: [.model, .threads, Option("--all", "the logits after every token")],
        examples: [#"echo '{"ids":[464,9955]}' | radphi-rag logits"#]
    ) { arguments, console in
        struct Row: Encodable { let logits: [Float] }
        let configuration = try Configuration()
        let checkpoint = try Checkpoint.open(configuration.model(arguments))
        let model = try PhiModel(checkpoint: checkpoint, threads: try configuration.threads(arguments))
        var input = EngineInput(checkpoint.tokenizer, console)
        while let ids = try input.next() {
            let cache = try model.makeCache(capacity: ids.count)
            let result = try model.forward(ids, cache: cache, logits: arguments.has("--all") ? .all : .last) { console.cancellation.isCancelled }
            for row in result.logits { try console.print(json: Row(logits: Array(row.prefix(model.configuration.tokenCount)))) }
        }
        return .success
    }
}
