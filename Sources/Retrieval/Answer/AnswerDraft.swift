import Foundation
import Index

/// An answer in the making: takes sentences as they are written, checks each, numbers its source, and keeps the spans.
package struct AnswerDraft {
    let hits: [SearchHit]
    let verifier: EvidenceVerifier
    let strict: Bool
    let keepUnsupported: Bool
    package private(set) var sentences: [AnswerSentence] = []
    package private(set) var citations: [Citation] = []
    /// Hits in the order of their numbers.
    package private(set) var cited: [Int] = []
    private var text = ""

    package init(hits: [SearchHit], strict: Bool, keepUnsupported: Bool) {
        self.hits = hits
        self.strict = strict
        self.keepUnsupported = keepUnsupported
        verifier = EvidenceVerifier(passages: hits.map(\.passage.text))
    }

    package var answer: String { text }
    var hasSupport: Bool { sentences.contains { $0.support != .unsupported } }

    /// Checks a sentence and takes it in if it may stand; returns the piece of text to show, nil if it is left out.
    package mutating func add(_ sentence: String, hint: Int?) -> String? {
        let sentence = sentence.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !sentence.isEmpty, !sentences.contains(where: { $0.text == sentence }) else { return nil }
        var verdict = verifier.verify(sentence, hint: hint)
        if strict, verdict.support == .supported {
            verdict = Verdict(support: .unsupported, passage: nil, span: nil, reason: "a paraphrase, and only verbatim sentences are asked for")
        }
        guard let position = verdict.passage, let span = verdict.span else {
            guard keepUnsupported else { return nil }
            sentences.append(AnswerSentence(text: sentence, support: .unsupported, citations: [], reason: verdict.reason))
            return append("\(sentence) [unsupported]")
        }
        let number: Int
        if let known = cited.firstIndex(of: position) {
            number = known + 1
        } else {
            cited.append(position)
            number = cited.count
        }
        let passage = hits[position].passage
        let quote = String(decoding: Array(passage.text.utf8)[span], as: UTF8.self)
        citations.append(
            Citation(n: number, source: number, sentence: sentences.count, start: passage.start + span.lowerBound, end: passage.start + span.upperBound, quote: quote))
        sentences.append(AnswerSentence(text: sentence, support: verdict.support, citations: [number], reason: nil))
        return append("\(sentence) [\(number)]")
    }

    private mutating func append(_ piece: String) -> String {
        let shown = text.isEmpty ? piece : " \(piece)"
        text += shown
        return shown
    }
}

/// Cuts streamed text into sentences: whatever stands before a `[n]` belongs to passage n.
package struct SentenceStream {
    private var buffer = ""
    package init() {}

    package mutating func append(_ text: String) -> [(sentence: String, hint: Int?)] {
        buffer += text
        var found: [(sentence: String, hint: Int?)] = []
        while let match = buffer.firstMatch(of: /\[(\d{1,3})\]/) {
            let hint = Int(match.1).map { $0 - 1 }
            found += Self.split(String(buffer[..<match.range.lowerBound])).map { ($0, hint) }
            buffer.removeSubrange(..<match.range.upperBound)
        }
        return found
    }

    package mutating func finish() -> [(sentence: String, hint: Int?)] {
        defer { buffer = "" }
        return Self.split(buffer).map { ($0, nil) }
    }

    private static func split(_ text: String) -> [String] {
        let utf8 = Array(text.utf8)
        return SentenceSplitter.sentences(text).map { String(decoding: utf8[$0], as: UTF8.self) }
    }
}
