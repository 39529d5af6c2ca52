import Engine
import Foundation
import Index

/// Looks at everything an answer needs, and says for each thing what was found and what to do about it.
struct Doctor {
    enum State: String, Encodable { case good, warning, broken }

    struct Finding: Encodable {
        /// `model`, `index`, …
        let check: String
        let state: State
        /// What was found, as one sentence.
        let found: String
        /// What to do; nil where there is nothing to do.
        let advice: String?

        init(_ check: String, _ state: State, _ found: String, advice: String? = nil) {
            self.check = check
            self.state = state
            self.found = found
            self.advice = advice
        }
    }

    let arguments: Arguments
    let console: Console

    func examine() -> [Finding] {
        var findings = [Finding("program", .good, "radphi-rag \(Version.current)")]
        let configuration: Configuration
        do {
            configuration = try Configuration()
            let isThere = FileManager.default.fileExists(atPath: configuration.filePath)
            findings.append(Finding("settings", .good, isThere ? configuration.filePath : "no configuration file (it would be \(configuration.filePath))"))
        } catch {
            return findings + [broken("settings", error, advice: nil)]
        }
        findings.append(Machine.processor())
        var fingerprint: String?
        findings.append(model(configuration, &fingerprint))
        findings.append(Machine.memory(modelBytes: modelBytes(configuration)))
        findings.append(corpus(configuration))
        findings.append(index(configuration, fingerprint))
        findings.append(Machine.disk(configuration.index(arguments)))
        return findings
    }

    private func broken(_ check: String, _ error: any Error, advice: String?) -> Finding {
        let report = ErrorReport(error)
        return Finding(check, .broken, report.error.message, advice: advice)
    }

    private func modelBytes(_ configuration: Configuration) -> Int {
        guard let path = try? configuration.model(arguments), let checkpoint = try? Checkpoint.open(path) else { return 0 }
        return checkpoint.fileSize
    }

    /// Opens the model, reads every weight, and runs it once.
    private func model(_ configuration: Configuration, _ fingerprint: inout String?) -> Finding {
        do {
            let path = try configuration.model(arguments)
            let checkpoint = try Checkpoint.open(path)
            for (name, tensor) in checkpoint.weights.matrices {
                console.progress("reading \(name)")
                var row = [Float](repeating: 0, count: tensor.columns)
                for index in 0..<tensor.rows {
                    row.withUnsafeMutableBufferPointer { tensor.dequantizedRow(index, into: $0) }
                    if !row.allSatisfy(\.isFinite) { return notFinite(path, name) }
                }
                tensor.releasePages()
            }
            for (name, values) in checkpoint.weights.vectors where !values.allSatisfy(\.isFinite) { return notFinite(path, name) }
            console.progress("")
            let model = try PhiModel(checkpoint: checkpoint, threads: try configuration.threads(arguments))
            let embedder = try EnginePassageEmbedder(checkpoint: checkpoint, model: model)
            guard let vector = try embedder.embed(["pneumothorax"]).first, vector.allSatisfy(\.isFinite) else { return notFinite(path, "a hidden state") }
            fingerprint = embedder.fingerprint
            let shape = checkpoint.configuration
            return Finding(
                "model", .good,
                "\(path): \(shape.layerCount) layers of \(shape.hiddenSize), \(shape.tokenCount) tokens, context \(shape.contextLength), \(Machine.size(checkpoint.fileSize)); all weights are finite")
        } catch {
            console.progress("")
            return broken("model", error, advice: "name a Hugging Face folder or a GGUF file of a Phi model with --model PATH or RADPHI_MODEL")
        }
    }

    private func notFinite(_ path: String, _ name: String) -> Finding {
        console.progress("")
        return Finding("model", .broken, "\(path): \(name) holds values that are not finite", advice: "get the model again from where it came from, or convert it again")
    }

    private func corpus(_ configuration: Configuration) -> Finding {
        do {
            let path = try configuration.corpus(arguments)
            let state = try CorpusState.read(path)
            guard state.documents > 0 else { throw IndexError.emptyCorpus(path, first: state.skipped.first) }
            guard let first = state.skipped.first else { return Finding("corpus", .good, "\(path): \(state.documents) files") }
            return Finding(
                "corpus", .warning, "\(path): \(state.documents) files, \(state.skipped.count) left out, the first: \(first.description)",
                advice: "mend or remove what is left out, or ignore this if it is meant")
        } catch {
            return broken("corpus", error, advice: "name a folder of articles with --corpus DIR or RADPHI_CORPUS")
        }
    }

    private func index(_ configuration: Configuration, _ fingerprint: String?) -> Finding {
        let path = configuration.index(arguments)
        let corpus = try? configuration.corpus(arguments)
        let build = RebuildCommand(corpus: corpus, index: path, model: arguments.string("--model")).text
        guard IndexFolder(path).exists else { return Finding("index", .warning, "there is none at \(path) yet", advice: "the first question builds it; or now: \(build)") }
        do {
            let state = try IndexState.verify(path)
            let counts = state.manifest.counts
            let found = "\(path): generation \(state.generation), \(counts.articles) articles, \(counts.passages) passages; all files match the manifest"
            if let fingerprint, fingerprint != state.manifest.model.fingerprint {
                return Finding("index", .broken, "\(path) was built with another model", advice: "rebuild it: \(build)")
            }
            if let corpus, let digest = try? CorpusState.read(corpus).digest, digest != state.manifest.corpus.digest {
                return Finding("index", .warning, "\(found); but the corpus \(corpus) is not what it was built from", advice: "bring it up to date: \(build)")
            }
            return Finding("index", .good, found)
        } catch {
            return broken("index", error, advice: "rebuild it: \(build)")
        }
    }
}
