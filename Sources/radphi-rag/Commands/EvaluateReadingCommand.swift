import Engine
import Foundation
import Index
import Retrieval

extension Command {
    /// `radphi-rag eval reading`
    static let evaluateReading = Command(
        path: ["eval", "reading"],
        summary: "Measure answers from four given passages, with and without the right one",
        discussion: """
            The right passage stands beside the three best wrong ones that the search finds, or the four best wrong ones stand alone. Three readers: the program as it answers \
            (auto), ranked sentences quoted without a model (extract), and the model's own choice among all sentences, declining included, with no ranking beside it (model alone). \
            With --generate also what the model writes freely.
            """,
        options: [.model, .index, .corpus, .threads, .questions, .split, .limit, Option("--generate", "also let the model write freely")],
        examples: ["radphi-rag eval reading --split test", "radphi-rag eval reading --split dev --json"]
    ) { arguments, console in
        let workbench = try Workbench.open(arguments, console)
        let questions = try arguments.questions(workbench.configuration, defaultSplit: "test")
        let answerer = try workbench.answerer()
        var readers: [(name: String, read: (ReadingEvaluation.Case) throws -> ReadingEvaluation.Outcome)] = [
            ("auto", { try answerer.read($0, mode: .auto) }), ("extract", { try answerer.read($0, mode: .extract) }), ("model alone", { try answerer.readAlone($0) }),
        ]
        if arguments.has("--generate") { readers.append(("generate", { try answerer.read($0, mode: .generate) })) }
        var outcomes = readers.map { _ in [ReadingEvaluation.Outcome]() }
        var leftOut = 0
        for (position, question) in questions.enumerated() {
            if console.cancellation.isCancelled { throw AskError.cancelled }
            if position % 10 == 0 { console.progress("question \(position) of \(questions.count)") }
            let cases = try ReadingEvaluation.cases(question, searcher: workbench.searcher)
            if cases.isEmpty { leftOut += 1 }
            for (index, reader) in readers.enumerated() { outcomes[index] += try cases.map(reader.read) }
        }
        console.progress("")
        if leftOut > 0 { console.note("\(leftOut) questions were left out: no passage of the index holds their evidence") }
        let rows = zip(readers, outcomes).map { ReadingEvaluation.row($0.name, $1) }
        if arguments.json {
            try console.print(json: rows)
        } else {
            try console.write(
                TextTable(
                    ["reader", "n", "evidence copied", "right passage", "refused", "number right", "none right", "declined", "unanswerable", "declined"],
                    rows.map {
                        [
                            $0.reader, String($0.questions), $0.copied.fixed, $0.fromRightPassage.fixed, $0.falseRefusals.fixed, $0.numberRight.fixed, String($0.withoutRight),
                            $0.declined.fixed, String($0.unanswerable), $0.declinedUnanswerable.fixed,
                        ]
                    }
                ).text)
        }
        return .success
    }
}
