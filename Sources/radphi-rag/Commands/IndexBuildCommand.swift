import Engine
import Index

extension Command {
    /// `radphi-rag index build`
    static let indexBuild = Command(
        path: ["index", "build"],
        summary: "Build or update the index of a corpus",
        discussion: """
            Only passages that changed are embedded; a build that was stopped goes on where it was. The index that is in use stays as it is until
            the new one is whole. A corpus is a folder of .md, .txt, .html, .json and .jsonl files, or one such file.
            """,
        options: [
            .corpus, .index, .model, .threads,
            Option("--strict", "fail when any document would be skipped"),
            Option("--force", "build even when nothing changed"),
            Option("--factory", value: "STRING", "FAISS's factory string, such as Flat, HNSW32_SQ8 or PQ64np,RFlat; default: chosen by size"),
        ],
        examples: ["radphi-rag index build", "radphi-rag index build --corpus my-articles --index my-index --json"]
    ) { arguments, console in
        let configuration = try Configuration()
        let corpus = try configuration.corpus(arguments)
        let checkpoint = try Checkpoint.open(try configuration.model(arguments))
        let model = try PhiModel(checkpoint: checkpoint, threads: try configuration.threads(arguments))
        var options = IndexBuilder.Options()
        options.strict = arguments.has("--strict")
        options.force = arguments.has("--force")
        options.factory = arguments.string("--factory")
        let meter = BuildMeter(console: console)
        let cancellation = console.cancellation
        let report = try IndexBuilder(
            corpus: corpus, index: configuration.index(arguments), embedder: try EnginePassageEmbedder(checkpoint: checkpoint, model: model), options: options,
            isCancelled: { cancellation.isCancelled }, progress: { meter.show($0) }
        ).build()
        console.progress("")
        if arguments.json {
            try console.print(json: report)
            return .success
        }
        for skip in report.skipped { console.note("skipped \(skip.description)") }
        let seconds = (report.seconds * 10).rounded() / 10
        try console.writeLine(
            "generation \(report.generation): \(report.articles) articles, \(report.passages) passages (\(report.embedded) embedded, \(report.reused) reused), "
                + "\(report.skipped.count) skipped, \(seconds) s, \(Int(report.tokensPerSecond)) tokens/s")
        return .success
    }

    /// `radphi-rag index tune`
    static let indexTune = Command(
        path: ["index", "tune"],
        summary: "Find the layer whose hidden states retrieve best in a corpus, without labels",
        discussion: """
            A title should find a passage of its article, and a sentence the rest of its passage: the mean reciprocal rank of both is shown for each
            layer. The best one goes into the model's radphi.json as embedding.layer; then build the index anew.
            """,
        options: [
            .corpus, .model, .threads,
            Option("--sample", value: "N", "passages to try it on (default 1000)"),
            Option("--layers", value: "LIST", "layers to try, with commas; default: all from a quarter of the depth on"),
        ],
        examples: ["radphi-rag index tune --sample 500 --layers 2,3,4"]
    ) { arguments, console in
        struct Report: Encodable {
            let configured: Int
            let best: Int
            let layers: [LayerScore]
        }
        let configuration = try Configuration()
        let checkpoint = try Checkpoint.open(try configuration.model(arguments))
        let model = try PhiModel(checkpoint: checkpoint, threads: try configuration.threads(arguments))
        let depth = checkpoint.configuration.layerCount
        var layers = Array(max(1, depth / 4)...max(1, depth))
        if let list = arguments.string("--layers") {
            layers = try list.split(separator: ",").map { word in
                guard let layer = Int(word), (0...depth).contains(layer) else { throw UsageError("--layers \(list): numbers from 0 to \(depth) are expected") }
                return layer
            }
            guard !layers.isEmpty else { throw UsageError("--layers needs at least one number") }
        }
        let cancellation = console.cancellation
        let tuner = LayerTuner(
            corpus: try configuration.corpus(arguments), sample: try arguments.integer("--sample", in: 10...100_000) ?? 1000, isCancelled: { cancellation.isCancelled })
        var scores: [LayerScore] = []
        for (position, layer) in layers.enumerated() {
            console.progress("layer \(layer) (\(position + 1) of \(layers.count))")
            scores.append(try tuner.score(layer: layer, embedder: try EnginePassageEmbedder(checkpoint: checkpoint, model: model, layer: layer)))
        }
        console.progress("")
        let best = scores.max { $0.mean < $1.mean }?.layer ?? checkpoint.settings.layer
        if arguments.json {
            try console.print(json: Report(configured: checkpoint.settings.layer, best: best, layers: scores))
            return .success
        }
        func shown(_ value: Double) -> String { String(Int((value * 1000).rounded())) }
        try console.writeLine("layer  title→passage  sentence→rest  mean   (mean reciprocal rank × 1000)")
        for score in scores {
            let mark = score.layer == best ? "  best" : ""
            let configured = score.layer == checkpoint.settings.layer ? "  configured" : ""
            try console.writeLine("\(score.layer)\t\(shown(score.titleToPassage))\t\(shown(score.sentenceToRest))\t\(shown(score.mean))\(mark)\(configured)")
        }
        return .success
    }
}
