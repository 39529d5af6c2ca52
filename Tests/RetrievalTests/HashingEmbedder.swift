import Index

/// Deterministic vectors: each word has its own direction.
struct HashingEmbedder: PassageEmbedder {
    let fingerprint = "hashing"
    let dimension = 64
    let transform = TransformSettings(center: false, removedComponents: 0)

    func tokenCount(_ text: String) -> Int { text.split(whereSeparator: \.isWhitespace).count * 4 / 3 }

    func embed(_ texts: [String]) throws -> [[Float]] {
        texts.map { text in
            var sum = [Float](repeating: 0, count: dimension)
            for word in text.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
                var state: UInt64 = 14_695_981_039_346_656_037
                for byte in word.utf8 { state = (state ^ UInt64(byte)) &* 1_099_511_628_211 }
                for i in sum.indices {
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    sum[i] += Float(Int64(bitPattern: state >> 33)) / Float(1 << 30) - 1
                }
            }
            let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return length > 0 ? sum.map { $0 / length } : sum
        }
    }
}
