import Engine

/// Lets a model write nothing but the passages' own sentences, each followed by its passage's number, or the sentence that declines.
///
/// The sentences' tokens form a trie. Where sentences part, the model chooses; between the forks there is one way on, which the generator
/// takes without asking the model. So what is written is verbatim by construction, and the model's work is the choice.
public final class EvidenceConstraint: TokenConstraint {
    private struct Node {
        var children: [Int32: Int] = [:]
        /// The sentence that ends here.
        var sentence: Int?
        /// Sentences below that are still unused.
        var open = 0
    }
    private var nodes = [Node()]
    private var paths: [[Int]] = []
    private var position = 0
    private var chosen: [Int] = []
    private let maxSentences: Int
    private let endToken: Int32
    private let declineSentence: Int
    /// Which passage and which of its sentences each path is.
    private let origins: [(passage: Int, sentence: Int)]

    /// - Parameters:
    ///   - sentences: for each passage, its sentences as the prompt shows them.
    ///   - maxSentences: at most so many are written.
    public init(sentences: [[String]], tokenizer: Tokenizer, maxSentences: Int) {
        self.maxSentences = maxSentences
        endToken = tokenizer.endToken
        var origins: [(passage: Int, sentence: Int)] = []
        var texts: [String] = []
        for (passage, list) in sentences.enumerated() {
            for (index, sentence) in list.enumerated() where !sentence.isEmpty {
                origins.append((passage, index))
                texts.append(" \(sentence) [\(passage + 1)]")
            }
        }
        declineSentence = texts.count
        origins.append((-1, 0))
        texts.append(Prompt.decline)
        self.origins = origins
        for (index, text) in texts.enumerated() { insert(tokenizer.encode(text), sentence: index) }
    }

    private func insert(_ tokens: [Int32], sentence: Int) {
        var node = 0
        var path = [0]
        for token in tokens {
            if let next = nodes[node].children[token] {
                node = next
            } else {
                nodes.append(Node())
                nodes[node].children[token] = nodes.count - 1
                node = nodes.count - 1
            }
            path.append(node)
        }
        // The same sentence twice in one passage ends in the same node: one of them is enough.
        guard nodes[node].sentence == nil else {
            paths.append([])
            return
        }
        nodes[node].sentence = sentence
        for node in path { nodes[node].open += 1 }
        paths.append(path)
    }

    /// Whether the model declined to answer.
    public var declined: Bool { chosen == [declineSentence] }

    /// The sentences written so far, as (passage, sentence) positions.
    public var choices: [(passage: Int, sentence: Int)] { declined ? [] : chosen.map { origins[$0] } }

    public func allowedTokens() -> [Int32]? {
        if position == 0, !chosen.isEmpty {
            if declined || chosen.count >= maxSentences { return [endToken] }
            return [endToken] + openChildren(of: 0)
        }
        return openChildren(of: position)
    }

    private func openChildren(of node: Int) -> [Int32] {
        nodes[node].children.filter { nodes[$0.value].open > 0 }.map(\.key).sorted()
    }

    public func accept(_ token: Int32) {
        guard let next = nodes[position].children[token] else { return }
        position = next
        guard let sentence = nodes[next].sentence else { return }
        close(sentence)
        // Declining is an answer of its own: it is not offered after a sentence.
        if chosen.isEmpty, sentence != declineSentence { close(declineSentence) }
        chosen.append(sentence)
        position = 0
    }

    private func close(_ sentence: Int) {
        for node in paths[sentence] { nodes[node].open -= 1 }
    }
}
