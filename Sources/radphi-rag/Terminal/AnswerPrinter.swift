import Retrieval

/// Shows an answer to a person: the sentences as they come, then the sources with what was quoted highlighted.
struct AnswerPrinter {
    let console: Console
    let style: Style
    private var wrapper: LineWrapper
    private var begun = false

    init(console: Console) {
        self.console = console
        style = Style(enabled: console.colour)
        wrapper = LineWrapper(width: min(console.width, 100))
    }

    /// The next piece of the answer.
    mutating func token(_ text: String) throws {
        begun = true
        let shown = Style.harmless(text).replacing(/\[(\d+)\]/) { style.accent("[\($0.1)]") }
        try console.write(wrapper.append(shown + " "))
    }

    mutating func finish(_ answer: Answer) throws {
        if answer.abstained {
            try console.write(wrapper.append(style.warning(answer.answer) + " "))
            try console.write(wrapper.finish())
            if !answer.nearest.isEmpty {
                try console.writeLine("\nNearest articles:")
                for article in answer.nearest {
                    let section = article.section.isEmpty ? "" : " — \(article.section)"
                    try console.writeLine("  \(Style.harmless(article.title))\(style.dim(Style.harmless(section)))")
                }
            }
        } else {
            if !begun { try token(answer.answer) }
            try console.write(wrapper.finish())
            try console.writeLine("\n\(style.bold("Sources"))")
            for source in answer.sources { try show(source, answer) }
        }
        if let searched = answer.searchedFor { try console.writeLine(style.dim("\nsearched for: \(Style.harmless(searched))")) }
        var notice = LineWrapper(width: min(console.width, 100))
        try console.write("\n" + notice.append(style.dim(answer.notice) + " ") + notice.finish())
    }

    private func show(_ source: Source, _ answer: Answer) throws {
        let section = source.section.isEmpty ? "" : " — \(source.section)"
        try console.writeLine("\(style.accent("[\(source.n)]")) \(style.bold(Style.harmless(source.title)))\(Style.harmless(section))")
        var text = LineWrapper(width: min(console.width, 100), indent: "    ")
        try console.write(text.append(highlighted(source, answer) + " ") + text.finish())
        let details = [source.licence, source.review, source.revised.isEmpty ? "" : "Revised \(source.revised).", "\(source.origin), bytes \(source.start)-\(source.end)."]
        var line = LineWrapper(width: min(console.width, 100), indent: "    ")
        try console.write(line.append(style.dim(Style.harmless(details.filter { !$0.isEmpty }.map { $0.hasSuffix(".") ? $0 : "\($0)." }.joined(separator: " "))) + " ") + line.finish())
        try console.writeLine("    " + style.dim("Further reading, not the source: \(source.url)"))
    }

    /// The passage with the quoted spans marked: by colour on a terminal, by quotation marks elsewhere.
    private func highlighted(_ source: Source, _ answer: Answer) -> String {
        let utf8 = Array(source.text.utf8)
        let spans = answer.citations.filter { $0.source == source.n }.map { ($0.start - source.start)..<($0.end - source.start) }
            .filter { $0.lowerBound >= 0 && $0.upperBound <= utf8.count }.sorted { $0.lowerBound < $1.lowerBound }
        var out = ""
        var position = 0
        func piece(_ range: Range<Int>) -> String { Style.harmless(String(decoding: utf8[range], as: UTF8.self)) }
        for span in spans where span.lowerBound >= position {
            out += style.dim(piece(position..<span.lowerBound))
            out += style.enabled ? style.highlight(piece(span)) : "«\(piece(span))»"
            position = span.upperBound
        }
        return out + style.dim(piece(position..<utf8.count))
    }
}
