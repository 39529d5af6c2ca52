import Engine
import Foundation
import Index

/// A query with the documents that answer it.
public struct JudgedQuery: Sendable {
    public let id: String
    public let text: String
    /// What reports are grouped by: the system; nil for queries of other collections.
    public let group: String?
    public let judgements: RankingMetrics.Judgements
    /// Whether documents are sections (`article#section`) or whole articles.
    let bySection: Bool

    /// A question of the corpus: its document is the section that holds the evidence. Nil when it is not answerable.
    public init?(_ question: EvaluationQuestion) {
        guard question.answerable, let article = question.article else { return nil }
        id = question.id
        text = question.question
        group = question.system
        judgements = ["\(article)#\(question.section ?? "")": 1]
        bySection = true
    }

    /// A query of a collection in BEIR's layout: its documents are articles.
    init(id: String, text: String, judgements: RankingMetrics.Judgements) {
        self.id = id
        self.text = text
        self.judgements = judgements
        group = nil
        bySection = false
    }

    func document(of passage: Passage) -> String {
        bySection ? "\(passage.article)#\(passage.sectionPath.joined(separator: " > "))" : passage.article
    }
}

/// Queries and judgements in BEIR's layout: `queries.jsonl` with `_id` and `text`, `qrels.tsv` with query, document and grade.
public enum BEIRQueries {
    public static func read(queries: String, qrels: String) throws -> [JudgedQuery] {
        guard let lines = FileManager.default.contents(atPath: queries) else { throw QuestionSetError.unreadable(queries) }
        guard let table = FileManager.default.contents(atPath: qrels) else { throw QuestionSetError.unreadable(qrels) }
        var judgements: [String: RankingMetrics.Judgements] = [:]
        for (number, line) in String(decoding: table, as: UTF8.self).split(whereSeparator: \.isNewline).enumerated() {
            let cells = line.split(separator: "\t").map(String.init)
            guard cells.count >= 3, let grade = Int(cells[cells.count - 1]) else {
                if number == 0 { continue }
                throw QuestionSetError.malformed(file: qrels, line: number + 1, reason: "query, document and a whole-number grade, separated by tabs, are expected")
            }
            judgements[cells[0], default: [:]][cells[cells.count - 2]] = grade
        }
        struct Query: Decodable { let _id: String; let text: String }
        return try lines.split(separator: 0x0A).enumerated().compactMap { number, line in
            do {
                let query = try JSONDecoder().decode(Query.self, from: line)
                return judgements[query._id].map { JudgedQuery(id: query._id, text: query.text, judgements: $0) }
            } catch {
                throw QuestionSetError.malformed(file: queries, line: number + 1, reason: "an object with _id and text is expected")
            }
        }
    }
}

/// Run files as trec_eval reads them.
public enum TRECRun {
    /// One file per variant, `query Q0 document rank score variant`; the judgements, `qrels`; and this program's own values of every query, `measures.tsv`
    /// (variant, query, nDCG@10, Recall@5, Recall@10, Recall@100, MRR@10). Blanks in names are written as underscores.
    public static func write(_ rankings: [RetrievalEvaluation.Ranking], to folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        func word(_ text: String) -> String { String(text.map { $0.isWhitespace ? "_" : $0 }) }
        var measures = ""
        var judged: [String: String] = [:]
        for ranking in rankings {
            measures += ([word(ranking.variant.replacing(" + ", with: "-")), word(ranking.query.id)] + ranking.measures.map { "\($0)" }).joined(separator: "\t") + "\n"
            judged[ranking.query.id] = ranking.query.judgements.sorted { $0.key < $1.key }.map { "\(word(ranking.query.id)) 0 \(word($0.key)) \($0.value)\n" }.joined()
        }
        try Data(measures.utf8).write(to: URL(fileURLWithPath: "\(folder)/measures.tsv"))
        try Data(judged.sorted { $0.key < $1.key }.map(\.value).joined().utf8).write(to: URL(fileURLWithPath: "\(folder)/qrels"))
        for (variant, group) in Dictionary(grouping: rankings, by: \.variant) {
            let name = word(variant.replacing(" + ", with: "-"))
            let lines = group.flatMap { ranking in
                ranking.documents.enumerated().map { "\(word(ranking.query.id)) Q0 \(word($1.document)) \($0 + 1) \($1.score) \(name)\n" }
            }
            try Data(lines.joined().utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name).run"))
        }
    }
}
