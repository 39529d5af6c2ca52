/// Makes raw hidden-state vectors comparable: subtract the corpus mean, project out its first principal components, normalise.
///
/// Computed from the corpus when an index is built and stored in it, so that queries get exactly the same.
struct VectorTransform: Sendable {
    /// [dimension]; empty when vectors are not centred.
    let mean: [Float]
    /// Orthonormal, each [dimension].
    let components: [[Float]]

    static let identity = VectorTransform(mean: [], components: [])

    /// How it is stored: the mean (possibly empty), then the components.
    var stored: [[Float]] { [mean] + components }

    /// Vectors that the components are computed from.
    private static let sampleSize = 8192
    private static let iterations = 32

    func apply(_ raw: [Float]) -> [Float] {
        var vector = raw
        if mean.count == vector.count {
            for i in vector.indices { vector[i] -= mean[i] }
        }
        for component in components { Self.remove(component, from: &vector) }
        let norm = Self.norm(vector)
        guard norm > 0, norm.isFinite else { return [Float](repeating: 0, count: raw.count) }
        for i in vector.indices { vector[i] /= norm }
        return vector
    }

    /// From the raw vectors of a corpus; deterministic.
    ///
    /// Principal components by power iteration on an even sample, each from what the earlier ones left over: O(sample · dimension) an iteration,
    /// where an eigendecomposition would need the dimension's cube.
    static func fit(_ raw: RawVectors, _ settings: TransformSettings) throws -> VectorTransform {
        guard settings.center, raw.count > 1 else { return .identity }
        let dimension = raw.dimension
        var sum = [Double](repeating: 0, count: dimension)
        try raw.forEachBlock { _, block, count in
            for row in 0..<count {
                for i in 0..<dimension { sum[i] += Double(block[row * dimension + i]) }
            }
        }
        let mean = sum.map { Float($0 / Double(raw.count)) }
        guard settings.removedComponents > 0 else { return VectorTransform(mean: mean, components: []) }

        let step = max(1, raw.count / sampleSize)
        var sample: [[Float]] = []
        for position in stride(from: 0, to: raw.count, by: step) where sample.count < sampleSize { sample.append(try raw.vector(position)) }
        return VectorTransform(mean: mean, components: components(of: sample, mean, settings.removedComponents))
    }

    /// The same for vectors that are in memory.
    static func fit(_ vectors: [[Float]], _ settings: TransformSettings) -> VectorTransform {
        guard settings.center, vectors.count > 1, let dimension = vectors.first?.count else { return .identity }
        let mean = (0..<dimension).map { i in Float(vectors.reduce(0.0) { $0 + Double($1[i]) } / Double(vectors.count)) }
        return VectorTransform(mean: mean, components: components(of: Array(vectors.prefix(sampleSize)), mean, settings.removedComponents))
    }

    private static func components(of vectors: [[Float]], _ mean: [Float], _ count: Int) -> [[Float]] {
        var sample = vectors.map { vector in zip(vector, mean).map { $0 - $1 } }
        var components: [[Float]] = []
        for _ in 0..<max(0, min(count, mean.count - 1, sample.count - 1)) {
            guard let component = principal(&sample, mean.count) else { break }
            components.append(component)
        }
        return components
    }

    /// The first principal direction of `sample`, which it is then removed from; nil when nothing is left.
    private static func principal(_ sample: inout [[Float]], _ dimension: Int) -> [Float]? {
        // The longest vector is never orthogonal to everything, and picking it needs no random numbers.
        guard var direction = sample.max(by: { norm($0) < norm($1) }), norm(direction) > 1e-6 else { return nil }
        for _ in 0..<iterations {
            var next = [Double](repeating: 0, count: dimension)
            for vector in sample {
                let weight = Double(dot(vector, direction))
                for i in 0..<dimension { next[i] += weight * Double(vector[i]) }
            }
            let length = next.reduce(0) { $0 + $1 * $1 }.squareRoot()
            guard length > 0, length.isFinite else { return nil }
            direction = next.map { Float($0 / length) }
        }
        for position in sample.indices { remove(direction, from: &sample[position]) }
        return direction
    }

    private static func remove(_ direction: [Float], from vector: inout [Float]) {
        guard direction.count == vector.count else { return }
        let weight = dot(vector, direction)
        for i in vector.indices { vector[i] -= weight * direction[i] }
    }

    private static func dot(_ a: [Float], _ b: [Float]) -> Float {
        var sum: Float = 0
        for i in 0..<min(a.count, b.count) { sum += a[i] * b[i] }
        return sum
    }

    private static func norm(_ a: [Float]) -> Float { dot(a, a).squareRoot() }
}
