import Engine
import Foundation
import Index
import Retrieval

extension Option {
    static let questions = Option("--questions", value: "PATH", "questions: a .jsonl file or a folder of them (default: the corpus' own)")
    static let split = Option("--split", value: "NAME", choices: ["train", "dev", "test"], "only this split (default test)")
    static let limit = Option("--limit", value: "N", "only the first N questions")
}

extension Arguments {
    /// The questions that an evaluation is about.
    func questions(_ configuration: Configuration, defaultSplit: String) throws -> [EvaluationQuestion] {
        let path = try string("--questions") ?? "\(configuration.corpus(self))/questions"
        let all = try QuestionSet.read(path, split: string("--split") ?? defaultSplit)
        return try integer("--limit", in: 1...1_000_000).map { Array(all.prefix($0)) } ?? all
    }
}

extension Command {
    /// `radphi-rag eval retrieval`
    static let evaluateRetrieval = Command(
        path: ["eval", "retrieval"],
        summary: "Measure how well each leg, and the fusion, finds the evidence",
        discussion: "Documents are sections of articles. nDCG@10, Recall@5/10/100 and MRR@10 as trec_eval defines them, with bootstrap intervals.",
        options: [
            .model, .index, .corpus, .threads, .questions, .split, .limit,
            Option("--queries", value: "FILE", "queries in BEIR's layout (JSON Lines with _id and text), instead of --questions"),
            Option("--qrels", value: "FILE", "relevance judgements in BEIR's layout (tab-separated query, document, grade)"),
            Option("--run-files", value: "DIR", "write a TREC run file per variant here"),
        ],
        examples: ["radphi-rag eval retrieval --split dev", "radphi-rag eval retrieval --index medquad.index --queries queries.jsonl --qrels qrels.tsv"]
    ) { arguments, console in
        let workbench = try Workbench.open(arguments, console)
        let rankings: [RetrievalEvaluation.Ranking]
        let progress: (Int, Int) throws -> Void = { done, all in
            if console.cancellation.isCancelled { throw AskError.cancelled }
            if done % 20 == 0 { console.progress("question \(done) of \(all)") }
        }
        if let queries = arguments.string("--queries") {
            guard let qrels = arguments.string("--qrels") else { throw UsageError("--queries needs --qrels FILE") }
            let judged = try BEIRQueries.read(queries: queries, qrels: qrels)
            rankings = try RetrievalEvaluation.run(judged, searcher: workbench.searcher, progress: progress)
        } else {
            let questions = try arguments.questions(workbench.configuration, defaultSplit: "test")
            rankings = try RetrievalEvaluation.run(questions.compactMap(JudgedQuery.init), searcher: workbench.searcher, progress: progress)
        }
        console.progress("")
        if let folder = arguments.string("--run-files") { try TRECRun.write(rankings, to: folder) }
        let rows = RetrievalEvaluation.table(rankings)
        if arguments.json {
            try console.print(json: rows)
        } else {
            try console.write(
                TextTable(
                    ["variant", "group", "n", "nDCG@10", "95 %", "R@5", "R@10", "R@100", "MRR@10"],
                    rows.map { [$0.variant, $0.group, String($0.questions), $0.ndcg10.fixed, "\($0.ndcg10Low.fixed)–\($0.ndcg10High.fixed)", $0.recall5.fixed, $0.recall10.fixed, $0.recall100.fixed, $0.mrr10.fixed] }
                ).text)
        }
        return .success
    }

    /// `radphi-rag eval answers`
    static let evaluateAnswers = Command(
        path: ["eval", "answers"],
        summary: "Measure answers: evidence, citations, abstention, speed",
        options: [
            .model, .index, .corpus, .threads, .questions, .split, .limit, .topK,
            Option("--mode", value: "MODE", choices: AnswerMode.allCases.map(\.rawValue), "how answers are made (default auto)"),
            Option("--outcomes", value: "FILE", "write every question's outcome here, JSON Lines"),
        ],
        examples: ["radphi-rag eval answers --split test --outcomes outcomes.jsonl"]
    ) { arguments, console in
        let workbench = try Workbench.open(arguments, console)
        let questions = try arguments.questions(workbench.configuration, defaultSplit: "test")
        let topK = try arguments.integer("--top-k", in: 1...50) ?? 5
        let mode = arguments.string("--mode").flatMap(AnswerMode.init(rawValue:)) ?? .auto
        var outcomes: [AnswerEvaluation.Outcome] = []
        let cancellation = console.cancellation
        for (position, question) in questions.enumerated() {
            if position % 10 == 0 { console.progress("question \(position) of \(questions.count)") }
            var hits: [SearchHit] = []
            let answer = try workbench.answerer().answer(AskRequest(question: question.question, topK: topK, mode: mode), isCancelled: { cancellation.isCancelled }) { event in
                if case .sources(let found) = event { hits = found }
            }
            outcomes.append(AnswerEvaluation.outcome(question, answer: answer, hits: hits, store: workbench.store))
        }
        console.progress("")
        if let path = arguments.string("--outcomes") {
            let lines = try outcomes.map { try JSON.encode($0) + "\n" }.joined()
            try Data(lines.utf8).write(to: URL(fileURLWithPath: path))
        }
        let report = AnswerReport(outcomes)
        if arguments.json {
            try console.print(json: report)
        } else {
            try console.write(
                TextTable(
                    ["group", "n", "retrieved", "evidence", "ROUGE-L", "F1", "cit. prec.", "cit. rec.", "refused", "declined", "of"],
                    report.rows.map {
                        [
                            $0.group, String($0.questions), $0.retrieved.fixed, $0.exact.fixed, $0.rougeL.fixed, $0.tokenF1.fixed, $0.citationPrecision.fixed, $0.citationRecall.fixed,
                            $0.falseRefusals.fixed, $0.declined.fixed, String($0.unanswerable),
                        ]
                    }
                ).text)
            try console.writeLine(
                "confidence AUROC \(report.confidenceAuroc.fixed); seconds: median \(report.secondsMedian.fixed), 95th percentile \(report.seconds95.fixed); tokens written: mean \(report.generatedTokens.fixed)")
        }
        return .success
    }

