import Engine
import Foundation
import Index
import Retrieval

extension Command {
    /// `radphi-rag eval answers`
    static let evaluateAnswers = Command(
        path: ["eval", "answers"],
        summary: "Measure answers: evidence, citations, abstention, speed",
        discussion: """
            With --baselines the same questions are also answered by quoting ranked sentences without a model, from the lexical and from the dense leg alone, and by the \
            model without passages. --endpoint asks a server that speaks OpenAI's chat completions, with the same passages and the same checks: the one place where this \
            program reaches a network, through the curl command. A key is taken from RADPHI_RAG_ENDPOINT_KEY.
            """,
        options: [
            .model, .index, .corpus, .threads, .questions, .split, .limit, .topK,
            Option("--mode", value: "MODE", choices: AnswerMode.allCases.map(\.rawValue), "how answers are made (default auto)"),
            Option("--baselines", "compare with quoting, lexical only, dense only, and the model without passages"),
            Option("--endpoint", value: "URL", "compare with the model behind this URL, such as http://127.0.0.1:8080/v1"),
            Option("--endpoint-model", value: "NAME", "the model's name at the endpoint (default: default)"),
            Option("--outcomes", value: "FILE", "write every question's outcome here, JSON Lines"),
            Option("--html", value: "FILE", "write a report with charts here"),
        ],
        examples: ["radphi-rag eval answers --split test --baselines --html report.html", "radphi-rag eval answers --split dev --endpoint http://127.0.0.1:8080/v1 --endpoint-model mistral"]
    ) { arguments, console in
        let workbench = try Workbench.open(arguments, console)
        let questions = try arguments.questions(workbench.configuration, defaultSplit: "test")
        let mode = arguments.string("--mode").flatMap(AnswerMode.init(rawValue:)) ?? .auto
        var systems = [try EvaluatedSystem.program(workbench, mode: mode)]
        if arguments.has("--baselines") { systems += try EvaluatedSystem.baselines(workbench, beside: mode) }
        if let url = arguments.string("--endpoint") {
            systems.append(try EvaluatedSystem.endpoint(ChatEndpoint(url: url, model: arguments.string("--endpoint-model") ?? "default"), workbench))
        }
        let topK = try arguments.integer("--top-k", in: 1...50) ?? 5
        var reports: [SystemReport] = []
        var lines = ""
        for system in systems {
            var outcomes: [AnswerEvaluation.Outcome] = []
            for (position, question) in questions.enumerated() {
                if console.cancellation.isCancelled { throw AskError.cancelled }
                if position % 10 == 0 { console.progress("\(system.name): question \(position) of \(questions.count)") }
                let (answer, hits) = try system.answer(AskRequest(question: question.question, topK: topK))
                outcomes.append(AnswerEvaluation.outcome(question, answer: answer, hits: hits, store: workbench.store, threshold: system.threshold))
            }
            reports.append(SystemReport(system.name, outcomes))
            if arguments.string("--outcomes") != nil {
                struct Line: Encodable { let system: String; let outcome: AnswerEvaluation.Outcome }
                lines += try outcomes.map { try JSON.encode(Line(system: system.name, outcome: $0)) + "\n" }.joined()
            }
        }
        console.progress("")
        let report = AnswerReport(model: workbench.modelName, questions: questions, systems: reports)
        if let path = arguments.string("--outcomes") { try Data(lines.utf8).write(to: URL(fileURLWithPath: path)) }
        if let path = arguments.string("--html") { try Data(HTMLReport(report).text.utf8).write(to: URL(fileURLWithPath: path)) }
        if arguments.json {
            try console.print(json: report)
        } else {
            try console.write(report.text)
        }
        return .success
    }
}
