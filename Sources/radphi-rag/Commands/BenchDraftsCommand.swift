import Engine
import Retrieval

extension Command {
    /// `radphi-rag bench drafts`
    static let benchDrafts = Command(
        path: ["bench", "drafts"],
        summary: "Measure what drafting from the prompt gives on answers that quote their passages",
        discussion: "For each question the prompt is made as for an answer, and the best-ranked sentence with its number is what gets written: token by token, then with drafts.",
        options: [.model, .index, .corpus, .threads, .questions, .split, .limit, Option("--draft", value: "N", "at most N tokens a draft (default 8)")],
        examples: ["radphi-rag bench drafts --split test --limit 100"]
    ) { arguments, console in
        let workbench = try Workbench.open(arguments, console)
        let benchmark = DraftBenchmark(draftTokens: try arguments.integer("--draft", in: 1...64) ?? 8)
        let answerer = try workbench.answerer()
        let texts = try arguments.questions(workbench.configuration, defaultSplit: "test").compactMap { question in
            if console.cancellation.isCancelled { throw AskError.cancelled }
            return try answerer.quotation(AskRequest(question: question.question)).map { DraftBenchmark.Text(prompt: $0.prompt, answer: $0.answer) }
        }
        let report = try benchmark.run(workbench.model, texts) { console.cancellation.isCancelled }
        if arguments.json {
            try console.print(json: report)
            return .success
        }
        try console.writeLine(
            "\(report.texts) answers of \(report.writtenTokens) tokens after prompts of \(report.promptTokens): \(report.plainRate.fixed) tokens/s one by one, "
                + "\(report.draftedRate.fixed) with drafts, \(report.gain.fixed) times; \(report.accepted) of \(report.drafted) drafted tokens were right")
        try console.write(
            TextTable(
                ["right", "passes", "tokens/s"],
                report.lengths.map { [String($0.accepted), String($0.passes), $0.tokensPerSecond.fixed] }
            ).text)
        return .success
    }
}
