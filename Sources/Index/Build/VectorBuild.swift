/// Makes `vectors.faiss` from the raw vectors and measures how well it finds what exact search finds.
struct VectorBuild {
    static let fileName = "vectors.faiss"
    /// Up to here exact search takes a few milliseconds and needs no graph.
    static let exactLimit = 50_000
    /// 64 for each centroid of a byte; more take minutes longer and find hardly more.
    private static let trainingSize = 16_384
    private static let sampleSize = 200
    private static let neighbours = 10
    private static let wantedRecall = 0.98

    let raw: RawVectors
    let transform: VectorTransform
    let factory: String
    let isCancelled: () -> Bool
    let progress: (Double) -> Void

    init(raw: RawVectors, transform: VectorTransform, factory: String?, isCancelled: @escaping () -> Bool, progress: @escaping (Double) -> Void) {
        self.raw = raw
        self.transform = transform
        self.factory = factory ?? Self.defaultFactory(count: raw.count, dimension: raw.dimension)
        self.isCancelled = isCancelled
        self.progress = progress
    }

    /// Exact search for small corpora. For large ones a byte for every four numbers, read for all vectors, and the best compared again exactly: on random
    /// vectors it finds more in less time than a graph (benchmarks/README.md). Where vectors are so long that reading a quarter of their
    /// numbers for all takes longer than a graph's walk, a graph with numbers of 8 bits.
    static func defaultFactory(count: Int, dimension: Int) -> String {
        if count <= exactLimit { return "Flat" }
        return dimension <= 1024 && dimension % 4 == 0 ? "PQ\(dimension / 4)np,RFlat" : "HNSW32_SQ8"
    }

    /// Writes and synchronises the file.
    func write(to path: String) throws -> Manifest.Vectors {
        let index = try VectorIndex(dimension: raw.dimension, factory: factory)
        if !index.isTrained, raw.count > 0 { try index.train(trainingVectors()) }
        // Small blocks, so that cancelling takes effect soon.
        try raw.forEachBlock(of: 512) { start, block, count in
            if isCancelled() { throw IndexError.interrupted }
            try index.add(transformed(block, count))
            progress(Double(start + count) / Double(max(1, raw.count)))
        }
        let vectors = try measure(index)
        let file = try OutputFile(path)
        try index.write(to: file)
        try file.finish()
        return vectors
    }

    private func transformed(_ block: [Float], _ count: Int) -> [Float] {
        var result: [Float] = []
        result.reserveCapacity(block.count)
        for row in 0..<count { result += transform.apply(Array(block[row * raw.dimension..<(row + 1) * raw.dimension])) }
        return result
    }

    private func trainingVectors() throws -> [Float] {
        let step = max(1, raw.count / Self.trainingSize)
        var sample: [Float] = []
        for position in stride(from: 0, to: raw.count, by: step) { sample += transform.apply(try raw.vector(position)) }
        return sample
    }

    /// The search-time parameter that trades time for recall, with the values to try.
    static func effort(_ factory: String) -> (name: String, values: [Int])? {
        if factory.hasPrefix("HNSW") { return ("efSearch", [64, 128, 256, 512, 1024, 2048]) }
        if factory.hasPrefix("IVF") { return ("nprobe", [4, 8, 16, 32, 64, 128, 256]) }
        if factory.contains(",RFlat") || factory.contains("Refine(") { return ("k_factor_rf", [8, 16, 32, 64, 128, 256, 320, 512]) }
        return nil
    }

    /// Recall@10 of `index` against exact search; where search has a parameter for it, the effort rises until the recall is good.
    private func measure(_ index: VectorIndex) throws -> Manifest.Vectors {
        func result(_ parameters: [String: Int], _ recall: Double, _ sample: Int) -> Manifest.Vectors {
            Manifest.Vectors(factory: factory, metric: "inner_product", parameters: parameters, recallAt10: recall, recallSample: sample)
        }
        guard factory != "Flat", raw.count > Self.neighbours else { return result([:], 1, 0) }
        var queries: [Float] = []
        var positions: [Int] = []
        for position in stride(from: 0, to: raw.count, by: max(1, raw.count / Self.sampleSize)) where positions.count < Self.sampleSize {
            positions.append(position)
            queries += transform.apply(try raw.vector(position))
        }
        let exact = try exactNeighbours(queries, positions)
        func recall() throws -> Double {
            let found = try index.search(batch: queries, limit: Self.neighbours + 1)
            var hits = 0
            for (row, expected) in exact.enumerated() where row < found.count {
                let near = found[row].map(\.position).filter { $0 != positions[row] }.prefix(Self.neighbours)
                hits += Set(near).intersection(expected).count
            }
            return Double(hits) / Double(max(1, exact.reduce(0) { $0 + $1.count }))
        }
        guard let effort = Self.effort(factory) else { return result([:], try recall(), positions.count) }
        var reached = 0.0
        for value in effort.values {
            if isCancelled() { throw IndexError.interrupted }
            try index.set(effort.name, value)
            reached = try recall()
            if reached >= Self.wantedRecall || value == effort.values.last { return result([effort.name: value], reached, positions.count) }
        }
        return result([:], reached, positions.count)
    }

    /// The nearest of each query by exact search, without itself; block by block, so that memory does not grow with the corpus.
    private func exactNeighbours(_ queries: [Float], _ positions: [Int]) throws -> [Set<Int>] {
        var best = [[(position: Int, score: Float)]](repeating: [], count: positions.count)
        try raw.forEachBlock { start, block, count in
            let exact = try VectorIndex(dimension: raw.dimension, factory: "Flat")
            try exact.add(transformed(block, count))
            for (row, hits) in try exact.search(batch: queries, limit: Self.neighbours + 1).enumerated() {
                let all = best[row] + hits.map { (position: $0.position + start, score: $0.score) }.filter { $0.position != positions[row] }
                best[row] = Array(all.sorted { ($0.score, $1.position) > ($1.score, $0.position) }.prefix(Self.neighbours))
            }
        }
        return best.map { Set($0.map(\.position)) }
    }
}
