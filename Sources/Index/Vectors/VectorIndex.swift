import CFaiss

/// A FAISS index: the one owner of its handle.
///
/// `@unchecked Sendable`: after `train`, `add` and `set`, which only the thread that made it calls before sharing it, nothing changes it, and FAISS
/// searches from many threads at once.
public final class VectorIndex: @unchecked Sendable {
    private let handle: OpaquePointer
    public let dimension: Int

    /// An empty index for inner products of vectors of `dimension`, by FAISS's factory string.
    public init(dimension: Int, factory: String) throws(IndexError) {
        var made: OpaquePointer?
        let status = cfaiss_create(Int32(clamping: dimension), factory, CFAISS_INNER_PRODUCT, &made)
        guard status == CFAISS_OK, let made else { throw Self.error(status, "the factory string \(factory)") }
        handle = made
        self.dimension = dimension
    }

    /// Reads an index whose hash has been checked.
    init(reading file: InputFile) throws(IndexError) {
        let source = ReadSource(file)
        var made: OpaquePointer?
        let status = cfaiss_read({ context, bytes, count in
            guard let context, let bytes else { return 1 }
            return Unmanaged<ReadSource>.fromOpaque(context).takeUnretainedValue().fill(UnsafeMutableRawBufferPointer(start: bytes, count: count))
        }, Unmanaged.passUnretained(source).toOpaque(), &made)
        let result: Result<OpaquePointer, IndexError> = withExtendedLifetime(source) {
            if let failure = source.failure { return .failure(failure) }
            guard status == CFAISS_OK, let made else { return .failure(Self.error(status, file.path)) }
            return .success(made)
        }
        handle = try result.get()
        dimension = Int(cfaiss_dimension(handle))
    }

    deinit { cfaiss_free(handle) }

    public var count: Int { Int(cfaiss_count(handle)) }
    public var isTrained: Bool { cfaiss_is_trained(handle) == 1 }

    /// - Parameter vectors: [count, dimension].
    public func train(_ vectors: [Float]) throws(IndexError) {
        try check(cfaiss_train(handle, Int64(rows(vectors)), vectors), "training")
    }

    /// - Parameter vectors: [count, dimension]. One thread, because a graph built by several differs from run to run.
    public func add(_ vectors: [Float]) throws(IndexError) {
        cfaiss_set_threads(1)
        try check(cfaiss_add(handle, Int64(rows(vectors)), vectors), "adding vectors")
    }

    /// A search-time parameter by FAISS's name, such as `efSearch`.
    public func set(_ name: String, _ value: Int) throws(IndexError) {
        try check(cfaiss_set_parameter(handle, name, Double(value)), name)
    }

    /// Best first, at most `limit`; equal scores in the order of their positions.
    public func search(_ query: [Float], limit: Int) throws(IndexError) -> [(position: Int, score: Float)] {
        try search(batch: query, limit: limit).first ?? []
    }

    /// - Parameter queries: [count, dimension].
    public func search(batch queries: [Float], limit: Int) throws(IndexError) -> [[(position: Int, score: Float)]] {
        guard queries.count % dimension == 0 else { throw .badDimension(expected: dimension, received: queries.count) }
        let (rows, limit) = (rows(queries), min(limit, count))
        guard rows > 0, limit > 0 else { return [] }
        var scores = [Float](repeating: 0, count: rows * limit)
        var labels = [Int64](repeating: -1, count: rows * limit)
        try check(cfaiss_search(handle, Int64(rows), queries, Int64(limit), &scores, &labels), "searching")
        return (0..<rows).map { row in
            (row * limit..<(row + 1) * limit)
                .filter { labels[$0] >= 0 && scores[$0].isFinite }
                .map { (position: Int(labels[$0]), score: scores[$0]) }
                .sorted { ($0.score, $1.position) > ($1.score, $0.position) }
        }
    }

    /// The stored vector, approximate where the index compresses.
    public func vector(at position: Int) throws(IndexError) -> [Float] {
        var vector = [Float](repeating: 0, count: dimension)
        try check(cfaiss_reconstruct(handle, Int64(position), &vector), "vector \(position)")
        return vector
    }

    func write(to file: OutputFile) throws(IndexError) {
        let sink = WriteSink(file)
        let status = cfaiss_write(handle, { context, bytes, count in
            guard let context, let bytes else { return 1 }
            return Unmanaged<WriteSink>.fromOpaque(context).takeUnretainedValue().take(UnsafeRawBufferPointer(start: bytes, count: count))
        }, Unmanaged.passUnretained(sink).toOpaque())
        let failure: IndexError? = withExtendedLifetime(sink) { sink.failure }
        if let failure { throw failure }
        try check(status, file.path)
    }

    private func rows(_ vectors: [Float]) -> Int { vectors.count / dimension }

    private func check(_ status: cfaiss_status, _ what: String) throws(IndexError) {
        guard status == CFAISS_OK else { throw Self.error(status, what) }
    }

    private static func error(_ status: cfaiss_status, _ what: String) -> IndexError {
        .vectors(reason: "\(what): \(String(cString: cfaiss_last_error()))", memory: status == CFAISS_NO_MEMORY)
    }

    private final class ReadSource {
        let file: InputFile
        var offset = 0
        var failure: IndexError?

        init(_ file: InputFile) { self.file = file }

        func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int32 {
            guard buffer.count <= file.size - offset else { return 1 }
            do throws(IndexError) {
                try file.read(at: offset, into: buffer)
                offset += buffer.count
                return 0
            } catch {
                failure = error
                return 1
            }
        }
    }

    private final class WriteSink {
        let file: OutputFile
        var failure: IndexError?

        init(_ file: OutputFile) { self.file = file }

        func take(_ bytes: UnsafeRawBufferPointer) -> Int32 {
            do throws(IndexError) {
                try file.append(bytes)
                return 0
            } catch {
                failure = error
                return 1
            }
        }
    }
}
