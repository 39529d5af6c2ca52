import Index
import Synchronization
import TestSupport

/// A deterministic stand-in for a model: each word adds a pseudo-random direction. Counts what it was asked to embed.
final class HashingEmbedder: PassageEmbedder {
    let fingerprint: String
    let dimension: Int
    let transform: TransformSettings
    private let texts = Mutex<[String]>([])

    init(fingerprint: String = "hashing", dimension: Int = 32, transform: TransformSettings = TransformSettings(center: true, removedComponents: 1)) {
        self.fingerprint = fingerprint
        self.dimension = dimension
        self.transform = transform
    }

    var embedded: [String] { texts.withLock { $0 } }

    func tokenCount(_ text: String) -> Int { text.split(whereSeparator: \.isWhitespace).count * 4 / 3 }

    func embed(_ texts: [String]) throws -> [[Float]] {
        self.texts.withLock { $0 += texts }
        return texts.map(vector)
    }

    func vector(_ text: String) -> [Float] { hashedWords(text, dimension: dimension, start: 0.1) }
}
