import Engine
import Foundation

/// Lets a model write nothing but the passages' own sentences, each followed by its passage's number.
///
/// The sentences' tokens form a trie. Where sentences part, the model chooses; between the forks there is one way on, which the generator
/// takes without asking the model. So what is written is verbatim by construction, and the model's work is the choice. At each fork the
/// ranking of the sentences has its say: scores are the model's log-probability plus `rankingWeight` times the log-probability that the
/// ranking gives to the sentences beyond (a product of experts; Hinton 2002). Whether a further sentence follows is decided by the ranking alone.
///
/// The sentence that declines is in the trie for the model to speak for it, but it is never taken: how probable the model finds it is one
/// input of the decision to abstain.
public final class EvidenceConstraint: TokenConstraint {
    private struct Node {
        var children: [Int32: Int] = [:]
        /// The sentence that ends here.
        var sentence: Int?
        /// Sentences below that are still unused.
        var open: Set<Int> = []
    }

    /// A sentence that may be written.
    package struct Choice {
        package let passage: Int
        package let sentence: Int
        package let text: String
        /// What the ranking gives it, as a probability among all.
        package let probability: Double

        package init(passage: Int, sentence: Int, text: String, probability: Double) {
            self.passage = passage
            self.sentence = sentence
            self.text = text
            self.probability = probability
        }
    }

    private var nodes = [Node()]
    private var paths: [[Int]] = []
    private var position = 0
    private var chosen: [Int] = []
    private let choices: [Choice]
    private let policy: Policy
    private let endToken: Int32
    private var declinePath: [Int] = []

    /// How the ranking is heard.
    package struct Policy {
        var maxSentences: Int
        var rankingWeight: Double
        /// A further sentence must have this probability by the ranking.
        var furtherSentence: Double

        package init(maxSentences: Int, rankingWeight: Double, furtherSentence: Double) {
            self.maxSentences = maxSentences
            self.rankingWeight = rankingWeight
            self.furtherSentence = furtherSentence
        }
    }

    /// Log-probability, by the model, of the first sentence among all that are allowed.
    package private(set) var choiceLogProbability = 0.0
    /// Log-probability, by the model, of declining, as far as its tokens were asked for.
    private var declineLogProbability = 0.0
    private var declineKnown = false

    package init(_ choices: [Choice], tokenizer: Tokenizer, policy: Policy) {
        self.choices = choices
        self.policy = policy
        endToken = tokenizer.endToken
        for (index, choice) in choices.enumerated() { paths.append(insert(tokenizer.encode(Self.written(choice.text, passage: choice.passage)), sentence: index)) }
        declinePath = insert(tokenizer.encode(Prompt.decline), sentence: nil)
    }

    /// A sentence as it is written, with the number of its passage, which `passage` counts from 0.
    static func written(_ text: String, passage: Int) -> String { " \(text) [\(passage + 1)]" }

    /// The nodes on the way; empty for a sentence that stands twice in one passage, where one of them is enough.
    private func insert(_ tokens: [Int32], sentence: Int?) -> [Int] {
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
        guard let sentence else { return path }
        guard nodes[node].sentence == nil else { return [] }
        nodes[node].sentence = sentence
        for node in path { nodes[node].open.insert(sentence) }
        return path
    }

    /// The sentences written so far.
    package var written: [Choice] { chosen.map { choices[$0] } }

    /// How probable the model finds it to decline; 0 when it was not asked.
    package var declineProbability: Double { declineKnown ? exp(declineLogProbability) : 0 }

    public func allowedTokens() -> [Int32]? {
        guard position == 0, !chosen.isEmpty else { return ways(from: position) }
        return goesOn ? ways(from: 0) : [endToken]
    }

    /// Whether one more sentence is worth quoting.
    private var goesOn: Bool {
        chosen.count < policy.maxSentences && nodes[0].open.contains { choices[$0].probability >= policy.furtherSentence }
    }

    private func ways(from node: Int) -> [Int32] {
        let declining = chosen.isEmpty ? Set(declinePath) : []
        return nodes[node].children.filter { !nodes[$0.value].open.isEmpty || declining.contains($0.value) }.map(\.key).sorted()
    }

    public func weigh(_ logProbabilities: [Float], of tokens: [Int32]) -> [Float] {
        if chosen.isEmpty, let step = declinePath.firstIndex(of: position), step + 1 < declinePath.count,
            let way = tokens.firstIndex(where: { nodes[position].children[$0] == declinePath[step + 1] }) {
            declineKnown = true
            declineLogProbability += Double(logProbabilities[way])
        }
        let asked = chosen.isEmpty ? nil : policy.furtherSentence
        let scores = zip(tokens, logProbabilities).map { token, logProbability -> Float in
            guard let next = nodes[position].children[token] else { return -.infinity }
            let beyond = nodes[next].open.sorted().map { choices[$0].probability }.filter { $0 >= asked ?? 0 }.reduce(0, +)
            return beyond > 0 ? logProbability + Float(policy.rankingWeight * log(beyond)) : -.infinity
        }
        if chosen.isEmpty, let best = scores.indices.max(by: { scores[$0] < scores[$1] }) { choiceLogProbability += Double(logProbabilities[best]) }
        return scores
    }

    public func accept(_ token: Int32) {
        guard let next = nodes[position].children[token] else { return }
        position = next
        guard let sentence = nodes[next].sentence else { return }
        for node in paths[sentence] { nodes[node].open.remove(sentence) }
        chosen.append(sentence)
        position = 0
    }
}
