import Engine
import Foundation
import Index
import Retrieval

/// A request whose fields are not of their form.
struct RequestError: DiagnosableError {
    let kind = "bad-request"
    let exitStatus = ExitStatus.usage
    let message: String
}

/// The operations behind `serve` and `mcp`: one place reads their fields and does the work.
struct RequestHandler: Sendable {
    let workbench: Workbench

    static let askFields = ["question", "top_k", "max_tokens", "system", "kind", "strict", "keep_unsupported", "subjects", "mode"]
    static let searchFields = ["query", "question", "top_k", "system", "kind"]
    static let embedFields = ["text", "texts"]
    static let articleFields = ["article"]

    // MARK: - Operations

    func ask(_ fields: JSONValue, id: RequestID?, cancellation: Cancellation, onEvent: (AnswerEvent) throws -> Void) throws -> Answer {
        var request = AskRequest(id: id, question: try required("question", in: fields))
        request.topK = try integer("top_k", in: fields, 1...50) ?? request.topK
        request.maxTokens = try integer("max_tokens", in: fields, 8...1024) ?? request.maxTokens
        request.filter = try filter(fields)
        request.strict = try flag("strict", in: fields)
        request.keepUnsupported = try flag("keep_unsupported", in: fields)
        request.subjects = try texts("subjects", in: fields)
        if let mode = fields["mode"], mode != .null {
            guard let known = mode.string.flatMap(AnswerMode.init(rawValue:)) else { throw RequestError(message: "mode: one of auto, generate, extract is expected") }
            request.mode = known
        }
        return try workbench.answerer().answer(request, isCancelled: { cancellation.isCancelled }, onEvent: onEvent)
    }

    func search(_ fields: JSONValue) throws -> SearchReport {
        let query = try fields["query"] == nil ? required("question", in: fields) : required("query", in: fields)
        let limit = try integer("top_k", in: fields, 1...100) ?? 5
        return SearchReport(try workbench.searcher.search(SearchRequest(question: query, limit: limit, filter: filter(fields))))
    }

    func embed(_ fields: JSONValue, cancellation: Cancellation) throws -> [[Float]] {
        guard let texts = fields["texts"]?.strings ?? fields["text"]?.strings else { throw RequestError(message: "text: a text, or texts: a list of texts, is expected") }
        guard texts.count <= 256 else { throw RequestError(message: "texts has \(texts.count) entries; at most 256 are taken") }
        // In pieces, so that cancelling does not wait for a long list.
        var vectors: [[Float]] = []
        for first in stride(from: 0, to: texts.count, by: 8) {
            if cancellation.isCancelled { throw AskError.cancelled }
            vectors += try workbench.embedder.embed(Array(texts[first..<min(first + 8, texts.count)]))
        }
        return vectors
    }

    /// An article as it is stored.
    struct ArticleReport: Encodable {
        let article: String
        let title: String
        let kind: String
        let systems: [String]
        let synonyms: [String]
        let text: String
        let licence: String
        let revised: String
        let review: String
        let origin: String
        let url: String
    }

    func article(_ fields: JSONValue) throws -> ArticleReport {
        let slug = try required("article", in: fields)
        guard let article = try workbench.store.article(slug) else { throw RequestError(message: "there is no article \(slug); `search` gives the names of articles") }
        return ArticleReport(
            article: article.slug, title: article.title, kind: article.kind, systems: article.systems, synonyms: article.synonyms, text: article.text, licence: article.licence,
            revised: article.revised, review: article.review, origin: article.source, url: article.url ?? FurtherReading.searchLink(title: article.title))
    }

    // MARK: - Fields

    private func required(_ name: String, in fields: JSONValue) throws -> String {
        guard let text = fields[name]?.string, !text.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty else {
            throw RequestError(message: "\(name): a text is expected")
        }
        guard text.count <= AskError.longestQuestion else { throw RequestError(message: "\(name) has \(text.count) characters; at most \(AskError.longestQuestion) are taken") }
        return text
    }

    private func integer(_ name: String, in fields: JSONValue, _ range: ClosedRange<Int>) throws -> Int? {
        guard let value = fields[name], value != .null else { return nil }
        guard let number = value.integer, range.contains(number) else {
            throw RequestError(message: "\(name): a whole number from \(range.lowerBound) to \(range.upperBound) is expected")
        }
        return number
    }

    func flag(_ name: String, in fields: JSONValue) throws -> Bool {
        guard let value = fields[name], value != .null else { return false }
        guard let flag = value.bool else { throw RequestError(message: "\(name): true or false is expected") }
        return flag
    }

    private func texts(_ name: String, in fields: JSONValue) throws -> [String] {
        guard let value = fields[name], value != .null else { return [] }
        guard let texts = value.strings else { throw RequestError(message: "\(name): a text or a list of texts is expected") }
        return texts
    }

    private func filter(_ fields: JSONValue) throws -> PassageFilter {
        do {
            return try workbench.searcher.filter(systems: texts("system", in: fields), kinds: texts("kind", in: fields))
        } catch let error as FilterError {
            throw RequestError(message: error.message)
        }
    }
}
