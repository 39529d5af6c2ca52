import Engine
import Foundation
import Index
import Retrieval

/// A hit as `search` gives it in every interface.
struct HitReport: Encodable {
    let rank: Int
    let article: String
    let title: String
    let section: String
    let passage: Int64
    let text: String
    let start: Int
    let end: Int
    let score: Double
    let lexical: Double?
    let dense: Double?
    let entity: Double
    let intent: Double
    let systems: [String]
    let kind: String

    init(_ hit: SearchHit, rank: Int) {
        self.rank = rank
        article = hit.passage.article
        title = hit.passage.title
        section = hit.passage.sectionPath.joined(separator: " > ")
        passage = hit.passage.id
        text = hit.passage.text
        start = hit.passage.start
        end = hit.passage.end
        score = hit.score
        lexical = hit.lexical
        dense = hit.dense
        entity = hit.entity
        intent = hit.intent
        systems = hit.passage.systems
        kind = hit.passage.kind
    }
}

struct SearchReport: Encodable {
    let query: String
    /// The query with typing errors mended, when there were any.
    let corrected: String?
    let hits: [HitReport]

    init(_ result: SearchResult) {
        query = result.query.question
        corrected = result.query.corrections.isEmpty ? nil : result.query.corrected
        hits = result.hits.enumerated().map { HitReport($1, rank: $0 + 1) }
    }
}

extension Command {
    /// `radphi-rag search QUERY`
    static let search = Command(
        path: ["search"],
        summary: "Find passages, without an answer",
        operands: [Operand("QUERY", "what to look for, in quotes")],
        options: [
            .model, .index, .corpus, .threads, Option("-k", value: "N", "passages to show (default 5)"), .system, .kind,
            Option("--explain", "show each leg's score"),
        ],
        examples: ["radphi-rag search \"halo sign\" --system Chest -k 3 --explain"]
    ) { arguments, console in
        let workbench = try Workbench.open(arguments, console)
        let limit = try arguments.integer("-k", in: 1...100) ?? 5
        let filter = try workbench.searcher.filter(systems: arguments.strings("--system"), kinds: arguments.strings("--kind"))
        let query = arguments.operands.first ?? ""
        let result = try workbench.searcher.search(SearchRequest(question: query, limit: limit, filter: filter))
        if arguments.json {
            try console.print(json: SearchReport(result))
            return .success
        }
        let style = Style(enabled: console.colour)
        for correction in result.query.corrections { try console.writeLine(style.dim("\(correction.from) read as \(correction.to)")) }
        if result.hits.isEmpty { try console.writeLine("nothing found") }
        for (rank, hit) in result.hits.enumerated() {
            try console.write(LineWrapper.wrap("\(style.accent("\(rank + 1).")) \(style.bold(Style.harmless(hit.passage.heading)))", width: min(console.width, 100)))
            if arguments.has("--explain") {
                func shown(_ value: Double?) -> String { value.map { String(format: "%.3f", $0) } ?? "–" }
                try console.writeLine(
                    style.dim("   score \(shown(hit.score))  lexical \(shown(hit.lexical))  dense \(shown(hit.dense))  entity \(shown(hit.entity))  section \(shown(hit.intent))"))
            }
            try console.write(LineWrapper.wrap(Style.harmless(hit.passage.shownText), width: min(console.width, 100), indent: "   "))
            try console.writeLine(style.dim("   \(hit.passage.article), bytes \(hit.passage.start)-\(hit.passage.end) of its text"))
        }
        return .success
    }
}
