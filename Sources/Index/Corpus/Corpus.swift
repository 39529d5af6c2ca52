import Foundation

/// A corpus of the project's format, read whole for checking and counting.
public struct Corpus {
    private let root: String
    private let articles: [CorpusArticle]
    private let questionFiles: [(name: String, bytes: [UInt8])]
    private var findings: [LintFinding] = []

    /// - Parameter root: the folder with `articles` and `questions`.
    public init(_ root: String) throws {
        self.root = root
        let folder = try CorpusFolder(root)
        var articles: [CorpusArticle] = []
        findings = folder.skipped.map { LintFinding(file: $0.file, line: 1, rule: "file", message: $0.reason) }
        for file in folder.files {
            guard file.form == .markdown else {
                findings.append(LintFinding(file: file.name, line: 1, rule: "file", message: "not a .md file"))
                continue
            }
            guard file.size <= DocumentLimits.documentBytes, let bytes = try? Storage.read(file.path, limit: DocumentLimits.documentBytes) else {
                findings.append(LintFinding(file: file.name, line: 1, rule: "file", message: "it cannot be read"))
                continue
            }
            var problem = ""
            if let article = CorpusArticle(file, bytes, problem: &problem) {
                articles.append(article)
            } else {
                findings.append(LintFinding(file: file.name, line: 1, rule: "front-matter", message: problem))
            }
        }
        guard !folder.files.isEmpty else { throw IndexError.emptyCorpus(root, first: nil) }
        self.articles = articles
        questionFiles = try Storage.names(in: root + "/questions").filter { $0.hasSuffix(".jsonl") }.map { name in
            ("questions/\(name)", try Storage.read("\(root)/questions/\(name)", limit: 256 << 20))
        }
    }

    /// Every broken rule, by file and line.
    public func lint() -> [LintFinding] {
        var findings = findings
        for article in articles { findings += ArticleLint(article).findings }
        findings += duplicateNames() + seeAlso() + duplicateTexts()
        var questions = QuestionLint(articles: bySlug)
        for file in questionFiles { questions.check(file.name, file.bytes) }
        questions.finish()
        return (findings + questions.findings).sorted()
    }

    public func statistics() -> CorpusStatistics {
        var lint = QuestionLint(articles: bySlug)
        for file in questionFiles { lint.check(file.name, file.bytes) }
        let primary = lint.questions.map { question in
            (system: question.system ?? "(none)", kind: question.article.flatMap { bySlug[$0]?.matter.value("kind") } ?? "(none)", answerable: question.answerable, split: question.split)
        }
        // Passages need a tokenizer; a token of this kind of text is about three quarters of a word.
        let chunker = PassageChunker(settings: ChunkerSettings(), tokenCount: { $0.split(whereSeparator: \.isWhitespace).count * 4 / 3 })
        return CorpusStatistics(
            articles: articles.map {
                (system: $0.matter.list("systems").first ?? "", kind: $0.matter.value("kind"), words: $0.wordCount, passages: chunker.passages(of: $0.article).count)
            }, questions: primary)
    }

    private var bySlug: [String: CorpusArticle] { Dictionary(articles.map { ($0.slug, $0) }, uniquingKeysWith: { first, _ in first }) }

    private func duplicateNames() -> [LintFinding] {
        var findings: [LintFinding] = []
        for key in ["slug", "title"] {
            var seen: [String: String] = [:]
            for article in articles {
                let value = article.matter.value(key)
                if let other = seen.updateValue(article.file.name, forKey: value.lowercased()), !value.isEmpty {
                    findings.append(LintFinding(file: article.file.name, line: article.matter.line(key), rule: "duplicate", message: "the \(key) \(value) is also that of \(other)"))
                }
            }
        }
        return findings
    }

    private func seeAlso() -> [LintFinding] {
        let titles = Set(articles.map { $0.matter.value("title") })
        var findings: [LintFinding] = []
        for article in articles {
            var inside = false
            for line in article.lines {
                if let heading = MarkdownOutline.heading(line.text) { inside = heading.text == "See also" }
                guard inside, line.text.hasPrefix("- ") else { continue }
                let title = line.text.dropFirst(2).trimmed
                if !titles.contains(title) {
                    findings.append(LintFinding(file: article.file.name, line: line.number, rule: "see-also", message: "no article has the title \(title)"))
                } else if title == article.matter.value("title") {
                    findings.append(LintFinding(file: article.file.name, line: line.number, rule: "see-also", message: "the article points to itself"))
                }
            }
        }
        return findings
    }

    private func duplicateTexts() -> [LintFinding] {
        NearDuplicates(threshold: 0.3, width: 6).pairs(articles.map { NearDuplicates.words($0.article.text) }).map { pair in
            LintFinding(
                file: articles[pair.later].file.name, line: articles[pair.later].matter.bodyLine, rule: "duplicate",
                message: "\(Int(pair.share * 100)) % of its six-word runs stand also in \(articles[pair.earlier].file.name)")
        }
    }
}
