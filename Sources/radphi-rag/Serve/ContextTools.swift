import Retrieval

/// The tools of the MCP server, as `tools/list` describes them.
enum ContextTools {
    static let instructions =
        "Radiology articles on this machine, with verified citations. Quote the sources with their numbers. For literature lookup by health professionals, not for diagnosis."

    static let all: [JSONValue] = [
        tool(
            "ask", "Answer a radiology question from the local corpus; every sentence is tied to the exact span of an article, or the answer says that the corpus does not answer.",
            input: [
                ("question", text("the question"), true), ("top_k", whole("passages put before the model", 1, 50), false), ("system", texts("organ systems to stay within"), false),
                ("kind", texts("kinds of articles to stay within"), false), ("mode", choice("how the answer is made", ["auto", "generate", "extract"]), false),
                ("strict", flag("only word-for-word sentences"), false), ("keep_unsupported", flag("show unsupported sentences, marked"), false),
                ("max_tokens", whole("tokens the model may write", 8, 1024), false), ("subjects", texts("titles that the conversation was about, for follow-up questions"), false),
            ],
            output: [
                ("question", text("the question"), true), ("answer", text("the sentences with their source numbers"), true), ("abstained", flag("whether the corpus does not answer"), true),
                ("sentences", list("text, support and source numbers of each sentence"), true), ("citations", list("n, source, start, end and quote"), true),
                ("sources", list("the cited passages"), true), ("uncovered", list("of two compared things, the one that the answer leaves out"), true),
            ]),
        tool(
            "get_article", "The whole stored text of one article.", input: [("article", text("the article's name, as search and ask give it"), true)],
            output: [("article", text("its name"), true), ("title", text("its title"), true), ("text", text("its text"), true)]),
        tool(
            "search", "Find passages of the local corpus for a query.",
            input: [
                ("query", text("what to look for"), true), ("top_k", whole("passages to return", 1, 100), false), ("system", texts("organ systems to stay within"), false),
                ("kind", texts("kinds of articles to stay within"), false),
            ],
            output: [("query", text("the query"), true), ("hits", list("the passages, best first"), true)]),
    ]

    /// An answer as text, for clients that show no structure.
    static func text(of answer: Answer) -> String {
        guard !answer.abstained else {
            let near = answer.nearest.map(\.title).joined(separator: ", ")
            return answer.answer + (near.isEmpty ? "" : " Nearest articles: \(near).")
        }
        let sources = answer.sources.map { source in
            let quotes = answer.citations.filter { $0.source == source.n }.map { "\"\($0.quote)\"" }.joined(separator: " ")
            return "[\(source.n)] \(source.title)\(source.section.isEmpty ? "" : " — \(source.section)"): \(quotes) (\(source.licence); \(source.review))"
        }
        return ([answer.answer] + (answer.uncoveredRemark.map { [$0] } ?? []) + [""] + sources + ["", answer.notice]).joined(separator: "\n")
    }

    private typealias Field = (name: String, schema: JSONValue, required: Bool)

    private static func tool(_ name: String, _ description: String, input: [Field], output: [Field]) -> JSONValue {
        .object(["name": .string(name), "description": .string(description), "inputSchema": closed(schema(input)), "outputSchema": schema(output)])
    }

    private static func schema(_ fields: [Field]) -> JSONValue {
        .object([
            "type": .string("object"), "properties": .object(Dictionary(uniqueKeysWithValues: fields.map { ($0.name, $0.schema) })),
            "required": .array(fields.filter(\.required).map { .string($0.name) }),
        ])
    }

    /// Misspelt arguments are refused, so the schema says so.
    private static func closed(_ schema: JSONValue) -> JSONValue {
        guard case .object(var members) = schema else { return schema }
        members["additionalProperties"] = .bool(false)
        return .object(members)
    }

    private static func typed(_ type: String, _ description: String, _ more: [String: JSONValue] = [:]) -> JSONValue {
        .object(["type": .string(type), "description": .string(description)].merging(more) { own, _ in own })
    }
    private static func text(_ description: String) -> JSONValue { typed("string", description) }
    private static func flag(_ description: String) -> JSONValue { typed("boolean", description) }
    private static func list(_ description: String) -> JSONValue { typed("array", description) }
    private static func whole(_ description: String, _ low: Int, _ high: Int) -> JSONValue { typed("integer", description, ["minimum": .integer(low), "maximum": .integer(high)]) }
    private static func texts(_ description: String) -> JSONValue { typed("array", description, ["items": .object(["type": .string("string")])]) }
    private static func choice(_ description: String, _ words: [String]) -> JSONValue { typed("string", description, ["enum": .array(words.map { .string($0) })]) }
}
