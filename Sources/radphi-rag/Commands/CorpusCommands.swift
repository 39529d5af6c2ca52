import Engine
import Index

extension Command {
    /// `radphi-rag corpus lint [DIR]`
    static let corpusLint = Command(
        path: ["corpus", "lint"],
        summary: "Check articles and questions against the corpus format",
        discussion: "Prints file:line for every broken rule of the format; exits with 65 when there is one.",
        operands: [Operand("DIR", required: false, "the corpus folder; default: the project's own")],
        options: [.corpus],
        examples: ["radphi-rag corpus lint my-articles"]
    ) { arguments, console in
        struct Report: Encodable {
            let articles: Int
            let questions: Int
            let findings: [LintFinding]
        }
        let corpus = try Corpus(folder(arguments))
        let findings = corpus.lint()
        let total = corpus.statistics().total
        let questions = total.answerable + total.unanswerable
        if arguments.json {
            try console.print(json: Report(articles: total.articles, questions: questions, findings: findings))
        } else {
            for finding in findings { try console.writeLine(finding.description) }
            let places = findings.count == 1 ? "1 finding" : "\(findings.count) findings"
            try console.writeLine("\(total.articles) articles, \(questions) questions: \(findings.isEmpty ? "clean" : places)")
        }
        return findings.isEmpty ? .success : .badData
    }

    /// `radphi-rag corpus stats [DIR]`
    static let corpusStats = Command(
        path: ["corpus", "stats"],
        summary: "Count articles, words, passages and questions by system and kind",
        operands: [Operand("DIR", required: false, "the corpus folder; default: the project's own")],
        options: [.corpus],
        examples: ["radphi-rag corpus stats", "radphi-rag corpus stats my-articles --json"]
    ) { arguments, console in
        let statistics = try Corpus(folder(arguments)).statistics()
        if arguments.json {
            try console.print(json: statistics)
            return .success
        }
        for (title, rows) in [("system", statistics.systems), ("kind", statistics.kinds)] {
            try console.write(table(title, rows + [statistics.total]) + "\n")
        }
        let splits = ["train", "dev", "test"].map { "\(statistics.splits[$0] ?? 0) \($0)" }.joined(separator: ", ")
        try console.writeLine("questions by split: \(splits)")
        return .success
    }

    private static func folder(_ arguments: Arguments) throws -> String {
        if let given = arguments.operands.first { return given }
        return try Configuration().corpus(arguments)
    }

    private static func table(_ title: String, _ rows: [CorpusStatistics.Row]) -> String {
        let header = [title, "articles", "words", "passages", "answerable", "unanswerable"]
        let lines = [header] + rows.map { [$0.name] + [$0.articles, $0.words, $0.passages, $0.answerable, $0.unanswerable].map { String($0) } }
        let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line in
            line.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + space : space + cell
            }.joined(separator: "  ") + "\n"
        }.joined()
    }
}