    /// `radphi-rag eval tune`
    static let tune = Command(
        path: ["eval", "tune"],
        summary: "Fit fusion, sentence and abstention weights to a model and a corpus",
        discussion: "Prints the `answer` object for the model's radphi.json. Nothing is fitted on the test split.",
        options: [
            .model, .index, .corpus, .threads, .questions, .topK,
            Option("--split", value: "NAME", choices: ["train", "dev"], repeats: true, "splits to fit on (default dev); may be given again"),
            Option("--write", "also write the settings into the model's radphi.json"),
            Option("--false-refusals", value: "SHARE", "answerable questions that may be declined (default 0.07)"),
        ],
        examples: ["radphi-rag eval tune --split dev --write"]
    ) { arguments, console in
        let workbench = try Workbench.open(arguments, console)
        let path = try arguments.string("--questions") ?? "\(workbench.configuration.corpus(arguments))/questions"
        let splits = arguments.strings("--split").isEmpty ? ["dev"] : arguments.strings("--split")
        let questions = try QuestionSet.read(path).filter { splits.contains($0.split) }
        let topK = try arguments.integer("--top-k", in: 1...50) ?? 5
        let calibration = Calibration(questions: questions, falseRefusals: try arguments.number("--false-refusals", in: 0...0.5) ?? 0.07)
        let progress: (Int, Int) throws -> Void = { done, all in
            if console.cancellation.isCancelled { throw AskError.cancelled }
            if done % 20 == 0 { console.progress("question \(done) of \(all)") }
        }
        var settings = workbench.settings
        console.note("fusion weights, \(questions.count) questions")
        settings.fusion = try calibration.fusionWeights(workbench.searcher, progress: progress)
        console.note("sentence weights")
        settings.sentenceWeights["similarity"] = settings.sentenceWeights["similarity"].flatMap { $0 == 0 ? nil : $0 } ?? 1
        settings.sentenceWeights = try calibration.sentenceWeights(workbench.answerer(with: settings), passages: topK, progress: progress)
        console.note("the model's share in the choice")
        settings.rankingWeight = try calibration.rankingWeight(workbench.answerer(with: settings), passages: topK, progress: progress)
        console.note("abstention")
        settings.abstention.threshold = -1
        settings.abstentionWithoutModel.threshold = -1
        let answerer = try workbench.answerer(with: settings)
        var evidence: [(answerable: Bool, evidence: AnswerEvidence)] = []
        var quoted = evidence
        for (position, question) in questions.enumerated() {
            try progress(position, questions.count)
            evidence.append((question.answerable, try answerer.evidence(AskRequest(question: question.question, topK: topK))))
            quoted.append((question.answerable, try answerer.evidence(AskRequest(question: question.question, topK: topK, mode: .extract))))
        }
        console.progress("")
        settings.abstention = calibration.abstention(evidence)
        settings.abstentionWithoutModel = calibration.abstention(quoted)
        try console.print(json: settings)
        if arguments.has("--write") { try workbench.writeSettings(settings) }
        return .success
    }
}

/// The whole report of `eval answers`.
struct AnswerReport: Encodable {
    let rows: [AnswerEvaluation.Row]
    let confidenceAuroc: Double
    let secondsMedian: Double
    let seconds95: Double
    let firstTokenMedian: Double
    let generatedTokens: Double

    init(_ outcomes: [AnswerEvaluation.Outcome]) {
        rows = AnswerEvaluation.table(outcomes)
        confidenceAuroc = AnswerEvaluation.confidenceAUROC(outcomes)
        let seconds = outcomes.map(\.answer.timings.total)
        secondsMedian = Statistics.percentile(seconds, 0.5)
        seconds95 = Statistics.percentile(seconds, 0.95)
        firstTokenMedian = Statistics.percentile(outcomes.map(\.answer.timings.firstToken).filter { $0 > 0 }, 0.5)
        generatedTokens = Statistics.mean(outcomes.map { Double($0.answer.tokenCounts.generated) })
    }
}
