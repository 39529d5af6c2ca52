/// The tokens of words met lately: a direct-mapped table of fixed size, since text repeats its words.
struct WordCache {
    private static let slotCount = 8192
    private static let keyLimit = 24
    private static let tokenLimit = 8

    /// 0 where the slot is empty.
    private var keyCounts = [UInt8](repeating: 0, count: slotCount)
    private var tokenCounts = [UInt8](repeating: 0, count: slotCount)
    /// `[slot, keyLimit]`
    private var keys = [UInt8](repeating: 0, count: slotCount * keyLimit)
    /// `[slot, tokenLimit]`
    private var tokens = [Int32](repeating: 0, count: slotCount * tokenLimit)

    /// The slot of a word, or nil when it is too long to be kept.
    func slot(_ word: UnsafeBufferPointer<UInt8>) -> Int? {
        guard word.count <= WordCache.keyLimit, !word.isEmpty else { return nil }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in word { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: hash ^ (hash >> 29)) & (WordCache.slotCount - 1)
    }

    /// Appends the tokens of `word` to `found` if `slot` holds them.
    func append(_ word: UnsafeBufferPointer<UInt8>, slot: Int, to found: inout [Int32]) -> Bool {
        guard Int(keyCounts[slot]) == word.count else { return false }
        let start = slot * WordCache.keyLimit
        for index in word.indices where keys[start + index] != word[index] { return false }
        let first = slot * WordCache.tokenLimit
        found.append(contentsOf: tokens[first..<first + Int(tokenCounts[slot])])
        return true
    }

    mutating func insert(_ word: UnsafeBufferPointer<UInt8>, slot: Int, _ encoded: ArraySlice<Int32>) {
        guard encoded.count <= WordCache.tokenLimit, word.count <= WordCache.keyLimit else { return }
        keyCounts[slot] = UInt8(word.count)
        tokenCounts[slot] = UInt8(encoded.count)
        for index in word.indices { keys[slot * WordCache.keyLimit + index] = word[index] }
        for (index, token) in encoded.enumerated() { tokens[slot * WordCache.tokenLimit + index] = token }
    }
}
