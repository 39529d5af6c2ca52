import Engine
import Foundation

/// Other ways to an answer, for comparison in an evaluation.
extension Answerer {
    /// The model's answer without any passage: what it knows by itself. Its sentences are checked against the passages that the question finds.
    public func closedBook(_ request: AskRequest) throws -> (answer: Answer, hits: [SearchHit]) {
        let tokens = tokenizer.encode("Instruct: Answer the question.\nQuestion: \(request.question)\nOutput:")
        let began = ContinuousClock().now
        let outcome = try turns.take { try $0.generate(prompt: tokens, options: GenerationOptions(maxTokens: min(request.maxTokens, 80))) }
        let seconds = (ContinuousClock().now - began).seconds
        let counts = TokenCounts(prompt: outcome.promptTokens, reused: outcome.reusedTokens, generated: outcome.tokens.count)
        // The model saw no passages: those that were found serve the check alone.
        return (try check(outcome.text, request, method: "closed-book", seconds: seconds, counts: counts).answer, [])
    }

    /// The question with its numbered passages, as other models are asked.
    public func evidencePrompt(_ request: AskRequest) throws -> String {
        let run = try prepare(request)
        let passages = run.hits.enumerated().map { number, hit in "[\(number + 1)] \(hit.passage.heading)\n \(hit.passage.text)\n" }
        return passages.joined() + "Question: \(request.question)"
    }

    /// The prompt of a question, and the best-ranked sentence as it is written after it, with its number; nil when nothing was found.
    public func quotation(_ request: AskRequest) throws -> (prompt: [Int32], answer: [Int32])? {
        let run = try prepare(request)
        guard let prompt = run.prompt, let best = run.sides.first?.ranked.first else { return nil }
        return (prompt.tokens, tokenizer.encode(EvidenceConstraint.written(best.text, passage: best.passage)))
    }

    /// How another model is told to answer from `evidencePrompt`.
    public static let evidenceInstruction = """
        Answer the question from the numbered passages only, in one or two sentences, and put the number of its passage in square brackets behind each sentence. \
        If the passages do not answer it, write: The passages do not answer this question.
        """

    /// The answer that `text`, written by another system, amounts to: split into sentences, each checked by this program's verifier. Unsupported ones stay, marked.
    public func check(_ text: String, _ request: AskRequest, method: String, seconds: Double, counts: TokenCounts = TokenCounts()) throws -> (answer: Answer, hits: [SearchHit]) {
        var request = request
        request.keepUnsupported = true
        var run = try prepare(request)
        run.method = method
        run.counts = counts
        run.timings.total = seconds
        var stream = SentenceStream()
        let decline = NormalizedText(Prompt.decline).bytes
        for (sentence, hint) in stream.append(text) + stream.finish() where NormalizedText(sentence).bytes != decline { _ = run.draft.add(sentence, hint: hint) }
        for side in run.sides.indices {
            run.sides[side].abstained = run.draft.sentences.isEmpty
            run.sides[side].confidence = run.draft.sentences.isEmpty ? 0 : 1
        }
        return (finish(run, request), run.hits)
    }
}
