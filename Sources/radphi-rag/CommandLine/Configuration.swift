import Engine
import Foundation

/// Where things are: flag, then environment variable, then configuration file, then default.
///
/// The configuration file is `$XDG_CONFIG_HOME/radphi-rag/config.json`, an object with any of the keys
/// `model`, `index`, `corpus` (paths) and `threads` (a whole number).
struct Configuration: Sendable {
    private let environment: [String: String]
    private let file: [String: String]
    let filePath: String

    init(environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        self.environment = environment
        let home = environment["HOME"] ?? "/"
        let folder = environment["XDG_CONFIG_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? "\(home)/.config"
        filePath = "\(folder)/radphi-rag/config.json"
        file = try Configuration.read(filePath)
    }

    private static func read(_ path: String) throws -> [String: String] {
        guard let data = FileManager.default.contents(atPath: path) else { return [:] }
        guard let object = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] else {
            throw ConfigurationError(file: path, message: "\(path) is not a JSON object; mend it or remove it")
        }
        var values: [String: String] = [:]
        for (key, value) in object {
            guard ["model", "index", "corpus", "threads"].contains(key) else {
                throw ConfigurationError(file: path, message: "\(path): unknown key \(key); known are model, index, corpus, threads")
            }
            switch value {
            case let text as String: values[key] = text
            case let number as Int: values[key] = String(number)
            default: throw ConfigurationError(file: path, message: "\(path): \(key) must be a text or a whole number")
            }
        }
        return values
    }

    func value(_ name: String, flag: String?) -> String? {
        if let flag { return flag }
        if let variable = environment["RADPHI_\(name.uppercased())"], !variable.isEmpty { return variable }
        return file[name]
    }

    /// The model: given, or the project's own `models/radphi-mini`.
    func model(_ arguments: Arguments) throws -> String {
        if let given = value("model", flag: arguments.string("--model")) { return given }
        if let root = projectRoot { return "\(root)/models/radphi-mini" }
        let installed = "\(dataFolder)/models/radphi-mini"
        if FileManager.default.fileExists(atPath: installed) { return installed }
        throw ConfigurationError(
            file: nil, message: "no model was found: name one with --model PATH or RADPHI_MODEL (a Hugging Face folder or a GGUF file)")
    }

    func corpus(_ arguments: Arguments) throws -> String {
        if let given = value("corpus", flag: arguments.string("--corpus")) { return given }
        if let root = projectRoot { return "\(root)/corpus" }
        throw ConfigurationError(file: nil, message: "no corpus was found: name a folder of articles with --corpus DIR or RADPHI_CORPUS")
    }

    func index(_ arguments: Arguments) -> String {
        if let given = value("index", flag: arguments.string("--index")) { return given }
        if let root = projectRoot { return "\(root)/index" }
        return "\(dataFolder)/index"
    }

    func threads(_ arguments: Arguments) throws -> Int? {
        guard let text = value("threads", flag: arguments.string("--threads")) else { return nil }
        guard let number = Int(text), (1...256).contains(number) else {
            throw UsageError("threads \(text): a whole number from 1 to 256 is expected")
        }
        return number
    }

    private var dataFolder: String {
        let base = environment["XDG_DATA_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? "\(environment["HOME"] ?? "/")/.local/share"
        return "\(base)/radphi-rag"
    }

    /// The checkout that the program is run from or was built in: the nearest folder above with `corpus/articles` and `models`.
    private var projectRoot: String? {
        let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        for start in [FileManager.default.currentDirectoryPath, executable] {
            var folder = start
            while folder.count > 1 {
                if FileManager.default.fileExists(atPath: "\(folder)/corpus/articles"), FileManager.default.fileExists(atPath: "\(folder)/models") {
                    return folder
                }
                folder = (folder as NSString).deletingLastPathComponent
            }
        }
        return nil
    }
}

/// The configuration file is not of its form, or something has no default here.
struct ConfigurationError: DiagnosableError {
    let kind = "configuration"
    let file: String?
    let message: String
    var exitStatus: ExitStatus { file == nil ? .missingInput : .badData }
}
