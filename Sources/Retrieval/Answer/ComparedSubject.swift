import Index

/// Which sentences of two articles speak of one of them.
package struct ComparedSubject {
    /// Slug of the subject's own article.
    let article: String
    /// Whether the question says what of it is asked.
    let isAskedSomething: Bool
    let lexicon: EntityLexicon

    package init(article: String, isAskedSomething: Bool, lexicon: EntityLexicon) {
        self.article = article
        self.isAskedSomething = isAskedSomething
        self.lexicon = lexicon
    }

    /// A sentence of its own article counts outside the differential diagnosis, which speaks of other things; one of the other article counts where
    /// the differential diagnosis names this subject, or begins with the noun of its name, if the two do not share it ("submucosal leiomyoma" for a uterine one).
    package func isSubject(of sentence: String, in passage: Passage) -> Bool {
        if passage.article == article { return !Self.isDifferential(passage) }
        guard Self.isDifferential(passage) else { return false }
        let words = Words.content(sentence)
        guard let named = lexicon.match(words)[article] else { return false }
        if named.score >= 1 { return true }
        guard named.score >= 0.5, let noun = Words.content(named.name).last else { return false }
        return words.prefix(3).contains(noun) && !Words.content(passage.title).contains(noun)
    }

    /// Whether a passage of another article speaks of this subject.
    func isNamed(in passage: Passage) -> Bool {
        let utf8 = Array(passage.text.utf8)
        return SentenceSplitter.sentences(passage.text).contains { isSubject(of: String(decoding: utf8[$0], as: UTF8.self), in: passage) }
    }

    static func isDifferential(_ passage: Passage) -> Bool { passage.sectionPath.first == SectionIntent.differential.rawValue }
}

extension SentenceRanker {
    /// The candidates that speak of `subject`, best first.
    ///
    /// Its own article is quoted for what is asked; for anything only when nothing is asked in particular and the other article does not name it. Where the
    /// other article names it, that sets the two apart, and comes first or second.
    func only(_ subject: ComparedSubject, of ranked: [CandidateSentence], _ hits: [SearchHit]) -> [CandidateSentence] {
        let candidates = ranked.filter { subject.isSubject(of: $0.text, in: hits[$0.passage].passage) }
        let own = candidates.filter { hits[$0.passage].passage.article == subject.article }
        let naming = candidates.filter { hits[$0.passage].passage.article != subject.article }
        let asked = subject.isAskedSomething ? own.filter { $0.features.rest > 0 } : naming.isEmpty ? own : []
        guard !naming.isEmpty else { return asked }
        let answering = asked.prefix(1).filter { $0.features.rest >= 0.5 }
        var ordered = answering + naming.prefix(1)
        ordered += Self.sorted(Array(asked[answering.count...] + naming[1...]))
        // Those put in front keep half a step of log-odds before what follows.
        for index in ordered.indices.dropLast().reversed() { ordered[index].score = max(ordered[index].score, ordered[index + 1].score + 0.5) }
        return ordered
    }
}
