import Engine
import Foundation
import Retrieval

/// An interactive session: one question a line, the subject carried along.
struct Conversation {
    let workbench: Workbench
    let console: Console
    let template: AskRequest

    func run() throws -> ExitStatus {
        let interactive = isatty(0) == 1
        let answerer = try workbench.answerer()
        if interactive { console.note("Ask a question; an empty line or Ctrl-D ends.") }
        var subjects: [String] = []
        while true {
            if interactive { console.prompt("? ") }
            guard let line = readLine(strippingNewline: true), !console.cancellation.isCancelled else { break }
            let question = line.trimmingCharacters(in: .whitespaces)
            if question.isEmpty { if interactive { break } else { continue } }
            var request = template
            request.question = question
            request.subjects = subjects
            var printer = AnswerPrinter(console: console)
            let cancellation = console.cancellation
            do {
                let answer = try answerer.answer(request, isCancelled: { cancellation.isCancelled }) { event in
                    if case .token(let text) = event { try printer.token(text) }
                }
                try printer.finish(answer)
                if let subject = answer.sources.first?.title { subjects.append(subject) }
            } catch let error as AskError {
                console.note("radphi-rag: \(error.message)")
            }
            try console.writeLine("")
        }
        return .success
    }
}
