import Engine
import Foundation
import Index
import Retrieval

extension Option {
    static let system = Option("--system", value: "NAME", repeats: true, "only articles of this organ system; may be given again")
    static let kind = Option("--kind", value: "KIND", repeats: true, "only articles of this kind (pathology, anatomy, sign, …); may be given again")
    static let topK = Option("--top-k", short: "-k", value: "N", "passages put before the model (default 5)")
}

extension Command {
    /// `radphi-rag ask "…"`
    static let ask = Command(
        path: ["ask"],
        summary: "Answer a question from the corpus, with checked citations",
        discussion: """
            Without a question an interactive session begins: follow-ups like "and on MRI?" keep the subject.
            Every sentence shown is tied to the span of an article that supports it. If the corpus does not answer, that is said.
            """,
        operands: [Operand("QUESTION", required: false, "the question, in quotes")],
        options: [
            .model, .index, .corpus, .threads, .topK, .system, .kind,
            Option("--max-tokens", value: "N", "tokens the model may write (default 256)"),
            Option(
                "--mode", value: "MODE", choices: AnswerMode.allCases.map(\.rawValue),
                "auto: the model picks sentences; generate: it writes freely and is checked; extract: ranked quotes"),
            Option("--strict", "only word-for-word sentences, no paraphrases"),
            Option("--keep-unsupported", "show unsupported sentences, marked, instead of leaving them out"),
            Option("--fail-on-abstain", "exit with 3 when the corpus does not answer"),
        ],
        examples: [
            "radphi-rag ask \"What are the CT findings of acute appendicitis?\"",
            "radphi-rag ask --json --system Chest \"ddx of usual interstitial pneumonia\"",
        ]
    ) { arguments, console in
        // Everything about the words is said before the model is opened.
        var template = try AskRequest(arguments)
        if arguments.json, arguments.operands.isEmpty { throw UsageError("--json needs a question") }
        if let question = arguments.operands.first, question.allSatisfy(\.isWhitespace) { throw AskError.emptyQuestion }
        let workbench = try Workbench.open(arguments, console)
        template.filter = try workbench.searcher.filter(systems: arguments.strings("--system"), kinds: arguments.strings("--kind"))
        guard let question = arguments.operands.first else {
            return try Conversation(workbench: workbench, console: console, template: template).run()
        }
        var request = template
        request.question = question
        let cancellation = console.cancellation
        let answer: Answer
        if arguments.json {
            answer = try workbench.answerer().answer(request, isCancelled: { cancellation.isCancelled })
            try console.print(json: answer)
        } else {
            var printer = AnswerPrinter(console: console)
            answer = try workbench.answerer().answer(request, isCancelled: { cancellation.isCancelled }) { event in
                if case .token(let text) = event { try printer.token(text) }
            }
            try printer.finish(answer)
        }
        return answer.abstained && arguments.has("--fail-on-abstain") ? .abstained : .success
    }
}

extension AskRequest {
    /// The options of `ask`, without a question.
    init(_ arguments: Arguments) throws {
        self.init(
            question: "", topK: try arguments.integer("--top-k", in: 1...50) ?? 5, maxTokens: try arguments.integer("--max-tokens", in: 8...1024) ?? 256,
            mode: arguments.string("--mode").flatMap(AnswerMode.init(rawValue:)) ?? .auto, strict: arguments.has("--strict"),
            keepUnsupported: arguments.has("--keep-unsupported"))
    }
}
