import Retrieval

/// Shows an answer to a person: the sentences as they come, then the sources with what was quoted highlighted.
struct AnswerPrinter {
    let console: Console
    let style: Style
    private let width: Int
    private var wrapper: LineWrapper
    private var begun = false

    init(console: Console) {
        self.console = console
        style = Style(enabled: console.colour)
        width = min(console.width, 100)
        wrapper = LineWrapper(width: width)
    }

    /// The next piece of the answer.
    mutating func token(_ text: String) throws {
        begun = true
        // A number stays on the line of the word before it.
        let shown = Style.harmless(text).replacing(/[ ]?\[(\d+)\]/) { "\u{A0}" + style.accent("[\($0.1)]") }.replacing(" [unsupported]", with: "\u{A0}" + style.warning("[unsupported]"))
        try console.write(wrapper.append(shown) + wrapper.flush())
    }

    /// Ends the line that an answer was stopped in.
    mutating func abandon() throws { try console.write(wrapper.finish()) }

    mutating func finish(_ answer: Answer) throws {
        if answer.abstained {
            try console.write(wrapper.append(style.warning(answer.answer)) + wrapper.finish())
            if !answer.nearest.isEmpty {
                try console.writeLine("\nNearest articles:")
                for article in answer.nearest {
                    let section = article.section.isEmpty ? "" : " — \(article.section)"
                    try write(Style.harmless(article.title) + style.dim(Style.harmless(section)), indent: "  ")
                }
            }
        } else {
            if !begun { try token(answer.answer) }
            try console.write(wrapper.finish())
            if let remark = answer.uncoveredRemark { try write(style.warning(Style.harmless(remark))) }
            try console.writeLine("\n\(style.bold("Sources"))")
            for source in answer.sources { try show(source, answer) }
        }
        if let searched = answer.searchedFor {
            try console.writeLine("")
            try write(style.dim("searched for: \(Style.harmless(searched))"))
        }
        try console.writeLine("")
        try write(style.dim(answer.notice))
    }

    private func write(_ text: String, indent: String = "") throws {
        try console.write(LineWrapper.wrap(text, width: width, indent: indent))
    }

    private func show(_ source: Source, _ answer: Answer) throws {
        let section = source.section.isEmpty ? "" : " — \(source.section)"
        try write("\(style.accent("[\(source.n)]")) \(style.bold(Style.harmless(source.title)))\(Style.harmless(section))")
        try write(highlighted(source, answer), indent: "    ")
        let details = [source.licence, source.review, source.revised.isEmpty ? "" : "Revised \(source.revised).", "\(source.origin), bytes \(source.start)-\(source.end) of its text."]
        try write(style.dim(Style.harmless(details.filter { !$0.isEmpty }.map { $0.hasSuffix(".") ? $0 : "\($0)." }.joined(separator: " "))), indent: "    ")
        try write(style.dim("Further reading, not the source: \(Style.harmless(source.url))"), indent: "    ")
    }

    /// The passage with the quoted spans marked: by colour on a terminal, by quotation marks elsewhere.
    private func highlighted(_ source: Source, _ answer: Answer) -> String {
        let utf8 = Array(source.text.utf8)
        let spans = answer.citations.filter { $0.source == source.n }.map { ($0.start - source.start, $0.end - source.start) }
            .filter { $0.0 >= 0 && $0.0 <= $0.1 && $0.1 <= utf8.count }.sorted { $0.0 < $1.0 }
        var out = ""
        var position = 0
        func piece(_ range: Range<Int>) -> String { Style.harmless(String(decoding: utf8[range], as: UTF8.self)) }
        for (start, end) in spans where start >= position {
            out += style.dim(piece(position..<start))
            out += style.enabled ? style.highlight(piece(start..<end)) : "«\(piece(start..<end))»"
            position = end
        }
        return out + style.dim(piece(position..<utf8.count))
    }
}
