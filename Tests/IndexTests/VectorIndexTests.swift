import CFaiss
import Index
import Testing

@Suite struct VectorIndexTests {
    /// Pseudo-random unit vectors, the same on every run.
    private func vectors(_ count: Int, _ dimension: Int, seed: UInt64) -> [Float] {
        var state = seed
        var all: [Float] = []
        for _ in 0..<count {
            var row: [Float] = []
            for _ in 0..<dimension {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                row.append(Float(Int64(bitPattern: state) >> 33) / Float(1 << 30))
            }
            let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
            all += row.map { $0 / max(norm, 1e-9) }
        }
        return all
    }

    @Test func exactSearchAgreesWithADirectComputation() throws {
        let (count, dimension) = (300, 24)
        let base = vectors(count, dimension, seed: 1)
        let index = try VectorIndex(dimension: dimension, factory: "Flat")
        try index.add(base)
        for query in 0..<20 {
            let q = vectors(1, dimension, seed: UInt64(query) + 100)
            let scores = (0..<count).map { row in (0..<dimension).reduce(Float(0)) { $0 + q[$1] * base[row * dimension + $1] } }
            let expected = scores.indices.sorted { scores[$0] > scores[$1] }.prefix(10)
            #expect(try index.search(q, limit: 10).map(\.position) == Array(expected))
        }
        #expect(try index.search(vectors(1, dimension, seed: 9), limit: 1000).count == count)
    }

    @Test func compressedGraphIsTheSameEveryTime() throws {
        let base = vectors(500, 16, seed: 3)
        let query = vectors(1, 16, seed: 4)
        let found = try (0..<2).map { _ in
            let index = try VectorIndex(dimension: 16, factory: "HNSW32_SQ8")
            #expect(!index.isTrained)
            try index.train(base)
            try index.add(base)
            try index.set("efSearch", 64)
            return try index.search(query, limit: 10).map { "\($0.position) \($0.score)" }
        }
        #expect(found[0] == found[1] && found[0].count == 10)
    }

    @Test func badInputIsAnError() throws {
        #expect(throws: IndexError.self) { try VectorIndex(dimension: 8, factory: "NoSuchIndex") }
        #expect(throws: IndexError.self) { try VectorIndex(dimension: 0, factory: "Flat") }
        #expect(throws: IndexError.self) { try VectorIndex(dimension: -1, factory: "Flat") }
        let index = try VectorIndex(dimension: 8, factory: "Flat")
        #expect(throws: IndexError.self) { try index.set("efSearch", 3) }
        #expect(throws: IndexError.self) { try index.vector(at: 0) }
        #expect(try index.search([Float](repeating: 0, count: 8), limit: 5).isEmpty)
        #expect(throws: IndexError.self) { try index.search([1, 2, 3], limit: 5) }
        let untrained = try VectorIndex(dimension: 8, factory: "SQ8")
        #expect(throws: IndexError.self) { try untrained.add([Float](repeating: 0, count: 8)) }
    }

    /// The C boundary itself: NULL and nonsense give a status and a text, and leave the outputs alone.
    @Test func theBoundaryRefusesNonsense() {
        var made: OpaquePointer?
        #expect(cfaiss_create(4, nil, CFAISS_INNER_PRODUCT, &made) == CFAISS_INVALID && made == nil)
        #expect(cfaiss_create(4, "Flat", CFAISS_INNER_PRODUCT, nil) == CFAISS_INVALID)
        #expect(cfaiss_create(4, "HNSW99999999999999", CFAISS_L2, &made) != CFAISS_OK && made == nil)
        #expect(String(cString: cfaiss_last_error()).isEmpty == false)
        cfaiss_free(nil)
        #expect(cfaiss_count(nil) == 0 && cfaiss_dimension(nil) == 0 && cfaiss_is_trained(nil) == 0)
        #expect(cfaiss_add(nil, 1, [0]) == CFAISS_INVALID)
        #expect(cfaiss_search(nil, 1, [0], 1, nil, nil) == CFAISS_INVALID)
        #expect(cfaiss_read({ _, _, _ in 1 }, nil, &made) == CFAISS_IO && made == nil)
        #expect(cfaiss_create(4, "Flat", CFAISS_L2, &made) == CFAISS_OK)
        #expect(cfaiss_write(made, { _, _, _ in 1 }, nil) == CFAISS_IO)
        #expect(cfaiss_search(made, 1, [0, 0, 0, 0], 0, nil, nil) == CFAISS_INVALID)
        cfaiss_free(made)
    }
}
