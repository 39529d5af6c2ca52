import Engine
import Foundation

extension Command {
    /// `radphi-rag model inspect PATH`
    static let modelInspect = Command(
        path: ["model", "inspect"],
        summary: "Show what a model file or folder holds",
        discussion: "Reads the headers only; with --check every weight is read and NaN or infinite numbers are reported.",
        operands: [Operand("PATH", "a Hugging Face folder or a GGUF file")],
        options: [
            Option("--check", "read every weight and refuse NaN and infinity"),
            Option("--fingerprint", "also compute the SHA-256 that ties an index to its model"),
        ],
        examples: ["radphi-rag model inspect models/radphi-mini", "radphi-rag model inspect phi-2.Q4_0.gguf --json"]
    ) { arguments, console in
        let checkpoint = try Checkpoint.open(arguments.operands.first ?? "")
        if arguments.has("--check") { try checkpoint.checkFinite() }
        let description = ModelDescription(checkpoint, fingerprint: arguments.has("--fingerprint") ? try checkpoint.fingerprint() : nil)
        if arguments.json {
            try console.print(json: description)
        } else {
            for (name, value) in description.lines { try console.writeLine("\(name.padding(toLength: 18, withPad: " ", startingAt: 0))\(value)") }
        }
        return .success
    }

    /// `radphi-rag model convert IN OUT.gguf --type q8_0`
    static let modelConvert = Command(
        path: ["model", "convert"],
        summary: "Write a model as a GGUF file, as it is or quantised",
        discussion: """
            The file is one that llama.cpp reads. With q4_0 the output head stays q8_0; rows whose length is no multiple of 32 stay f16.
            Weights that are NaN or infinite are refused. OUT appears when it is whole, or not at all.
            """,
        operands: [Operand("IN", "a Hugging Face folder or a GGUF file"), Operand("OUT", "the GGUF file to write")],
        options: [Option("--type", value: "TYPE", choices: Checkpoint.ConversionType.allCases.map(\.rawValue), "f16, q8_0 or q4_0; default: q8_0")],
        examples: ["radphi-rag model convert models/radphi-mini mini.gguf --type q8_0"]
    ) { arguments, console in
        struct Report: Encodable {
            let path: String
            let type: String
            let bytes: Int
            let sourceBytes: Int
        }
        let type = arguments.string("--type").flatMap(Checkpoint.ConversionType.init(rawValue:)) ?? .q8_0
        let output = arguments.operands[1]
        let checkpoint = try Checkpoint.open(arguments.operands[0])
        if checkpoint.weights.matrices.contains(where: { $0.tensor.type.blockSize > 1 }) {
            console.note("radphi-rag: \(checkpoint.path) is quantised already; what is lost stays lost")
        }
        try checkpoint.convert(to: output, type: type) { fraction in
            console.progress("writing \(output): \(Int(fraction * 100)) %")
            if console.cancellation.isCancelled { throw CancellationError() }
        }
        console.progress("")
        let report = Report(path: output, type: type.rawValue, bytes: try Checkpoint.open(output).fileSize, sourceBytes: checkpoint.fileSize)
        if arguments.json {
            try console.print(json: report)
        } else {
            try console.writeLine("\(output): \(report.bytes) bytes of \(type.rawValue), from \(report.sourceBytes)")
        }
        return .success
    }
}

/// What `model inspect` shows.
private struct ModelDescription: Encodable {
    struct Tensors: Encodable {
        let type: String
        let count: Int
        let bytes: Int
    }

    let path: String
    let format: String
    let name: String?
    let fileBytes: Int
    let parameters: Int
    let layers: Int
    let hiddenSize: Int
    let heads: Int
    let keyValueHeads: Int
    let headSize: Int
    let rotaryDimensions: Int
    let rotaryBase: Double
    let intermediateSize: Int
    let contextLength: Int
    let vocabularySize: Int
    let tokens: Int
    let tiedHead: Bool
    let beginToken: Int32
    let endToken: Int32
    let tensors: [Tensors]
    let embeddingLayer: Int
    let embeddingPooling: String
    let fingerprint: String?

    init(_ checkpoint: Checkpoint, fingerprint: String?) {
        let shape = checkpoint.configuration
        path = checkpoint.path
        format = checkpoint.format.rawValue
        name = checkpoint.metadata["general.name"]
        fileBytes = checkpoint.fileSize
        layers = shape.layerCount
        hiddenSize = shape.hiddenSize
        heads = shape.headCount
        keyValueHeads = shape.keyValueHeadCount
        headSize = shape.headSize
        rotaryDimensions = shape.rotaryDimensions
        rotaryBase = shape.rotaryBase
        intermediateSize = shape.intermediateSize
        contextLength = shape.contextLength
        vocabularySize = shape.vocabularySize
        tokens = shape.tokenCount
        tiedHead = shape.tieWordEmbeddings
        beginToken = shape.beginToken
        endToken = shape.endToken
        embeddingLayer = checkpoint.settings.layer
        embeddingPooling = checkpoint.settings.pooling.rawValue
        self.fingerprint = fingerprint
        var matrices = checkpoint.weights.matrices.map(\.tensor)
        if shape.tieWordEmbeddings { matrices.removeLast() }
        parameters = matrices.reduce(0) { $0 + $1.rows * $1.columns } + checkpoint.weights.vectors.reduce(0) { $0 + $1.values.count }
        tensors = Dictionary(grouping: matrices, by: \.type).sorted { $0.key.rawValue < $1.key.rawValue }
            .map { Tensors(type: $0.key.name, count: $0.value.count, bytes: $0.value.reduce(0) { $0 + $1.byteCount }) }
    }

    var lines: [(String, String)] {
        [
            ("path", path), ("format", format + (name.map { ", \($0)" } ?? "")), ("size", "\(fileBytes) bytes, \(parameters) parameters"),
            ("layers", "\(layers), hidden \(hiddenSize), MLP \(intermediateSize)"),
            ("heads", "\(heads) of \(headSize), \(keyValueHeads) for keys and values"), ("rotary", "\(rotaryDimensions) dimensions, base \(rotaryBase)"),
            ("context", "\(contextLength) tokens"),
            ("vocabulary", "\(tokens) tokens in \(vocabularySize) rows, head \(tiedHead ? "tied" : "of its own")"),
            ("begin, end", "\(beginToken), \(endToken)"),
            ("matrices", tensors.map { "\($0.count) \($0.type) (\($0.bytes) bytes)" }.joined(separator: ", ")),
            ("embedding", "layer \(embeddingLayer), \(embeddingPooling)"),
        ] + (fingerprint.map { [("fingerprint", $0)] } ?? [])
    }
}
