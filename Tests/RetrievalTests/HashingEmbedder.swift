import Index
import TestSupport

/// Deterministic vectors: each word has its own direction.
struct HashingEmbedder: PassageEmbedder {
    let fingerprint = "hashing"
    let dimension = 64
    let transform = TransformSettings(center: false, removedComponents: 0)

    func tokenCount(_ text: String) -> Int { text.split(whereSeparator: \.isWhitespace).count * 4 / 3 }

    func embed(_ texts: [String]) throws -> [[Float]] {
        texts.map { text in
            let sum = hashedWords(text, dimension: dimension, start: 0)
            let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return length > 0 ? sum.map { $0 / length } : sum
        }
    }
}
