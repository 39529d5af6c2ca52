import Engine
import Foundation

/// Reads the files of a corpus one after another, each by the reader for its form, and computes the corpus digest on the way.
struct CorpusReader {
    let folder: CorpusFolder
    /// SHA-256 over names and contents of what was read so far.
    private var hash = SHA256()
    private(set) var bytesRead = 0
    /// Whether a file could not be read at all, so that the digest does not describe the corpus.
    private(set) var isIncomplete = false

    init(_ root: String) throws(IndexError) { folder = try CorpusFolder(root) }

    var digest: String {
        hash.hexadecimal()
    }

    /// Calls `take` with every document, or the reason for its absence, and the bytes read so far, in the order of the files.
    mutating func read(_ take: (CorpusFile, ReadOutcome, Int) throws -> Void) throws {
        for skip in folder.skipped { hash.update("skipped \(skip.file)\n") }
        for file in folder.files {
            guard let input = open(file) else {
                try take(file, .skipped(line: nil, reason: "it could not be opened: \(String(cString: strerror(errno)))"), bytesRead)
                continue
            }
            if file.form == .jsonLines {
                var reader = JSONLinesReader(file, input)
                let before = bytesRead
                while let outcome = reader.next(&hash) { try take(file, outcome, before + reader.offset) }
                if let failure = reader.failure {
                    isIncomplete = true
                    try take(file, .skipped(line: nil, reason: failure.message), bytesRead)
                }
            } else if input.size > DocumentLimits.documentBytes {
                _ = hashOnly(input)
                try take(file, .skipped(line: nil, reason: "larger than \(DocumentLimits.documentBytes >> 20) MB"), bytesRead)
            } else if let bytes = try? input.read(at: 0, count: input.size) {
                hash.update(bytes)
                // Each document's temporaries go before the next one is read, so that memory stays flat.
                for outcome in Self.outcomes(file, bytes) { try take(file, outcome, bytesRead) }
            } else {
                isIncomplete = true
                try take(file, .skipped(line: nil, reason: "it could not be read to its end"), bytesRead)
            }
            bytesRead += input.size
        }
    }

    /// The digest that `read` would give, without parsing anything; nil when a file cannot be read.
    mutating func digestOnly() -> String? {
        for skip in folder.skipped { hash.update("skipped \(skip.file)\n") }
        for file in folder.files {
            guard let input = open(file), hashOnly(input) else { return nil }
        }
        return digest
    }

    private mutating func open(_ file: CorpusFile) -> InputFile? {
        guard let input = try? InputFile(file.path) else {
            isIncomplete = true
            return nil
        }
        hash.update("\(file.name) \(input.size)\n")
        return input
    }

    private mutating func hashOnly(_ input: InputFile) -> Bool {
        var offset = 0
        while offset < input.size {
            guard let chunk = try? input.read(at: offset, count: min(1 << 20, input.size - offset)) else {
                isIncomplete = true
                return false
            }
            hash.update(chunk)
            offset += chunk.count
        }
        return true
    }

    private static func outcomes(_ file: CorpusFile, _ bytes: [UInt8]) -> [ReadOutcome] {
        switch file.form {
        case .markdown: [MarkdownReader.read(file, bytes)]
        case .html: [HTMLReader.read(file, bytes)]
        case .text: [TextReader.read(file, bytes)]
        case .json: JSONReader.read(file, bytes)
        case .jsonLines: []
        }
    }
}
