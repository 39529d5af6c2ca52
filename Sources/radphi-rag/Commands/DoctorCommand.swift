import Engine

extension Command {
    /// `radphi-rag doctor`
    static let doctor = Command(
        path: ["doctor"],
        summary: "Check model, index, corpus, processor, memory and disk, and say what to do",
        discussion: "Reads every weight and every byte of the index. Exits with 1 when something is broken; warnings alone are no failure.",
        options: [.model, .index, .corpus, .threads],
        examples: ["radphi-rag doctor", "radphi-rag doctor --model phi-2.Q4_0.gguf --json"]
    ) { arguments, console in
        let findings = Doctor(arguments: arguments, console: console).examine()
        let isHealthy = findings.allSatisfy { $0.state != .broken }
        if arguments.json {
            struct Report: Encodable {
                let healthy: Bool
                let findings: [Doctor.Finding]
            }
            try console.print(json: Report(healthy: isHealthy, findings: findings))
            return isHealthy ? .success : .failure
        }
        let style = Style(enabled: console.colour)
        let width = min(console.width, 100)
        for finding in findings {
            let mark = switch finding.state {
            case .good: style.good("ok     ")
            case .warning: style.warning("warning")
            case .broken: style.bad("broken ")
            }
            let name = finding.check + String(repeating: " ", count: max(1, 10 - finding.check.count))
            let body = LineWrapper.wrap(Style.harmless(finding.found), width: width, indent: String(repeating: " ", count: 19))
            try console.write("\(mark)  \(name)\(body.drop { $0 == " " })")
            if let advice = finding.advice { try console.write(LineWrapper.wrap(style.bold("→ \(Style.harmless(advice))"), width: width, indent: String(repeating: " ", count: 19))) }
        }
        return isHealthy ? .success : .failure
    }
}
