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
    private let ranker: SentenceRanker
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

        if !run.hits.isEmpty {
            if request.mode != .extract {
                try generate(&run, request, began: began, isCancelled: isCancelled, onEvent: onEvent)
            }
            if !run.draft.hasSupport, !run.abstained {
                run.method = "extract"
                try extract(&run, onEvent: onEvent)
            }
        } else {
            run.abstained = true
        }
        run.timings.total = (clock.now - began).seconds
        let answer = finish(run, request)
        try onEvent(.answer(answer))
        return answer
    }

    // MARK: - Search and ranking

    /// Everything about one question while its answer is made.
    struct Run {
        let searchedFor: String?
        let result: SearchResult
        let hits: [SearchHit]
        let prompt: Prompt?
        let rarity: [String: Double]
        var ranked: [CandidateSentence]
        var evidence: AnswerEvidence
        var draft: AnswerDraft
        var abstained = false
        var confidence = 0.0
        var method = "extract"
        var timings = Timings()
        var counts = TokenCounts()
    }

    func prepare(_ request: AskRequest, isCancelled: () -> Bool = { false }) throws -> Run {
        let question = request.question.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !question.isEmpty else { throw AskError.emptyQuestion }
        guard question.count <= AskError.longestQuestion else { throw AskError.questionTooLong(characters: question.count) }
        let completed = FollowUp.complete(question, subjects: request.subjects, searcher: searcher)
        let result = try searcher.search(SearchRequest(question: completed ?? question, limit: request.topK, filter: request.filter, legs: request.legs, among: request.among))
        guard !result.hits.isEmpty else {
            return Run(
                searchedFor: completed, result: result, hits: [], prompt: nil, rarity: [:], ranked: [], evidence: AnswerEvidence(),
                draft: AnswerDraft(hits: [], strict: request.strict, keepUnsupported: request.keepUnsupported))
        }
        let budget = max(64, model.configuration.contextLength - request.maxTokens)
        let prompt = try Prompt(question: result.query.corrected, passages: result.hits.map(\.passage), tokenizer: tokenizer, budget: budget)
        let used = Set(prompt.passages.map(\.id))
        let hits = result.hits.filter { used.contains($0.passage.id) }
        let rarity = try searcher.rarity(of: result.query)
        let similarity = try settings.usesSentenceSimilarity ? sentenceSimilarity(result, hits, prompt.sentences, isCancelled) : nil
        let ranked = ranker.rank(result, hits: hits, rarity: rarity, similarity: similarity)
        return Run(
            searchedFor: completed, result: result, hits: hits, prompt: prompt, rarity: rarity, ranked: ranked, evidence: AnswerEvidence(result: result),
            draft: AnswerDraft(hits: hits, strict: request.strict, keepUnsupported: request.keepUnsupported))
    }

    private func sentenceSimilarity(_ result: SearchResult, _ hits: [SearchHit], _ spans: [[Range<Int>]], _ isCancelled: () -> Bool) throws -> (Int, Int) -> Double {
        var texts: [String] = []
        var starts: [Int] = []
        for (hit, ranges) in zip(hits, spans) {
            starts.append(texts.count)
            let utf8 = Array(hit.passage.text.utf8)
            texts += ranges.map { "\(hit.passage.heading)\n \(Prompt.oneLine(utf8[$0]))" }
        }
        // In pieces, so that cancelling does not wait for all of them.
        var vectors: [[Float]] = []
        for first in stride(from: 0, to: texts.count, by: 8) {
            if isCancelled() { throw AskError.cancelled }
            vectors += try searcher.embedder.embed(Array(texts[first..<min(first + 8, texts.count)]))
        }
        let question = result.vector
        return { passage, sentence in
            zip(vectors[starts[passage] + sentence], question).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
    }

    // MARK: - The ways to an answer

    /// Decides, once the first sentence is known, whether the answer may be shown.
    func judge(_ run: inout Run, first: CandidateSentence?, by abstention: AbstentionModel) throws {
        if let first, run.hits.indices.contains(first.passage) {
            let article = run.hits[first.passage].passage.article
            let subject = run.result.query.subject(of: article)
            let passages = try searcher.store.passages(of: article).map { PassageWords($0, subject: subject) }
            run.evidence.add(first, query: run.result.query, rarity: run.rarity, passages: passages)
        }
        run.confidence = abstention.probability(run.evidence)
        run.abstained = run.confidence < abstention.threshold
    }

    func generate(
        _ run: inout Run, _ request: AskRequest, began: ContinuousClock.Instant, isCancelled: @escaping @Sendable () -> Bool,
        onEvent: (AnswerEvent) throws -> Void
    ) throws {
        guard let prompt = run.prompt else { return }
        let constraint = request.mode == .auto ? quoting(run.ranked, policy) : nil
        var stream = SentenceStream()
        var pending: (any Error)?
        var judged = false
        var working = run
        working.method = constraint != nil ? "quote" : "generate"

        /// Takes checked sentences in and shows them; false when the answer turns into an abstention.
        func take(_ sentences: [(sentence: String, hint: Int?)]) throws -> Bool {
            for (sentence, hint) in sentences {
                if sentence == Prompt.decline.trimmingCharacters(in: .whitespaces) { continue }
                if !judged {
                    judged = true
                    working.evidence.choice = max(-1, (constraint?.choiceLogProbability ?? 0) / 10)
                    working.evidence.declined = constraint?.declineProbability ?? 0
                    let first = working.ranked.first { $0.passage == hint && $0.text == sentence } ?? working.ranked.first { $0.text == sentence }
                    try judge(&working, first: first, by: settings.abstention)
                    if working.abstained { return false }
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
        if !working.abstained { _ = try take(stream.finish()) }
        if !judged {
            // The model wrote that it declines, or nothing: the best-ranked sentence decides, with that against it.
            working.evidence.declined = 1
            try judge(&working, first: working.ranked.first, by: settings.abstention)
        }
        working.timings.prefill = outcome.timings.prefill
        working.timings.decode = outcome.timings.decode
        working.counts = TokenCounts(prompt: outcome.promptTokens, reused: outcome.reusedTokens, generated: outcome.tokens.count)
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

    /// Quotes the sentences ranked best: the first, and further ones that are probable.
    func extract(_ run: inout Run, onEvent: (AnswerEvent) throws -> Void) throws {
        guard let best = run.ranked.first else { run.abstained = true; return }
        run.evidence = run.evidence.withoutModel
        try judge(&run, first: best, by: settings.abstentionWithoutModel)
        if run.abstained { return }
        for (candidate, probability) in zip(run.ranked, SentenceRanker.probabilities(run.ranked)).prefix(settings.maxSentences)
        where run.draft.sentences.isEmpty || probability >= settings.furtherSentence {
            if let piece = run.draft.add(candidate.text, hint: candidate.passage) { try onEvent(.token(piece)) }
        }
    }

    // MARK: - The finished answer

    func finish(_ run: Run, _ request: AskRequest) -> Answer {
        let abstained = run.abstained || run.draft.sentences.isEmpty
        let top = run.hits.first?.score ?? 1
        return Answer(
            id: request.id, question: request.question, searchedFor: run.searchedFor ?? (run.result.query.corrections.isEmpty ? nil : run.result.query.corrected),
            answer: abstained ? Self.abstention : run.draft.answer, sentences: abstained ? [] : run.draft.sentences, citations: abstained ? [] : run.draft.citations,
            sources: abstained ? [] : run.draft.cited.enumerated().map { source(run.hits[$1], number: $0 + 1) }, abstained: abstained, confidence: run.confidence, method: run.method,
            nearest: abstained ? nearest(run.hits, top: top) : [], model: modelName, index: indexName, timings: run.timings, tokenCounts: run.counts, notice: Self.notice)
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
