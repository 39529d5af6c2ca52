import Index

/// The verdict on one sentence, with the span that carries it.
public struct Verdict: Sendable {
    public let support: Support
    /// Which of the verifier's passages, by position; nil when unsupported.
    public let passage: Int?
    /// UTF-8 range of the evidence in that passage's text; nil when unsupported.
    public let span: Range<Int>?
    /// Why the sentence is not supported, in a few words; nil when it is.
    public let reason: String?
}

/// Aligns sentences of an answer with the passages they were drawn from.
///
/// Citations are assigned here and not trusted to the model: whatever number the model wrote is only a hint which passage to look
/// at first. The terms follow published work on quoting errors: a sentence is *verbatim* in a passage, or *misattributed*
/// (verbatim, but in another passage than the model named: the number is then corrected), or a *frankenquote* (its words are there but not
/// together: never supported), or *unsupported*.
public struct EvidenceVerifier: Sendable {
    private struct Sentence: Sendable {
        let span: Range<Int>
        let words: Set<String>
        let features: ClaimFeatures
    }
    private let passages: [(folded: NormalizedText, sentences: [Sentence])]

    /// Share of a paraphrase's content words that one evidence sentence must have.
    static let paraphraseCoverage = 0.85

    /// - Parameter texts: the passages' texts, in the order in which the prompt numbers them.
    public init(passages texts: [String]) {
        passages = texts.map { text in
            let utf8 = Array(text.utf8)
            return (
                NormalizedText(text),
                SentenceSplitter.sentences(text).map { span in
                    let sentence = String(decoding: utf8[span], as: UTF8.self)
                    return Sentence(span: span, words: Set(Words.content(sentence)), features: ClaimFeatures(sentence))
                }
            )
        }
    }

    /// The verdict on `sentence`; `hint` is the position of the passage that the model named.
    public func verify(_ sentence: String, hint: Int? = nil) -> Verdict {
        let folded = NormalizedText(sentence)
        let words = Set(Words.content(sentence))
        guard !words.isEmpty else { return Verdict(support: .unsupported, passage: nil, span: nil, reason: "the sentence says nothing") }
        let order = (hint.map { [$0] } ?? []).filter(passages.indices.contains) + passages.indices.filter { $0 != hint }

        for index in order {
            if let match = passages[index].folded.range(of: folded), isWholeClaim(match, in: index) {
                return Verdict(support: .verbatim, passage: index, span: passages[index].folded.origin(of: match), reason: nil)
            }
        }
        let features = ClaimFeatures(sentence)
        var best: (coverage: Double, passage: Int, sentence: Sentence)?
        for index in order {
            for candidate in passages[index].sentences {
                let coverage = Double(words.intersection(candidate.words).count) / Double(words.count)
                if coverage > best?.coverage ?? 0 { best = (coverage, index, candidate) }
            }
        }
        guard let best else { return Verdict(support: .unsupported, passage: nil, span: nil, reason: "no passage has its words") }
        guard best.coverage >= Self.paraphraseCoverage, words.count >= 3 else {
            let everywhere = passages.reduce(into: Set<String>()) { all, passage in passage.sentences.forEach { all.formUnion($0.words) } }
            let reason = words.isSubset(of: everywhere) ? "its words are in the passages, but not together" : "no sentence of the passages says it"
            return Verdict(support: .unsupported, passage: nil, span: nil, reason: reason)
        }
        if let disagreement = ClaimFeatures.disagreement(claim: features, evidence: best.sentence.features) {
            return Verdict(support: .unsupported, passage: nil, span: nil, reason: disagreement)
        }
        return Verdict(support: .supported, passage: best.passage, span: best.sentence.span, reason: nil)
    }

    /// A fragment of a sentence can turn its meaning round ("… is not | a sign of cancer"), so a match counts as verbatim only if it
    /// reaches from the beginning of a sentence to the end of one.
    private func isWholeClaim(_ match: Range<Int>, in index: Int) -> Bool {
        let span = passages[index].folded.origin(of: match)
        let sentences = passages[index].sentences
        let begins = sentences.contains { $0.span.lowerBound == span.lowerBound }
        // The closing full stop may be missing from the answer's sentence.
        let ends = sentences.contains { (0...1).contains($0.span.upperBound - span.upperBound) }
        return begins && ends
    }
}
