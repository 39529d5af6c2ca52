import Index

/// A passage's content words as stems, by where they stand.
struct PassageWords {
    let heading: Set<String>
    /// Title, and the name by which the question means the article.
    let subject: Set<String>
    let sentences: [Set<String>]
    /// UTF-8 range of each sentence in the passage's text.
    let spans: [Range<Int>]
    var all: Set<String> { sentences.reduce(into: []) { $0.formUnion($1) } }

    init(_ passage: Passage, subject name: String) {
        heading = Set(Words.content(passage.heading))
        subject = Set(Words.content("\(name) \(passage.title)"))
        spans = SentenceSplitter.sentences(passage.text)
        let utf8 = Array(passage.text.utf8)
        sentences = spans.map { Set(Words.content(String(decoding: utf8[$0], as: UTF8.self))) }
    }
}
