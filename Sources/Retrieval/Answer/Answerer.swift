import Engine
import Foundation
import Index

/// Answers questions from an index: search, prompt, generation, checked citations, or a plain "the corpus does not answer this".
///
/// May be shared by threads: searches run side by side, generation takes turns.
public final class Answerer: Sendable {
    public let searcher: Searcher
    public let settings: AnswerSettings
    let model: PhiModel
    let tokenizer: Tokenizer
    private let modelName: String
    private let indexName: String
    let ranker: SentenceRanker
    let turns: GenerationTurns

    /// The text of an abstention.
    public static let abstention = "The corpus does not answer this question."
    public static let notice =
        "For literature lookup by health professionals; not for diagnosis, triage, dosing or emergency use. Check the quoted passages."

    public init(searcher: Searcher, model: PhiModel, tokenizer: Tokenizer, settings: AnswerSettings, modelName: String, indexName: String) throws {
        self.searcher = searcher
        self.model = model
        self.tokenizer = tokenizer
        self.settings = settings
        self.modelName = modelName
        self.indexName = indexName
        ranker = SentenceRanker(weights: settings.sentenceWeights)
        turns = GenerationTurns(try Generator(model: model, tokenizer: tokenizer))
    }

    /// Answers one question. `onEvent` is called on this thread; throwing from it stops the work.
    @discardableResult
    public func answer(
        _ request: AskRequest, isCancelled: @escaping @Sendable () -> Bool = { false }, onEvent: (AnswerEvent) throws -> Void = { _ in }
    ) throws -> Answer {
        let clock = ContinuousClock()
        let began = clock.now
        var run = try prepare(request, isCancelled: isCancelled)
        run.timings.search = (clock.now - began).seconds
        if isCancelled() { throw AskError.cancelled }
        try onEvent(.sources(run.hits))

        if request.mode != .extract {
            try generate(&run, request, began: began, isCancelled: isCancelled, onEvent: onEvent)
        }
        if !run.draft.hasSupport, !run.abstained {
            run.method = "extract"
            try extract(&run, onEvent: onEvent)
        }
        run.timings.total = (clock.now - began).seconds
        let answer = finish(run, request)
        try onEvent(.answer(answer))
        return answer
    }

    // MARK: - The ways to an answer

    /// Decides, once a side's first sentence is known, whether it may be shown.
    func judge(_ run: inout Run, side: Int, first: CandidateSentence?, by abstention: AbstentionModel) throws {
        if let first, run.hits.indices.contains(first.passage) {
            run.sides[side].evidence = try evidence(of: run.sides[side], first: first, in: run.hits[first.passage].passage.article)
        }
        run.sides[side].confidence = abstention.probability(run.sides[side].evidence)
        run.sides[side].abstained = !abstention.shows(run.sides[side].evidence)
    }

    /// Lets the model write: side by side where it quotes, all at once where it writes freely.
    func generate(
        _ run: inout Run, _ request: AskRequest, began: ContinuousClock.Instant, isCancelled: @escaping @Sendable () -> Bool,
        onEvent: (AnswerEvent) throws -> Void
    ) throws {
        guard let prompt = run.prompt else { return }
        if request.mode == .auto {
            run.method = "quote"
            for side in run.sides.indices where !run.sides[side].ranked.isEmpty {
                try write(&run, side: side, quoting(run.sides[side].ranked, policy), prompt, request, began: began, isCancelled: isCancelled, onEvent: onEvent)
            }
        } else {
            run.method = "generate"
            try write(&run, side: 0, nil, prompt, request, began: began, isCancelled: isCancelled, onEvent: onEvent)
            // Free text is judged by its first sentence, whichever side that is of.
            for side in run.sides.indices.dropFirst() { run.sides[side].abstained = run.sides[0].abstained; run.sides[side].confidence = run.sides[0].confidence }
        }
    }

    private func write(
        _ run: inout Run, side: Int, _ constraint: EvidenceConstraint?, _ prompt: Prompt, _ request: AskRequest, began: ContinuousClock.Instant,
        isCancelled: @escaping @Sendable () -> Bool, onEvent: (AnswerEvent) throws -> Void
    ) throws {
        var stream = SentenceStream()
        var pending: (any Error)?
        var judged = false
        var working = run

        /// Takes checked sentences in and shows them; false when the side turns into an abstention.
        func take(_ sentences: [(sentence: String, hint: Int?)]) throws -> Bool {
            for (sentence, hint) in sentences {
                if sentence == Prompt.decline.trimmingCharacters(in: .whitespaces) { continue }
                if !judged {
                    judged = true
                    working.sides[side].evidence.choice = max(-1, (constraint?.choiceLogProbability ?? 0) / 10)
                    working.sides[side].evidence.declined = constraint?.declineProbability ?? 0
                    let ranked = working.sides[side].ranked
                    let first = ranked.first { $0.passage == hint && $0.text == sentence } ?? ranked.first { $0.text == sentence }
                    try judge(&working, side: side, first: first, by: settings.abstention)
                    if working.sides[side].abstained { return false }
                }
                if let piece = working.draft.add(sentence, hint: hint) {
                    if working.timings.firstToken == 0 { working.timings.firstToken = (ContinuousClock().now - began).seconds }
                    try onEvent(.token(piece))
                }
            }
            return true
        }

        let options = GenerationOptions(maxTokens: request.maxTokens, constraint: constraint)
        let outcome = try turns.take { generator in
            try generator.generate(prompt: prompt.tokens, options: options, isCancelled: isCancelled) { text in
                do { return try take(stream.append(text)) } catch { pending = error; return false }
            }
        }
        if let pending { throw pending }
        if outcome.finishReason == .cancelled { throw AskError.cancelled }
        if !working.sides[side].abstained { _ = try take(stream.finish()) }
        if !judged {
            // The model wrote that it declines, or nothing: the best-ranked sentence decides, with that against it.
            working.sides[side].evidence.declined = 1
            try judge(&working, side: side, first: working.sides[side].ranked.first, by: settings.abstention)
        }
        working.timings.prefill += outcome.timings.prefill
        working.timings.decode += outcome.timings.decode
        working.counts.add(TokenCounts(prompt: outcome.promptTokens, reused: outcome.reusedTokens, generated: outcome.tokens.count))
        run = working
    }

