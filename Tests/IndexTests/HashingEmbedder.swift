import Index
import Synchronization

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

    func vector(_ text: String) -> [Float] {
        var sum = [Float](repeating: 0.1, count: dimension)
        for word in text.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
            var state: UInt64 = 14_695_981_039_346_656_037
            for byte in word.utf8 { state = (state ^ UInt64(byte)) &* 1_099_511_628_211 }
            for i in sum.indices {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                sum[i] += Float(Int64(bitPattern: state >> 33)) / Float(1 << 30) - 1
            }
        }
        return sum
    }
}
