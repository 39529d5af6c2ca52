import Engine
import Index

/// `index status` and `index verify`, as JSON.
private struct IndexStateReport: Encodable {
    let index: String
    let generation: String
    let manifest: Manifest
    /// Absent where the files were not read.
    let verified: Bool?
}

extension Command {
    /// `radphi-rag index status`
    static let indexStatus = Command(
        path: ["index", "status"],
        summary: "Show what the index was made of and made with",
        options: [.index],
        examples: ["radphi-rag index status", "radphi-rag index status --index my-index --json"]
    ) { arguments, console in
        let state = try IndexState.read(try Configuration().index(arguments))
        try show(state, verified: nil, arguments, console)
        return .success
    }

    /// `radphi-rag index verify`
    static let indexVerify = Command(
        path: ["index", "verify"],
        summary: "Read every file of the index and check it against the manifest",
        options: [.index],
        examples: ["radphi-rag index verify"]
    ) { arguments, console in
        let path = try Configuration().index(arguments)
        let state = try IndexState.verify(path)
        try show(state, verified: true, arguments, console)
        return .success
    }

    /// `radphi-rag index gc`
    static let indexCollect = Command(
        path: ["index", "gc"],
        summary: "Remove old generations, a dead build's leavings and cached vectors that no generation uses",
        options: [.index, Option("--keep", value: "N", "generations to keep, the live one included (default 2)")],
        examples: ["radphi-rag index gc --keep 1"]
    ) { arguments, console in
        let report = try IndexCollector(index: try Configuration().index(arguments)).collect(keeping: try arguments.integer("--keep", in: 1...1000) ?? 2)
        if arguments.json {
            try console.print(json: report)
        } else {
            try console.writeLine("removed \(report.generations.count) generations and \(report.cachedVectors) cached vectors, \(report.bytes) bytes")
        }
        return .success
    }

    private static func show(_ state: IndexState, verified: Bool?, _ arguments: Arguments, _ console: Console) throws {
        if arguments.json {
            return try console.print(json: IndexStateReport(index: state.index, generation: state.generation, manifest: state.manifest, verified: verified))
        }
        let manifest = state.manifest
        var lines = [
            ("index", state.index),
            ("generation", "\(state.generation), built \(manifest.builtAt)"),
            ("corpus", manifest.corpus.path),
            ("articles", String(manifest.counts.articles)),
            ("passages", "\(manifest.counts.passages), \(manifest.counts.tokens) tokens"),
            ("model", "\(manifest.model.fingerprint.prefix(16))…, \(manifest.model.dimension) dimensions"),
            ("vectors", "\(manifest.vectors.factory), recall@10 \(manifest.vectors.recallAt10) on \(manifest.vectors.recallSample) passages"),
            ("size", "\(manifest.files.values.reduce(0) { $0 + $1.bytes }) bytes"),
            ("skipped", String(manifest.skipped.count)),
        ]
        if verified == true { lines.append(("files", "all match the manifest")) }
        for (name, value) in lines { try console.writeLine(name + String(repeating: " ", count: max(1, 12 - name.count)) + value) }
        for skip in manifest.skipped { try console.writeLine("  \(skip.description)") }
    }
}
