import Engine
import Foundation

/// What can go wrong while an index is built, opened or searched.
public enum IndexError: DiagnosableError, Equatable {
    case noCorpus(String)
    case emptyCorpus(String, first: SkippedDocument?)
    case noIndex(String, mend: String)
    case locked(String)
    /// A file of the index is not what the manifest says, or cannot be read as what it should be.
    case damaged(file: String, reason: String, mend: String)
    /// The index was made by another model, chunker or format.
    case mismatch(reason: String, mend: String)
    case system(call: String, file: String, errno: Int32)
    case database(code: Int32, reason: String, file: String)
    case vectors(reason: String, memory: Bool)
    case nonFiniteVector(passage: String)
    case badDimension(expected: Int, received: Int)
    /// `--strict`: the first document that was skipped.
    case skipped(count: Int, first: SkippedDocument)
    case interrupted

    public var kind: String {
        switch self {
        case .noCorpus: "no-corpus"
        case .emptyCorpus: "empty-corpus"
        case .noIndex: "no-index"
        case .locked: "index-locked"
        case .damaged: "index-damaged"
        case .mismatch: "index-mismatch"
        case .system, .database: "index-io"
        case .vectors: "vector-index"
        case .nonFiniteVector: "non-finite-vector"
        case .badDimension: "vector-dimension"
        case .skipped: "documents-skipped"
        case .interrupted: "interrupted"
        }
    }

    public var message: String {
        switch self {
        case .noCorpus(let path): "no corpus at \(path): name a folder of articles, or one file, with --corpus"
        case .emptyCorpus(let path, let first):
            "\(path) holds no document that could be read\(first.map { "; the first skipped: \($0.description)" } ?? ""); known are .md, .txt, .html, .json and .jsonl files"
        case .noIndex(let path, let mend): "no index at \(path); build it with: \(mend)"
        case .locked(let path): "another process is building the index \(path); try again when it has finished"
        case .damaged(let file, let reason, let mend): "\(file) is damaged: \(reason); rebuild the index with: \(mend)"
        case .mismatch(let reason, let mend): "\(reason); rebuild the index with: \(mend)"
        case .system(let call, let file, let code):
            "\(call) \(file): \(String(cString: strerror(code)))\([EACCES, EPERM, EROFS].contains(code) ? "; name a folder that may be written with --index DIR" : "")"
        case .database(let code, let reason, let file): "\(file): \(reason) (SQLite error \(code))"
        case .vectors(let reason, _): "the vector index: \(reason)"
        case .nonFiniteVector(let passage): "the model gave a vector that is not finite for a passage of \(passage); check the model with: radphi-rag doctor"
        case .badDimension(let expected, let received): "a vector of \(expected) numbers was expected, \(received) were given; use the model that the index was built with"
        case .skipped(let count, let first):
            "\(count) document\(count == 1 ? " was" : "s were") skipped and --strict is given; the first: \(first.description)"
        case .interrupted: "stopped before the index was finished; what was embedded is kept, the same command goes on from there"
        }
    }

    public var exitStatus: ExitStatus {
        switch self {
        case .noCorpus, .emptyCorpus, .noIndex: .missingInput
        case .locked: .busy
        case .damaged, .mismatch, .nonFiniteVector, .badDimension, .skipped: .badData
        case .system(_, _, let code): code == ENOENT ? .missingInput : .inputOutput
        case .database(let code, _, _): SQLiteDatabase.exitStatus(code)
        case .vectors(_, let memory): memory ? .inputOutput : .failure
        case .interrupted: .interrupted
        }
    }

    public var file: String? {
        switch self {
        case .noCorpus(let path), .emptyCorpus(let path, _), .noIndex(let path, _), .locked(let path): path
        case .damaged(let file, _, _), .system(_, let file, _), .database(_, _, let file): file
        case .skipped(_, let first): first.file
        case .mismatch, .vectors, .nonFiniteVector, .badDimension, .interrupted: nil
        }
    }
}

/// A document, or a line of one, that was left out of an index, and why.
public struct SkippedDocument: Sendable, Hashable, Codable, CustomStringConvertible {
    /// Path in the corpus folder.
    public let file: String
    /// From 1, where the reason concerns one line.
    public let line: Int?
    public let reason: String

    public init(file: String, line: Int?, reason: String) {
        self.file = file
        self.line = line
        self.reason = reason
    }

    public var description: String { "\(file)\(line.map { ":\($0)" } ?? ""): \(reason)" }
}
