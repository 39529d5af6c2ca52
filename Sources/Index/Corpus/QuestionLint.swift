import Foundation

/// The rules for the questions of a corpus.
struct QuestionLint {
    private let articles: [String: CorpusArticle]
    private(set) var findings: [LintFinding] = []
    private(set) var questions: [CorpusQuestion] = []
    private var ids: [String: String] = [:]
    private var texts: [(words: [Substring], place: LintFinding, id: String)] = []

    init(articles: [String: CorpusArticle]) { self.articles = articles }

    /// - Parameter name: path below the corpus folder.
    mutating func check(_ name: String, _ bytes: [UInt8]) {
        if let problem = DocumentText.problem(bytes) {
            findings.append(LintFinding(file: name, line: problem.line, rule: "encoding", message: problem.reason))
            return
        }
        var cursor = LineCursor(bytes)
        while let line = cursor.next() {
            if line.text.trimmed.isEmpty { continue }
            do {
                let question = try JSONDecoder().decode(CorpusQuestion.self, from: Data(line.text.utf8))
                questions.append(question)
                check(question, LintFinding(file: name, line: line.number, rule: "", message: ""))
            } catch {
                findings.append(LintFinding(file: name, line: line.number, rule: "question", message: "not a question object: \(Self.reason(error))"))
            }
        }
    }

    /// Questions that say nearly the same; called once, after all files.
    mutating func finish() {
        for pair in NearDuplicates(threshold: 1, width: 1).pairs(texts.map(\.words)) where texts[pair.later].words.count == texts[pair.earlier].words.count {
            let place = texts[pair.later].place
            findings.append(LintFinding(file: place.file, line: place.line, rule: "duplicate", message: "asks with the same words as \(texts[pair.earlier].id)"))
        }
    }

    private mutating func check(_ question: CorpusQuestion, _ place: LintFinding) {
        func add(_ rule: String, _ message: String) { findings.append(LintFinding(file: place.file, line: place.line, rule: rule, message: "\(question.id): \(message)")) }
        if let other = ids.updateValue("\(place.file):\(place.line)", forKey: question.id) { add("question-id", "the id stands also at \(other)") }
        texts.append((NearDuplicates.words(question.question), place, question.id))
        if question.question.trimmed.isEmpty { add("question", "the question is empty") }
        if !CorpusQuestion.kinds.contains(question.kind) { add("question", "unknown kind \(question.kind)") }
        if !CorpusQuestion.variations.contains(question.variation) { add("question", "unknown variation \(question.variation)") }
        guard let (sort, slug) = question.named else {
            add("question-id", "the id is not of the form slug-q1, slug-x1 or outside-1")
            return
        }
        let split = CorpusQuestion.split(of: slug)
        if question.split != split { add("split", "split \(question.split); \(slug) belongs to \(split)") }
        if question.answerable != (sort == .answerable) { add("question-id", "answerable is \(question.answerable), the id says otherwise") }
        if sort != .answerable, !question.evidence.isEmpty || !question.answer.isEmpty { add("evidence", "an unanswerable question has no evidence and no answer") }
        if sort == .outside {
            if question.article != nil || question.section != nil || question.system != nil { add("question", "article, section and system of a question from elsewhere are null") }
            return
        }
        if question.article != slug { add("question-id", "the id begins with \(slug), the article is \(question.article ?? "null")") }
        guard let article = articles[slug] else { return add("article", "no article \(slug)") }
        let primary = article.matter.list("systems").first ?? ""
        if question.system != primary { add("systems", "system \(question.system ?? "null"); the article's primary system is \(primary)") }
        guard sort == .answerable else { return }
        if question.answer.trimmed.isEmpty { add("question", "the answer is empty") }
        checkEvidence(question, article, add)
    }

    private func checkEvidence(_ question: CorpusQuestion, _ article: CorpusArticle, _ add: (String, String) -> Void) {
        guard let heading = question.section else { return add("evidence", "an answerable question needs its section") }
        let sections = article.article.sections.filter { $0.heading == heading }
        guard !sections.isEmpty else { return add("evidence", "no section \(heading.isEmpty ? "(introduction)" : heading) in \(article.slug)") }
        if question.evidence.isEmpty { add("evidence", "no evidence") }
        let utf8 = Array(article.article.text.utf8)
        let sentences = sections.flatMap { section in
            let text = String(decoding: utf8[section.start..<section.end], as: UTF8.self)
            let part = Array(text.utf8)
            return SentenceSplitter.sentences(text).map { String(decoding: part[$0], as: UTF8.self) }
        }
        for evidence in question.evidence where !sentences.contains(evidence) {
            let inside = sections.contains { String(decoding: utf8[$0.start..<$0.end], as: UTF8.self).contains(evidence) }
            add("evidence", inside && !evidence.isEmpty ? "the evidence is not one whole sentence: \(evidence)" : "the evidence is not verbatim in its section: \(evidence)")
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "the key \(key.stringValue) is missing"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            "\(context.codingPath.last?.stringValue ?? "the line") has the wrong type"
        default: "invalid JSON"
        }
    }
}
