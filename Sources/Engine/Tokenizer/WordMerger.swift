/// Byte-pair merging of one word: the pair of lowest rank first, the leftmost of equals, until none merges.
///
/// Short words are scanned for their best pair again after each merge; long ones keep pairs in a heap over a linked list,
/// n log n for n bytes. Both give the same tokens. Holds the scratch memory of both.
struct WordMerger {
    private static let shortWord = 48

    private var symbols: [Int32] = []
    private var ranks: [UInt32] = []
    private var previous: [Int32] = []
    private var next: [Int32] = []
    /// rank << 32 | position, a binary min-heap.
    private var heap: [UInt64] = []

    /// Appends the tokens of `word` to `tokens`.
    mutating func append(_ word: UnsafeBufferPointer<UInt8>, byteTokens: [Int32], table: MergeTable, to tokens: inout [Int32]) {
        symbols.removeAll(keepingCapacity: true)
        for byte in word { symbols.append(byteTokens[Int(byte)]) }
        if symbols.count <= WordMerger.shortWord {
            mergeShort(table)
            tokens.append(contentsOf: symbols)
        } else {
            mergeLong(table)
            var place = 0
            while place >= 0, place < symbols.count {
                tokens.append(symbols[place])
                place = Int(next[place])
            }
        }
    }

    private mutating func mergeShort(_ table: MergeTable) {
        guard symbols.count > 1 else { return }
        ranks.removeAll(keepingCapacity: true)
        for place in 0..<symbols.count - 1 { ranks.append(table.merge(symbols[place], symbols[place + 1]).rank) }
        while true {
            var best = MergeTable.noRank
            var place = -1
            for index in ranks.indices where ranks[index] < best {
                best = ranks[index]
                place = index
            }
            guard place >= 0 else { return }
            symbols[place] = table.merge(symbols[place], symbols[place + 1]).result
            symbols.remove(at: place + 1)
            ranks.remove(at: place)
            if place > 0 { ranks[place - 1] = table.merge(symbols[place - 1], symbols[place]).rank }
            if place < ranks.count { ranks[place] = table.merge(symbols[place], symbols[place + 1]).rank }
        }
    }

    private mutating func mergeLong(_ table: MergeTable) {
        let count = symbols.count
        previous = (0..<Int32(count)).map { $0 - 1 }
        next = (1...Int32(count)).map { $0 < count ? $0 : -1 }
        ranks = [UInt32](repeating: MergeTable.noRank, count: count)
        heap.removeAll(keepingCapacity: true)
        for place in 0..<count { consider(place, table) }
        while let top = popHeap() {
            let place = Int(truncatingIfNeeded: top & 0xFFFF_FFFF)
            // An entry whose pair has changed since is stale; what replaced it has an entry of its own.
            guard ranks[place] == UInt32(truncatingIfNeeded: top >> 32), ranks[place] != MergeTable.noRank else { continue }
            let right = Int(next[place])
            symbols[place] = table.merge(symbols[place], symbols[right]).result
            next[place] = next[right]
            if next[right] >= 0 { previous[Int(next[right])] = Int32(place) }
            ranks[right] = MergeTable.noRank
            consider(place, table)
            if previous[place] >= 0 { consider(Int(previous[place]), table) }
        }
    }

    /// Looks up the pair that starts at `place` and puts it on the heap when it merges.
    private mutating func consider(_ place: Int, _ table: MergeTable) {
        let right = next[place]
        let rank = right < 0 ? MergeTable.noRank : table.merge(symbols[place], symbols[Int(right)]).rank
        ranks[place] = rank
        if rank != MergeTable.noRank { pushHeap(UInt64(rank) << 32 | UInt64(place)) }
    }

    private mutating func pushHeap(_ entry: UInt64) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child] < heap[parent] else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func popHeap() -> UInt64? {
        guard let top = heap.first, let last = heap.popLast() else { return nil }
        if heap.isEmpty { return top }
        heap[0] = last
        var parent = 0
        while true {
            var child = parent * 2 + 1
            guard child < heap.count else { return top }
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < heap[parent] else { return top }
            heap.swapAt(child, parent)
            parent = child
        }
    }
}