    var policy: EvidenceConstraint.Policy {
        EvidenceConstraint.Policy(maxSentences: settings.maxSentences, rankingWeight: settings.rankingWeight, furtherSentence: settings.furtherSentence)
    }

    /// The constraint under which the model quotes.
    func quoting(_ ranked: [CandidateSentence], _ policy: EvidenceConstraint.Policy) -> EvidenceConstraint {
        let choices = zip(ranked, SentenceRanker.probabilities(ranked)).map {
            EvidenceConstraint.Choice(passage: $0.passage, sentence: $0.index, text: $0.text, probability: $1)
        }
        return EvidenceConstraint(choices, tokenizer: tokenizer, policy: policy)
    }

    /// Quotes the sentences ranked best, of each side the first, and further ones that are probable.
    func extract(_ run: inout Run, onEvent: (AnswerEvent) throws -> Void) throws {
        for side in run.sides.indices {
            run.sides[side].evidence = run.sides[side].evidence.withoutModel
            let ranked = run.sides[side].ranked
            guard let best = ranked.first else { continue }
            try judge(&run, side: side, first: best, by: settings.abstentionWithoutModel)
            if run.sides[side].abstained { continue }
            for (candidate, probability) in zip(ranked, SentenceRanker.probabilities(ranked)).prefix(settings.maxSentences)
            where candidate.span == best.span && candidate.passage == best.passage || probability >= settings.furtherSentence {
                if let piece = run.draft.add(candidate.text, hint: candidate.passage) { try onEvent(.token(piece)) }
            }
        }
    }

    // MARK: - The finished answer

    func finish(_ run: Run, _ request: AskRequest) -> Answer {
        let abstained = run.abstained || run.draft.sentences.isEmpty
        let top = run.hits.first?.score ?? 1
        return Answer(
            id: request.id, question: request.question, searchedFor: run.searchedFor ?? (run.query.corrections.isEmpty ? nil : run.query.corrected),
            answer: abstained ? Self.abstention : run.draft.answer, sentences: abstained ? [] : run.draft.sentences, citations: abstained ? [] : run.draft.citations,
            sources: abstained ? [] : run.draft.cited.enumerated().map { source(run.hits[$1], number: $0 + 1) }, abstained: abstained, confidence: run.confidence, method: run.method,
            uncovered: abstained ? [] : run.sides.filter(\.abstained).compactMap(\.name), nearest: abstained ? nearest(run.hits, top: top) : [], model: modelName, index: indexName, timings: run.timings, tokenCounts: run.counts, notice: Self.notice)
    }

    func source(_ hit: SearchHit, number: Int) -> Source {
        let passage = hit.passage
        let article = try? searcher.store.article(passage.article)
        return Source(
            n: number, article: passage.article, title: passage.title, section: passage.sectionPath.joined(separator: " > "), passage: passage.id, text: passage.text,
            start: passage.start, end: passage.end, score: hit.score, licence: article?.licence ?? "", revised: article?.revised ?? "", review: article?.review ?? "",
            origin: article?.source ?? "", url: article?.url ?? FurtherReading.searchLink(title: passage.title))
    }

    private func nearest(_ hits: [SearchHit], top: Double) -> [NearestArticle] {
        var seen: Set<String> = []
        return hits.filter { seen.insert($0.passage.article).inserted }.prefix(3).map {
            NearestArticle(article: $0.passage.article, title: $0.passage.title, section: $0.passage.sectionPath.joined(separator: " > "), score: $0.score)
        }
    }
}

/// Lets one thread at a time use the generator.
///
/// `@unchecked Sendable`: the generator is reached only inside `take`, under the lock.
final class GenerationTurns: @unchecked Sendable {
    private let lock = NSLock()
    private let generator: Generator

    init(_ generator: Generator) { self.generator = generator }

    func take<R>(_ body: (Generator) throws -> R) rethrows -> R {
        lock.lock()
        defer { lock.unlock() }
        return try body(generator)
    }
}
