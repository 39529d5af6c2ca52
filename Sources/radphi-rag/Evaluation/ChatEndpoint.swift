import Engine
import Foundation

/// A server that speaks OpenAI's chat completions, asked through the `curl` command: this program holds no network code of its own.
struct ChatEndpoint {
    let url: String
    let model: String
    /// Sent as a bearer token; read from the environment, never from the command line, where other users of the machine could see it.
    private let key: String?

    /// - Parameter url: the API's root, such as `http://127.0.0.1:8080/v1`.
    init(url: String, model: String) throws {
        guard let parsed = URLComponents(string: url), ["http", "https"].contains(parsed.scheme ?? ""), parsed.host?.isEmpty == false, parsed.fragment == nil else {
            throw EndpointError.url(url)
        }
        self.url = (url.hasSuffix("/") ? String(url.dropLast()) : url) + "/chat/completions"
        self.model = model
        key = ProcessInfo.processInfo.environment["RADPHI_RAG_ENDPOINT_KEY"]
    }

    private struct Message: Codable { let role: String; let content: String }
    private struct Request: Encodable { let model: String; let messages: [Message]; let temperature: Double; let max_tokens: Int }
    private struct Response: Decodable {
        struct Choice: Decodable { struct Reply: Decodable { let content: String? }; let message: Reply }
        let choices: [Choice]
    }

    /// The server's answer, at temperature 0.
    func complete(system: String, user: String, maxTokens: Int) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        let body = try encoder.encode(
            Request(model: model, messages: [Message(role: "system", content: system), Message(role: "user", content: user)], temperature: 0, max_tokens: maxTokens))
        var lines = ["url = \(Self.quoted(url))", "header = \"Content-Type: application/json\"", "data-raw = \(Self.quoted(String(decoding: body, as: UTF8.self)))"]
        if let key { lines.append("header = \(Self.quoted("Authorization: Bearer \(key)"))") }
        let (output, errors, status) = try Self.curl(lines.joined(separator: "\n"))
        guard status == 0 else { throw EndpointError.failed(url: url, reason: errors.trimmingCharacters(in: .whitespacesAndNewlines)) }
        guard let reply = try? JSONDecoder().decode(Response.self, from: output), let content = reply.choices.first?.message.content else {
            throw EndpointError.failed(url: url, reason: "the reply is no chat completion: \(String(decoding: output.prefix(200), as: UTF8.self))")
        }
        return content
    }

    /// A value of curl's configuration syntax.
    static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n").replacing("\r", with: "\\r").replacing("\t", with: "\\t") + "\""
    }

    private static func curl(_ configuration: String) throws -> (output: Data, errors: String, status: Int32) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        // The request goes in through standard input, so that neither key nor question stands in the process list; ~/.curlrc is left aside.
        process.arguments = ["curl", "--disable", "--silent", "--show-error", "--fail-with-body", "--proto", "=http,https", "--max-time", "300", "--max-filesize", "8388608", "--config", "-"]
        let input = Pipe(), output = Pipe(), errors = Pipe()
        (process.standardInput, process.standardOutput, process.standardError) = (input, output, errors)
        do { try process.run() } catch { throw EndpointError.noCurl("\(error)") }
        try input.fileHandleForWriting.write(contentsOf: Data(configuration.utf8))
        try input.fileHandleForWriting.close()
        // curl writes a line or two of errors at most: reading the output to its end first cannot block it.
        let received = output.fileHandleForReading.readDataToEndOfFile()
        let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (received, complaint, process.terminationStatus)
    }
}

enum EndpointError: DiagnosableError {
    case url(String)
    case noCurl(String)
    case failed(url: String, reason: String)

    var kind: String { "endpoint" }
    var exitStatus: ExitStatus { if case .url = self { .usage } else { .inputOutput } }
    var message: String {
        switch self {
        case .url(let url): "--endpoint \(url): an address such as http://127.0.0.1:8080/v1 is expected"
        case .noCurl(let reason): "--endpoint needs the curl command; install it (apt-get install curl) (\(reason))"
        case .failed(let url, let reason): "\(url) gave no answer: \(reason); check that the server runs and knows the model named with --endpoint-model"
        }
    }
}
