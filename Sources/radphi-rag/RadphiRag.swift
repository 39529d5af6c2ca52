import Engine
import Foundation

/// The program: finds the command, runs it, and turns whatever happened into an exit code.
@main
enum RadphiRag {
    /// Every command, in the order in which help lists them.
    static let commands: [Command] = [
        .ask, .search, .serve, .mcp,
        .indexBuild, .indexStatus, .indexVerify, .indexCollect, .indexTune,
        .corpusLint, .corpusStats,
        .evaluateRetrieval, .evaluateAnswers, .evaluateReading, .tune,
        .modelInspect, .modelConvert, .tokenize, .embed, .generate, .logits,
        .benchEngine, .benchDrafts, .doctor, .completion,
    ]

    static func main() {
        let cancellation = Cancellation()
        Signals.install(cancellation)
        let console = Console(cancellation: cancellation)
        let words = Array(ProcessInfo.processInfo.arguments.dropFirst())
        let status: ExitStatus
        do {
            status = try run(words, console)
        } catch {
            status = report(error, asJSON: words.contains("--json"), console)
        }
        // Threads may still be at work: they are not waited for.
        if cancellation.signal != 0 { Signals.end(cancellation.signal) }
        exit(status.rawValue)
    }

    private static func run(_ words: [String], _ console: Console) throws -> ExitStatus {
        guard let first = words.first else {
            console.note(Help.overview(commands))
            return .usage
        }
        if ["--help", "-h", "help"].contains(first) {
            try console.write(Help.overview(commands))
            return .success
        }
        if first == "--version" {
            try console.writeLine("radphi-rag \(Version.current)")
            return .success
        }
        if let command = commands.filter({ words.starts(with: $0.path) }).max(by: { $0.path.count < $1.path.count }) {
            let arguments = try Arguments(Array(words.dropFirst(command.path.count)), for: command)
            if arguments.has("--help") {
                try console.write(Help.command(command))
                return .success
            }
            return try command.run(arguments, console)
        }
        let group = commands.filter { $0.path.first == first }
        guard group.isEmpty else {
            let help = Help.group(first, group)
            if words.dropFirst().contains(where: { ["--help", "-h"].contains($0) }) {
                try console.write(help)
                return .success
            }
            throw UsageError("\(first) needs one of: \(group.compactMap { $0.path.dropFirst().first }.joined(separator: ", "))")
        }
        let near = Set(commands.compactMap(\.path.first)).min { editDistance($0, first) < editDistance($1, first) }
        throw UsageError("unknown command \(first)\(near.map { "; did you mean \($0)?" } ?? ""). `radphi-rag --help` lists the commands")
    }

    private static func report(_ error: any Error, asJSON: Bool, _ console: Console) -> ExitStatus {
        let status = (error as? any DiagnosableError)?.exitStatus ?? .failure
        if error as? OutputError == .closed { return .success }
        let report = ErrorReport(error)
        if asJSON, let line = try? JSON.encode(report) {
            // Malformed input leaves stdout empty, so that a pipeline never takes an error for data.
            if status == .badData || error is OutputError { console.note(line) } else { try? console.writeLine(line) }
        } else {
            console.note(report.sentence)
        }
        return status
    }
}
