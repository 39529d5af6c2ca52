import Foundation
import Retrieval

/// `eval answers` as one HTML page that needs nothing else: tables, bar charts, coverage against error, and what went wrong.
struct HTMLReport {
    private let report: AnswerReport

    init(_ report: AnswerReport) { self.report = report }

    var text: String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <title>radphi-rag evaluation: \(Self.escaped(report.model))</title>
        <style>\(Self.style)</style></head><body>
        <h1>Answers of \(Self.escaped(report.model))</h1>
        <p>\(report.questions) questions of the split “\(Self.escaped(report.split))”. Evidence: an evidence sentence stands in the answer. Citation precision and recall: citations \
        whose offsets give their quote byte for byte, and sentences that have one. Refused: answerable questions declined. Declined: unanswerable questions declined, out of “of”.</p>
        <h2>Compared</h2>
        \(comparison)
        <h2>Coverage against error</h2>
        <p>Questions answered as the threshold falls, and the share of these answers that lack the evidence. Lower is better.</p>
        \(CoverageChart(report.systems.filter { $0.coverage.count > 1 }).svg)
        \(report.systems.first.map(groups) ?? "")
        \(report.systems.first.map(failures) ?? "")
        </body></html>

        """
    }

    private var comparison: String {
        Self.table(
            AnswerReport.header + ["AUROC", "s median", "s 90 %", "s 95 %", "s 99 %", "tokens"],
            report.systems.compactMap { system in
                system.rows.first.map {
                    AnswerReport.cells($0, name: system.system) + [system.confidenceAuroc.fixed] + system.seconds.map(\.fixed) + [system.generatedTokens.fixed]
                }
            })
            + BarChart(report.systems.compactMap { system in system.rows.first.map { (system.system, $0.exact) } }).svg
    }

    private func groups(_ system: SystemReport) -> String {
        var text = ""
        for title in ["system", "kind", "variation"] {
            let rows = system.rows.filter { $0.group.hasPrefix("\(title): ") && $0.questions + $0.unanswerable > 0 }
            let named = rows.map { ($0, String($0.group.dropFirst(title.count + 2))) }
            text += "<h2>\(Self.escaped(system.system)) by \(title)</h2>\n"
            text += BarChart(named.filter { $0.0.questions > 0 }.map { ($0.1, $0.0.exact) }).svg
            text += "<details><summary>Figures</summary>\(Self.table(AnswerReport.header, named.map { AnswerReport.cells($0.0, name: $0.1) }))</details>\n"
        }
        return text
    }

    private func failures(_ system: SystemReport) -> String {
        let items = system.failures.map {
            """
            <details><summary>\(Self.escaped($0.question)) <small>\(Self.escaped($0.id)), confidence \($0.confidence.fixed)</small></summary>
            <p><b>Expected</b> \(Self.escaped($0.expected))</p><p><b>Answer</b> \(Self.escaped($0.answer))</p></details>
            """
        }
        return "<h2>What went wrong: \(system.failures.count) of \(report.questions)</h2>\n" + items.joined(separator: "\n")
    }

    static func table(_ header: [String], _ rows: [[String]]) -> String {
        func line(_ cells: [String], _ tag: String) -> String { "<tr>" + cells.map { "<\(tag)>\(escaped($0))</\(tag)>" }.joined() + "</tr>\n" }
        return "<div class=\"wide\"><table><thead>\(line(header, "th"))</thead><tbody>\(rows.map { line($0, "td") }.joined())</tbody></table></div>\n"
    }

    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
    }

    private static let style = """
        :root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:76rem;margin:2rem auto;padding:0 1rem}
        h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.2rem}table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums}
        th,td{padding:.25rem .45rem;text-align:right;border-bottom:1px solid #8884;white-space:nowrap}th:first-child,td:first-child{text-align:left}
        .wide{overflow-x:auto}svg{display:block;max-width:100%;margin:.8rem 0}svg text{font:12px system-ui,sans-serif;fill:currentColor}
        .bar{fill:#2f6f9f}.axis{stroke:currentColor;stroke-opacity:.35}.grid{stroke:currentColor;stroke-opacity:.12}summary{cursor:pointer}small{opacity:.65}details{margin:.3rem 0}
        """
}

/// Horizontal bars of shares, each labelled with its value.
struct BarChart {
    let svg: String

    init(_ bars: [(name: String, value: Double)]) {
        let left = 190.0, width = 420.0, row = 22.0
        let body = bars.enumerated().map { position, bar -> String in
            let y = Double(position) * row
            let length = width * min(1, max(0, bar.value))
            return """
                <text x="\(left - 8)" y="\(y + 15)" text-anchor="end">\(HTMLReport.escaped(bar.name))</text>\
                <rect class="bar" x="\(left)" y="\(y + 3)" width="\(length.fixed)" height="\(row - 7)" rx="2"/>\
                <text x="\(left + length + 6)" y="\(y + 15)">\(bar.value.fixed)</text>
                """
        }
        let height = Double(bars.count) * row + 4
        svg = "<svg viewBox=\"0 0 680 \(height)\" width=\"680\" role=\"img\" aria-label=\"evidence in the answer\">\(body.joined())</svg>\n"
    }
}

/// One line a system: coverage to the right, error upwards.
struct CoverageChart {
    let svg: String

    init(_ systems: [SystemReport]) {
        let left = 50.0, top = 10.0, width = 440.0, height = 260.0
        let colours = ["#2f6f9f", "#c2571a", "#3c8a4e", "#8a4fa0", "#a08a2f", "#777777"]
        let most = max(0.1, systems.flatMap(\.coverage).map(\.error).max() ?? 1)
        let highest = (most * 10).rounded(.up) / 10
        func x(_ value: Double) -> String { (left + width * value).fixed }
        func y(_ value: Double) -> String { (top + height * (1 - value / highest)).fixed }
        var body = ""
        for step in 0...5 {
            let part = Double(step) / 5
            body += "<line class=\"grid\" x1=\"\(x(part))\" y1=\"\(y(0))\" x2=\"\(x(part))\" y2=\"\(y(highest))\"/>"
            body += "<line class=\"grid\" x1=\"\(x(0))\" y1=\"\(y(part * highest))\" x2=\"\(x(1))\" y2=\"\(y(part * highest))\"/>"
            body += "<text x=\"\(x(part))\" y=\"\(top + height + 18)\" text-anchor=\"middle\">\(Int((part * 100).rounded())) %</text>"
            body += "<text x=\"\(left - 6)\" y=\"\((top + height * (1 - part) + 4).fixed)\" text-anchor=\"end\">\(Int((part * highest * 100).rounded())) %</text>"
        }
        body += "<line class=\"axis\" x1=\"\(x(0))\" y1=\"\(y(0))\" x2=\"\(x(1))\" y2=\"\(y(0))\"/><line class=\"axis\" x1=\"\(x(0))\" y1=\"\(y(0))\" x2=\"\(x(0))\" y2=\"\(y(highest))\"/>"
        body += "<text x=\"\(left + width / 2)\" y=\"\(top + height + 36)\" text-anchor=\"middle\">questions answered</text>"
        for (position, system) in systems.enumerated() {
            let colour = colours[position % colours.count]
            let points = system.coverage.map { "\(x($0.coverage)),\(y($0.error))" }.joined(separator: " ")
            body += "<polyline points=\"\(points)\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\"/>"
            let line = top + 14 + Double(position) * 18
            body += "<rect x=\"\(left + width + 14)\" y=\"\(line - 9)\" width=\"12\" height=\"10\" fill=\"\(colour)\"/><text x=\"\(left + width + 32)\" y=\"\(line)\">\(HTMLReport.escaped(system.system))</text>"
        }
        svg = "<svg viewBox=\"0 0 680 320\" width=\"680\" role=\"img\" aria-label=\"coverage against error\">\(body)</svg>\n"
    }
}
