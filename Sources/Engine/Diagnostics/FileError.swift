import Foundation

/// What is wrong with a file that the engine was given: a checkpoint, a tokenizer, a settings file.
public struct FileError: DiagnosableError, Equatable {
    public let kind: String
    public let message: String
    public let exitStatus: ExitStatus
    public let file: String?
    public let offset: Int?

    /// The bytes break the rules of `format` (`gguf`, `safetensors`, `json`, `tokenizer`, `config`), at `offset` where that is known.
    public static func malformed(_ format: String, _ file: String, field: String, offset: Int? = nil, _ problem: String) -> FileError {
        let place = offset.map { " (offset \($0))" } ?? ""
        return FileError(
            kind: "malformed-\(format)", message: "\(file): \(shortened(field))\(place): \(problem)", exitStatus: .badData, file: file, offset: offset)
    }

    /// The file keeps its format's rules but asks for something this engine does not have.
    public static func unsupported(_ file: String, field: String, offset: Int? = nil, _ problem: String) -> FileError {
        FileError(kind: "unsupported-model", message: "\(file): \(shortened(field)): \(problem)", exitStatus: .badData, file: file, offset: offset)
    }

    /// There is no such file.
    public static func missing(_ file: String, _ wayOut: String) -> FileError {
        FileError(kind: "missing-file", message: "\(file) was not found; \(wayOut)", exitStatus: .missingInput, file: file, offset: nil)
    }

    /// The operating system refused to open, read or write it.
    public static func failed(_ file: String, _ action: String, errno code: Int32) -> FileError {
        FileError(
            kind: "file-failed", message: "\(file) could not be \(action): \(String(cString: strerror(code)))", exitStatus: .inputOutput, file: file,
            offset: nil)
    }

    /// A mapped file was truncated or rewritten in place while it was in use.
    public static func changed(_ file: String) -> FileError {
        FileError(
            kind: "file-changed", message: "\(file) was truncated or rewritten while it was in use; restore it and start again",
            exitStatus: .inputOutput, file: file, offset: nil)
    }

    /// Names from a file are shown, but not at the length an attacker chose.
    private static func shortened(_ field: String) -> String {
        field.unicodeScalars.count <= 120 ? field : String(String.UnicodeScalarView(field.unicodeScalars.prefix(120))) + "…"
    }
}
