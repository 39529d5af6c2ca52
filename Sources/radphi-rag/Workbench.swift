import Engine
import Foundation
import Index
import Retrieval

/// Everything a question needs, opened once: model, embedder, index, searcher, answerer.
///
/// Parts are opened when first asked for, so that a search does not wait for what only generation needs.
final class Workbench: Sendable {
    let configuration: Configuration
    let modelPath: String
    let indexPath: String
    let checkpoint: Checkpoint
    let model: PhiModel
    let embedder: EnginePassageEmbedder
    let store: IndexStore
    let settings: AnswerSettings
    let searcher: Searcher
    private let shared: Answerer

    /// Opens the model and the index that the arguments, the environment and the configuration file name; builds the index if there is none yet.
    static func open(_ arguments: Arguments, _ console: Console) throws -> Workbench {
        let configuration = try Configuration()
        let threads = try configuration.threads(arguments)
        let modelPath = try configuration.model(arguments)
        let indexPath = configuration.index(arguments)
        let checkpoint = try Checkpoint.open(modelPath)
        let model = try PhiModel(checkpoint: checkpoint, threads: threads)
        let embedder = try EnginePassageEmbedder(checkpoint: checkpoint, model: model)
        let mend = RebuildCommand(corpus: try? configuration.corpus(arguments), index: indexPath, model: arguments.string("--model"))
        if !IndexFolder(indexPath).exists {
            let corpus = try configuration.corpus(arguments)
            console.note("building the index of \(corpus) in \(indexPath), once; Ctrl-C keeps what is done")
            let meter = BuildMeter(console: console)
            let cancellation = console.cancellation
            let builder = IndexBuilder(
                corpus: corpus, index: indexPath, embedder: embedder, isCancelled: { cancellation.isCancelled }, progress: { meter.show($0) })
            let report = try builder.build()
            console.progress("")
            console.note("\(report.passages) passages of \(report.articles) articles in \(String(format: "%.1f", report.seconds)) s")
            if let first = report.skipped.first {
                console.note("\(report.skipped.count) documents were left out, the first: \(first.description); `radphi-rag index status` lists them")
            }
        }
        let store = try IndexStore.open(indexPath, expecting: embedder.fingerprint, mend: mend)
        return try Workbench(
            configuration: configuration, modelPath: modelPath, indexPath: indexPath, checkpoint: checkpoint, model: model, embedder: embedder, store: store)
    }

    private init(
        configuration: Configuration, modelPath: String, indexPath: String, checkpoint: Checkpoint, model: PhiModel, embedder: EnginePassageEmbedder, store: IndexStore
    ) throws {
        self.configuration = configuration
        self.modelPath = modelPath
        self.indexPath = indexPath
        self.checkpoint = checkpoint
        self.model = model
        self.embedder = embedder
        self.store = store
        settings = try AnswerSettings.read(checkpoint.settings.raw)
        searcher = try Searcher(store: store, embedder: embedder, weights: settings.fusion)
        shared = try Answerer(
            searcher: searcher, model: model, tokenizer: checkpoint.tokenizer, settings: settings, modelName: (modelPath as NSString).lastPathComponent, indexName: store.generation)
    }

    func answerer() throws -> Answerer { shared }
}

extension Workbench {
    var modelName: String { (modelPath as NSString).lastPathComponent }

    /// An answerer with other settings than the model's own.
    func answerer(with settings: AnswerSettings) throws -> Answerer {
        let searcher = try Searcher(store: store, embedder: embedder, weights: settings.fusion)
        return try Answerer(
            searcher: searcher, model: model, tokenizer: checkpoint.tokenizer, settings: settings, modelName: modelName, indexName: store.generation)
    }

    /// Puts `settings` into the model's settings file, other keys untouched.
    func writeSettings(_ settings: AnswerSettings) throws {
        let path = checkpoint.format == .huggingFace ? "\(modelPath)/radphi.json" : "\(modelPath).radphi.json"
        var object: [String: Any] = [:]
        if let data = FileManager.default.contents(atPath: path), let old = try JSONSerialization.jsonObject(with: data) as? [String: Any] { object = old }
        object["answer"] = try JSONSerialization.jsonObject(with: Data(JSON.encode(settings).utf8))
        let data = try JSONSerialization.data(withJSONObject: object, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        try (data + Data("\n".utf8)).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}
