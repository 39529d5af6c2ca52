import Foundation

/// A document as a JSON object: the project's own fields, BEIR's `_id`, `title`, `text`, or question and answer pairs.
///
/// | of the article | keys, the first that is there |
/// | --- | --- |
/// | slug | `slug`, `_id`, `id` |
/// | title | `title`, `question`, `focus` |
/// | text | `text`, `body`, `answer`, `sections` (objects with `heading` or `path`, and `text`) |
/// | kind, licence, revised, review, source, url | the same, `license`, `date`; BEIR's `metadata` is looked into |
/// | systems, synonyms | an array, or one text with commas; `focus` becomes a synonym of a question |
enum RecordReader {
    static func parse(_ bytes: [UInt8], file: CorpusFile, line: Int?) -> ReadOutcome {
        if let problem = DocumentText.problem(bytes) { return .skipped(line: line, reason: problem.reason) }
        guard let object = try? JSONSerialization.jsonObject(with: Data(bytes), options: [.fragmentsAllowed]) else {
            return .skipped(line: line, reason: "not valid JSON")
        }
        return read(object, file: file, line: line)
    }

    static func read(_ value: Any, file: CorpusFile, line: Int?) -> ReadOutcome {
        guard let record = value as? [String: Any] else { return .skipped(line: line, reason: "not a JSON object") }
        let text = body(record)
        let bytes = Array(text.utf8)
        guard !text.unicodeScalars.contains("\0") else { return .skipped(line: line, reason: "the text has a NUL") }
        let outline = MarkdownOutline(bytes)
        guard !outline.sections.isEmpty else {
            return .skipped(line: line, reason: "no text: one of text, body, answer or sections is expected")
        }
        let focus = DocumentText.line(string(record, "focus"))
        var title = ""
        for key in ["title", "question"] where title.isEmpty { title = DocumentText.line(string(record, key)) }
        var synonyms = list(record, "synonyms")
        if title.isEmpty { title = focus } else if !focus.isEmpty { synonyms.insert(focus, at: 0) }
        var slug = ""
        for key in ["slug", "_id", "id"] where slug.isEmpty { slug = DocumentText.line(string(record, key), limit: 200) }
        if slug.isEmpty { slug = DocumentText.slug(fromName: file.name) + (line.map { "-\($0)" } ?? "") }
        if title.isEmpty { title = slug }
        let source = DocumentText.line(string(record, "source"))
        return .article(Article(
            slug: slug, title: title, kind: DocumentText.line(string(record, "kind")), systems: list(record, "systems"), synonyms: synonyms, text: text,
            sections: outline.sections, licence: DocumentText.line(string(record, "licence") + string(record, "license")),
            revised: DocumentText.line(string(record, "revised", or: "date")), review: DocumentText.line(string(record, "review")),
            source: source.isEmpty ? file.name : source, url: DocumentText.url(string(record, "url"))))
    }

    private static func body(_ record: [String: Any]) -> String {
        for key in ["text", "body", "answer"] {
            if let text = record[key] as? String, !text.trimmed.isEmpty { return text }
        }
        guard let sections = record["sections"] as? [Any] else { return "" }
        var text = ""
        for case let section as [String: Any] in sections {
            let path = (section["path"] as? [String]) ?? [string(section, "heading", or: "title")]
            let heading = path.map { DocumentText.line($0) }.filter { !$0.isEmpty }
            if !text.isEmpty { text += "\n\n" }
            for (depth, name) in heading.enumerated() where depth == heading.count - 1 { text += String(repeating: "#", count: min(6, depth + 2)) + " \(name)\n\n" }
            text += string(section, "text").trimmed
        }
        return text
    }

    private static func string(_ record: [String: Any], _ key: String, or other: String? = nil) -> String {
        let metadata = record["metadata"] as? [String: Any]
        for key in [key, other].compactMap(\.self) {
            switch record[key] ?? metadata?[key] {
            case let text as String: return text
            case let number as Int: return String(number)
            default: continue
            }
        }
        return ""
    }

    private static func list(_ record: [String: Any], _ key: String) -> [String] {
        let metadata = record["metadata"] as? [String: Any]
        switch record[key] ?? metadata?[key] {
        case let members as [Any]: return members.compactMap { ($0 as? String).map { DocumentText.line($0) } }.filter { !$0.isEmpty }
        case let text as String: return FrontMatter.list(DocumentText.line(text, limit: 4000))
        default: return []
        }
    }
}

/// JSON files: one document, an array of documents, or an object with such an array as `articles` or `documents`.
enum JSONReader {
    static func read(_ file: CorpusFile, _ bytes: [UInt8]) -> [ReadOutcome] {
        if let problem = DocumentText.problem(bytes) { return [.skipped(line: problem.line, reason: problem.reason)] }
        guard let value = try? JSONSerialization.jsonObject(with: Data(DocumentText.withoutMark(bytes)), options: [.fragmentsAllowed]) else {
            return [.skipped(line: nil, reason: "not valid JSON")]
        }
        let object = value as? [String: Any]
        guard let members = (value as? [Any]) ?? (object?["articles"] as? [Any]) ?? (object?["documents"] as? [Any]) else {
            return [RecordReader.read(value, file: file, line: nil)]
        }
        if members.isEmpty { return [.skipped(line: nil, reason: "an empty list of documents")] }
        return members.enumerated().map { position, member in
            switch RecordReader.read(member, file: file, line: nil) {
            case .skipped(_, let reason): .skipped(line: nil, reason: "document \(position + 1): \(reason)")
            case .article(let article): .article(article)
            }
        }
    }
}
