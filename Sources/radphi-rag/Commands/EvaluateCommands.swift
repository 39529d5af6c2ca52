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

    /// `radphi-rag eval tune`
    static let tune = Command(
        path: ["eval", "tune"],
        summary: "Fit fusion, sentence and abstention weights to a model and a corpus",
        discussion: "Prints the `answer` object for the model's radphi.json. Nothing is fitted on the test split, and what a model computes only on questions that it was not trained on.",
        options: [
            .model, .index, .corpus, .threads, .questions, .topK,
            Option("--split", value: "NAME", choices: ["train", "dev"], repeats: true, "splits to fit on (default dev); may be given again"),
            Option("--limit", value: "N", "answer at most N answerable questions of the train split (default 400)"),
            Option("--write", "also write the settings into the model's radphi.json"),
            Option("--false-refusals", value: "SHARE", "answerable questions that may be declined (default 0.1)"),
        ],
        examples: ["radphi-rag eval tune --split dev --split train --write"]
    ) { arguments, console in
        let workbench = try Workbench.open(arguments, console)
        let path = try arguments.string("--questions") ?? "\(workbench.configuration.corpus(arguments))/questions"
        let splits = arguments.strings("--split").isEmpty ? ["dev"] : arguments.strings("--split")
        let questions = try QuestionSet.read(path).filter { splits.contains($0.split) }
        let topK = try arguments.integer("--top-k", in: 1...50) ?? 5
        var stage = ""
        let calibration = Calibration(
            questions: questions, falseRefusals: try arguments.number("--false-refusals", in: 0...0.5) ?? 0.1, passages: topK,
            trainLimit: try arguments.integer("--limit", in: 1...1_000_000) ?? 400
        ) { current, done, all in
            if console.cancellation.isCancelled { throw AskError.cancelled }
            if stage != current { console.note("\(current): \(all) questions") }
            stage = current
            if done % 20 == 0 { console.progress("question \(done) of \(all)") }
        }
        let settings = try calibration.fit(workbench.settings) { try workbench.answerer(with: $0) }
        console.progress("")
        try console.print(json: settings)
        if arguments.has("--write") { try workbench.writeSettings(settings) }
        return .success
    }
}
