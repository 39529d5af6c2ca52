/// Finds pairs of texts that share most of their word sequences.
struct NearDuplicates {
    /// Share of the smaller text's shingles that another text also has.
    let threshold: Double
    /// Words in a row that make one shingle.
    let width: Int

    /// Pairs of positions, each with the share, the later text first. Compares only texts that share a shingle.
    func pairs(_ texts: [[Substring]]) -> [(later: Int, earlier: Int, share: Double)] {
        let shingles = texts.map { Set(self.shingles($0)) }
        var owners: [Int: [Int]] = [:]
        var found: [(later: Int, earlier: Int, share: Double)] = []
        for (position, own) in shingles.enumerated() {
            var shared: [Int: Int] = [:]
            for shingle in own {
                for other in owners[shingle] ?? [] { shared[other, default: 0] += 1 }
                owners[shingle, default: []].append(position)
            }
            for (other, count) in shared.sorted(by: { $0.key < $1.key }) {
                let share = Double(count) / Double(max(1, min(own.count, shingles[other].count)))
                if share >= threshold { found.append((position, other, share)) }
            }
        }
        return found
    }

    private func shingles(_ words: [Substring]) -> [Int] {
        guard !words.isEmpty else { return [] }
        guard words.count > width else { return [Self.hash(words[...])] }
        return (0...words.count - width).map { Self.hash(words[$0..<$0 + width]) }
    }

    /// FNV-1a: the same on every run, unlike `Hasher`.
    private static func hash(_ words: ArraySlice<Substring>) -> Int {
        var state: UInt64 = 14_695_981_039_346_656_037
        for word in words {
            for byte in word.utf8 { state = (state ^ UInt64(byte)) &* 1_099_511_628_211 }
            state = (state ^ 0x20) &* 1_099_511_628_211
        }
        return Int(truncatingIfNeeded: state)
    }

    /// Lower-case words.
    static func words(_ text: String) -> [Substring] {
        let parts: [Substring] = text.lowercased().split(omittingEmptySubsequences: true) { (character: Character) in !(character.isLetter || character.isNumber) }
        return parts
    }
}
