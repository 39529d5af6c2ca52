import Engine
import Foundation

/// An error as `--json` prints it: `{"error":{"kind","message","exit_code","file","offset"}}`.
struct ErrorReport: Encodable {
    struct Body: Encodable {
        let kind: String
        let message: String
        let exitCode: Int32
        let file: String?
        let offset: Int?
    }
    let error: Body

    init(_ error: any Error) {
        if let known = error as? any DiagnosableError {
            self.error = Body(kind: known.kind, message: known.message, exitCode: known.exitStatus.rawValue, file: known.file, offset: known.offset)
        } else {
            self.error = Body(kind: "failure", message: String(describing: error), exitCode: ExitStatus.failure.rawValue, file: nil, offset: nil)
        }
    }

    /// The sentence for a person.
    var sentence: String {
        var place = ""
        if let file = error.file, !error.message.contains(file) { place += "\(file): " }
        if let offset = error.offset, !error.message.contains("offset") { place += "at offset \(offset): " }
        return "radphi-rag: \(place)\(error.message)"
    }
}
