/// Vectors as little-endian 32-bit floats, the way they are stored.
enum VectorBytes {
    static func encode(_ vector: [Float]) -> [UInt8] { vector.withUnsafeBytes { Array($0) } }

    /// Nil unless there are exactly `dimension` finite numbers.
    static func decode(_ bytes: [UInt8], dimension: Int) -> [Float]? {
        guard bytes.count == dimension * MemoryLayout<Float>.size else { return nil }
        let vector = [Float](unsafeUninitializedCapacity: dimension) { buffer, filled in
            UnsafeMutableRawBufferPointer(buffer).copyBytes(from: bytes)
            filled = dimension
        }
        return isFinite(vector) ? vector : nil
    }

    static func isFinite(_ vector: [Float]) -> Bool { vector.allSatisfy(\.isFinite) }
}
