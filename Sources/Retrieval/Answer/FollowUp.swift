import Foundation

/// Completes a question that leans on the conversation: "and on MRI?" keeps the subject.
enum FollowUp {
    private static let openings = ["and ", "or ", "but ", "what about ", "how about ", "what if "]
    private static let pronouns: Set<String> = ["it", "its", "they", "their", "them", "this", "these"]

    /// Whether the wording asks for what was talked about: it begins as a follow-up, uses a pronoun, or names nothing but a section. A new question that names no
    /// article must not be answered about the old subject.
    static func leansOnSubject(_ question: String) -> Bool {
        let words = Words.split(question)
        let text = words.joined(separator: " ") + " "
        return openings.contains { text.hasPrefix($0) } || !pronouns.isDisjoint(with: words) || SectionIntent.residue(question).isEmpty
    }

    /// The question with its subject, or nil when it names one itself or there was none before.
    static func complete(_ question: String, subjects: [String], searcher: Searcher) -> String? {
        guard let subject = subjects.last else { return nil }
        let query = searcher.query(question)
        let named = query.entities.values.contains { $0.score >= 0.75 && Words.content($0.name).contains { $0.count > 2 } }
        guard !named, leansOnSubject(question) else { return nil }
        let bare = question.trimmingCharacters(in: .whitespaces)
        let stem = bare.hasSuffix("?") ? String(bare.dropLast()) : bare
        return "\(stem) in \(subject.prefix(1).lowercased() + subject.dropFirst())?"
    }
}
