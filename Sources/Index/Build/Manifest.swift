import Foundation

/// `manifest.json`: what a generation is made of and made with. Everything but `builtAt` and `seconds` is the same for every build of the
/// same corpus with the same model and settings.
public struct Manifest: Sendable, Codable, Equatable {
    public static let fileName = "manifest.json"
    /// Rises with every change of the files' form.
    public static let currentFormat = 1

    public struct Model: Sendable, Codable, Equatable {
        public let fingerprint: String
        public let dimension: Int
        public let transform: TransformSettings
    }

    public struct Corpus: Sendable, Codable, Equatable {
        /// Where it was read, for the command that rebuilds.
        public let path: String
        /// SHA-256 over the paths and contents of its files.
        public let digest: String
    }

    public struct Counts: Sendable, Codable, Equatable {
        public let articles: Int
        public let passages: Int
        public let tokens: Int
    }

    public struct Vectors: Sendable, Codable, Equatable {
        /// FAISS's factory string.
        public let factory: String
        public let metric: String
        /// FAISS's search-time parameters.
        public let parameters: [String: Int]
        /// Share of the ten nearest by exact search that this index finds, over a sample of the passages; 1 where it is exact.
        public let recallAt10: Double
        public let recallSample: Int
    }

    public struct File: Sendable, Codable, Equatable {
        public let bytes: Int
        public let sha256: String
    }

    public let formatVersion: Int
    public let model: Model
    public let chunker: ChunkerSettings
    public let corpus: Corpus
    public let counts: Counts
    public let vectors: Vectors
    /// Every other file of the generation.
    public let files: [String: File]
    public let skipped: [SkippedDocument]
    /// ISO 8601, UTC.
    public let builtAt: String
    public let seconds: Double

    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return Array(try encoder.encode(self)) + [0x0A]
    }

    static func decode(_ bytes: [UInt8]) throws -> Manifest {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Manifest.self, from: Data(bytes))
    }

    /// The version alone, so that a manifest of another version is recognised whatever else it holds.
    static func formatVersion(of bytes: [UInt8]) -> Int? {
        struct Version: Decodable { let format_version: Int }
        return try? JSONDecoder().decode(Version.self, from: Data(bytes)).format_version
    }
}
