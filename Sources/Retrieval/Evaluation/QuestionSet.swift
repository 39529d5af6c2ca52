import Engine
import Foundation

/// One question of `corpus/questions`, as `corpus/FORMAT.md` describes it.
public struct EvaluationQuestion: Sendable, Codable {
    public let id: String
    public let question: String
    public let answerable: Bool
    public let article: String?
    public let section: String?
    public let evidence: [String]
    public let answer: String
    public let system: String?
    public let kind: String
    public let variation: String
    public let split: String
}

public enum QuestionSetError: DiagnosableError {
    case unreadable(String)
    case malformed(file: String, line: Int, reason: String)
    case empty(folder: String, split: String)

    public var kind: String { "questions" }
    public var exitStatus: ExitStatus { if case .unreadable = self { .missingInput } else { .badData } }
    public var file: String? {
        switch self {
        case .unreadable(let file), .malformed(let file, _, _), .empty(let file, _): file
        }
    }
    public var message: String {
        switch self {
        case .unreadable(let path): "no questions can be read from \(path); name a folder of .jsonl files or one such file"
        case .malformed(let file, let line, let reason): "\(file):\(line): \(reason)"
        case .empty(let folder, let split): "\(folder) has no question of split \(split)"
        }
    }
}

/// Reads questions from a `.jsonl` file or a folder of them, in a fixed order.
public enum QuestionSet {
    public static func read(_ path: String, split: String? = nil) throws -> [EvaluationQuestion] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { throw QuestionSetError.unreadable(path) }
        var files = [path]
        if isFolder.boolValue {
            guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else { throw QuestionSetError.unreadable(path) }
            files = names.filter { $0.hasSuffix(".jsonl") }.sorted().map { "\(path)/\($0)" }
        }
        var questions: [EvaluationQuestion] = []
        let decoder = JSONDecoder()
        for file in files {
            guard let data = FileManager.default.contents(atPath: file) else { throw QuestionSetError.unreadable(file) }
            for (number, line) in data.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() where !line.allSatisfy({ $0 == 0x20 || $0 == 0x0D }) {
                do {
                    questions.append(try decoder.decode(EvaluationQuestion.self, from: line))
                } catch {
                    throw QuestionSetError.malformed(file: file, line: number + 1, reason: "not a question of the corpus format: \(error)")
                }
            }
        }
        if let split { questions = questions.filter { $0.split == split } }
        guard !questions.isEmpty else { throw QuestionSetError.empty(folder: path, split: split ?? "any") }
        return questions
    }
}
