import Engine
import Foundation
import Retrieval

/// An interactive session: one question a line, the subject carried along. Ctrl-C stops an answer, not the session.
struct Conversation {
    let workbench: Workbench
    let console: Console
    let template: AskRequest

    func run() throws -> ExitStatus {
        let isInteractive = isatty(0) == 1 && console.errorIsTerminal
        if isInteractive {
            let articles = workbench.store.manifest.counts.articles
            let hint = "\(articles) articles, model \(workbench.modelName). Ask a question; follow-ups keep the subject. Ctrl-C stops an answer, Ctrl-D ends."
            console.prompt(LineWrapper.wrap(hint, width: min(console.terminalWidth, 100)) + "\n")
        }
        let editor = isInteractive ? LineEditor(console: console) : nil
        var subjects: [String] = []
        while let line = nextLine(editor), !console.cancellation.isCancelled {
            let question = line.trimmingCharacters(in: .whitespacesAndNewlines)
            if question.isEmpty { continue }
            if isInteractive, ["exit", "quit", ":q"].contains(question.lowercased()) { break }
            var request = template
            request.question = question
            request.subjects = subjects
            if isInteractive { try console.writeLine("") }
            if let subject = try answer(request)?.sources.first?.title { subjects.append(subject) }
            try console.writeLine("")
        }
        return .success
    }

    private func nextLine(_ editor: LineEditor?) -> String? {
        guard let editor else { return readLine(strippingNewline: true) }
        let style = Style(enabled: console.colour)
        while true {
            switch editor.read(prompt: style.accent("?") + " ") {
            case .line(let line): return line
            case .interrupted: continue
            case .end: return nil
            }
        }
    }

    /// Shows one answer; nil if it was stopped or could not be made.
    private func answer(_ request: AskRequest) throws -> Answer? {
        var printer = AnswerPrinter(console: console)
        do {
            return try Signals.interruptible { cancellation in
                let answer = try workbench.answerer().answer(request, isCancelled: { cancellation.isCancelled }) { event in
                    if case .token(let text) = event { try printer.token(text) }
                }
                try printer.finish(answer)
                return answer
            }
        } catch AskError.cancelled {
            try printer.abandon()
            if !console.cancellation.isCancelled { console.note("stopped") }
        } catch let error as OutputError {
            throw error
        } catch let error as any DiagnosableError {
            try printer.abandon()
            console.note("radphi-rag: \(error.message)")
        }
        return nil
    }
}
