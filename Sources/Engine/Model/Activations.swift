import CKernels

/// The input of products: fp32 rows `[tokens, columns]`, and the same rows in 8 bits where weights are quantised.
///
/// `@unchecked Sendable`: within one step threads write different rows; the next step only reads.
package final class Activations: @unchecked Sendable {
    private let columns: Int
    private var tokens: Int
    private let capacity: Int
    private let blocks: Int
    /// `[capacity, columns]`
    package let pointer: UnsafeMutablePointer<Float>
    /// `[capacity, blocks · 32]`
    private let quantized: UnsafeMutablePointer<Int8>?
    /// `[capacity, blocks]`
    private let scales: UnsafeMutablePointer<Float>?
    private let sums: UnsafeMutablePointer<Int32>?
    /// The owner of the memory, for a view of some rows.
    private let owner: Activations?

    package init(capacity: Int, columns: Int, quantized: Bool) {
        self.capacity = capacity
        self.columns = columns
        tokens = capacity
        blocks = (columns + 31) / 32
        owner = nil
        pointer = .allocate(capacity: max(1, capacity * columns))
        self.quantized = quantized ? .allocate(capacity: max(1, capacity * blocks * 32)) : nil
        scales = quantized ? .allocate(capacity: max(1, capacity * blocks)) : nil
        sums = quantized ? .allocate(capacity: max(1, capacity * blocks)) : nil
    }

    private init(_ owner: Activations, _ range: Range<Int>) {
        self.owner = owner
        capacity = range.count
        tokens = range.count
        columns = owner.columns
        blocks = owner.blocks
        pointer = owner.pointer + range.lowerBound * columns
        quantized = owner.quantized.map { $0 + range.lowerBound * owner.blocks * 32 }
        scales = owner.scales.map { $0 + range.lowerBound * owner.blocks }
        sums = owner.sums.map { $0 + range.lowerBound * owner.blocks }
    }

    deinit {
        guard owner == nil else { return }
        pointer.deallocate()
        quantized?.deallocate()
        scales?.deallocate()
        sums?.deallocate()
    }

    /// How many of the rows count.
    package func use(_ count: Int) { tokens = min(count, capacity) }

    /// A view of some rows.
    func rows(_ range: Range<Int>) -> Activations { Activations(self, range) }

    /// Row `token` was written: its 8-bit form is made, if there is one.
    package func finish(_ token: Int) {
        guard let quantized, let scales, let sums else { return }
        radphi_quantize_row(pointer + token * columns, Int32(columns), quantized + token * blocks * 32, scales + token * blocks, sums + token * blocks)
    }

    var view: radphi_activations {
        radphi_activations(
            tokens: Int32(tokens), columns: Int32(columns), x: UnsafePointer(pointer), q: quantized.map { UnsafePointer($0) }, scales: scales.map { UnsafePointer($0) },
            sums: sums.map { UnsafePointer($0) })
    }
}
