/// A stand-in for a model: each word of a text adds a pseudo-random direction of its own.
///
/// - Parameter start: every number before the first word.
package func hashedWords(_ text: String, dimension: Int, start: Float) -> [Float] {
    var sum = [Float](repeating: start, count: dimension)
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
