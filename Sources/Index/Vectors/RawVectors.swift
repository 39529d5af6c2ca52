/// The raw vectors of a build in a file of their own, so that memory does not grow with the corpus.
struct RawVectors {
    let dimension: Int
    let count: Int
    private let file: InputFile
    private static let blockSize = 4096

    init(_ path: String, dimension: Int) throws(IndexError) {
        file = try InputFile(path)
        self.dimension = dimension
        count = file.size / (dimension * MemoryLayout<Float>.size)
    }

    /// Calls `body` with the position of the first vector, the vectors [count, dimension] and their count.
    func forEachBlock(of size: Int = blockSize, _ body: (Int, [Float], Int) throws -> Void) throws {
        var start = 0
        while start < count {
            let rows = min(size, count - start)
            try body(start, try read(start, rows), rows)
            start += rows
        }
    }

    func vector(_ position: Int) throws -> [Float] { try read(position, 1) }

    private func read(_ start: Int, _ rows: Int) throws -> [Float] {
        var block = [Float](repeating: 0, count: rows * dimension)
        try block.withUnsafeMutableBytes { try file.read(at: start * dimension * MemoryLayout<Float>.size, into: $0) }
        return block
    }
}
