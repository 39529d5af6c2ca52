import Foundation

/// Completes a question that leans on the conversation: "and on MRI?" keeps the subject.
enum FollowUp {
    /// The question with its subject, or nil when it names one itself or there was none before.
    static func complete(_ question: String, subjects: [String], searcher: Searcher) -> String? {
        guard let subject = subjects.last else { return nil }
        let query = searcher.query(question)
        let named = query.entities.values.contains { $0.score >= 0.75 && Words.content($0.name).contains { $0.count > 2 } }
        guard !named else { return nil }
        let bare = question.trimmingCharacters(in: .whitespaces)
        let stem = bare.hasSuffix("?") ? String(bare.dropLast()) : bare
        return "\(stem) in \(subject.prefix(1).lowercased() + subject.dropFirst())?"
    }
}
