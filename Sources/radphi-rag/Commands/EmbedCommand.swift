import Engine

extension Command {
    /// `radphi-rag embed --model PATH`
    static let embed = Command(
        path: ["embed"],
        summary: "Turn texts into vectors by pooling hidden states",
        discussion: """
            Reads JSON Lines from standard input, {"text": "…"} or {"ids": […]}, and writes {"embedding": […]} for each, in batches; with
            --pooling none one vector a token. Vectors are neither centred nor freed of components: that needs a corpus.
            """,
        options: [
            .model, .threads, Option("--layer", value: "K", "0 for the embedding table, K for block K, the last after the final norm; default: the model's own"),
            Option("--pooling", value: "HOW", choices: ModelSettings.Pooling.allCases.map(\.rawValue), "none, mean, mean-skip-first or last; default: the model's own"),
            Option("--no-normalize", "keep the vectors' lengths"),
        ],
        examples: [#"echo '{"text":"pleural effusion"}' | radphi-rag embed --pooling mean"#]
    ) { arguments, console in
        struct Vector: Encodable { let embedding: [Float] }
        struct Vectors: Encodable { let embedding: [[Float]] }
        let configuration = try Configuration()
        let checkpoint = try Checkpoint.open(configuration.model(arguments))
        let settings = checkpoint.settings
        let options = EmbeddingOptions(
            layer: try arguments.integer("--layer", in: 0...checkpoint.configuration.layerCount) ?? settings.layer,
            pooling: arguments.string("--pooling").flatMap(ModelSettings.Pooling.init(rawValue:)) ?? settings.pooling, normalize: !arguments.has("--no-normalize"))
        let embedder = Embedder(model: try PhiModel(checkpoint: checkpoint, threads: try configuration.threads(arguments)), options: options)
        var input = EngineInput(checkpoint.tokenizer, console)
        var isOpen = true
        while isOpen {
            var batch: [[Int32]] = []
            var tokens = 0
            while tokens < 1024, batch.count < 256 {
                guard let ids = try input.next() else { isOpen = false; break }
                batch.append(ids)
                tokens += ids.count
            }
            if console.cancellation.isCancelled { break }
            if options.pooling == .none {
                for vectors in try embedder.vectors(batch, isCancelled: { console.cancellation.isCancelled }) { try console.print(json: Vectors(embedding: vectors)) }
            } else {
                for vector in try embedder.embed(batch, isCancelled: { console.cancellation.isCancelled }) { try console.print(json: Vector(embedding: vector)) }
            }
        }
        return .success
    }
}
