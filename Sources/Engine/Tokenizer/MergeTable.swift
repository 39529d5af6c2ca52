/// Which two tokens merge into which, and how early: a hash table from a pair to its rank and result.
///
/// Open addressing in a table twice as large as needed, hashed with a seed of the process so that no file can aim for collisions.
struct MergeTable: Sendable {
    struct Merge: Sendable, Equatable {
        let left: Int32
        let right: Int32
        let result: Int32
    }

    static let noRank: UInt32 = .max

    private struct Slot {
        var key: UInt64
        var rank: UInt32
        var result: Int32
    }

    private var slots: [Slot]
    private let mask: Int
    private let seed: UInt64

    init(_ merges: [Merge]) {
        var size = 16
        while size < merges.count * 2 { size *= 2 }
        slots = [Slot](repeating: Slot(key: .max, rank: MergeTable.noRank, result: -1), count: size)
        mask = size - 1
        seed = UInt64.random(in: 0...UInt64.max) | 1
        for (rank, merge) in merges.enumerated() {
            let key = MergeTable.key(merge.left, merge.right)
            var place = position(key)
            while slots[place].key != .max, slots[place].key != key { place = (place + 1) & mask }
            // A pair that is given twice has its last rank.
            slots[place] = Slot(key: key, rank: UInt32(truncatingIfNeeded: rank), result: merge.result)
        }
    }

    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    @inline(__always)
    private func position(_ key: UInt64) -> Int {
        var mixed = (key ^ seed) &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 32)) &* 0xD6E8_FEB8_6659_FD93
        return Int(truncatingIfNeeded: mixed >> 20) & mask
    }

    /// Rank and result of merging `left` with `right`; the rank is `noRank` when they do not merge.
    @inline(__always)
    func merge(_ left: Int32, _ right: Int32) -> (rank: UInt32, result: Int32) {
        let key = MergeTable.key(left, right)
        return slots.withUnsafeBufferPointer { slots in
            var place = position(key)
            while slots[place].key != .max {
                if slots[place].key == key { return (slots[place].rank, slots[place].result) }
                place = (place + 1) & mask
            }
            return (MergeTable.noRank, -1)
        }
    }
}
