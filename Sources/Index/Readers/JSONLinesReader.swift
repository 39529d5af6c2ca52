import Engine
import Foundation

/// JSON Lines: one document a line, read in constant memory whatever the size of the file.
///
/// A bad line is reported with its number and the rest is taken. A byte order mark, CRLF and a missing last line end are accepted.
struct JSONLinesReader {
    private let file: CorpusFile
    private let input: InputFile
    private var buffer: [UInt8] = []
    private var position = 0
    private var line = 0
    /// Bytes of the file that were taken.
    private(set) var offset = 0
    /// Why reading stopped before the end.
    private(set) var failure: IndexError?

    private static let chunk = 1 << 18

    init(_ file: CorpusFile, _ input: InputFile) {
        self.file = file
        self.input = input
    }

    /// The next document or complaint; nil at the end. Everything read is added to `hash`.
    mutating func next(_ hash: inout SHA256) -> ReadOutcome? {
        while let bytes = nextLine(&hash) {
            guard let bytes else { return .skipped(line: line, reason: "a line longer than \(DocumentLimits.lineBytes >> 20) MB") }
            var record = bytes[...]
            if line == 1, record.starts(with: [0xEF, 0xBB, 0xBF]) { record = record.dropFirst(3) }
            if record.allSatisfy({ TextBlocks.isSpace($0) }) { continue }
            return RecordReader.parse(Array(record), file: file, line: line)
        }
        return nil
    }

    /// `.some(nil)` for a line over the limit, which is read past; nil at the end of the file or on failure.
    private mutating func nextLine(_ hash: inout SHA256) -> [UInt8]?? {
        var found: [UInt8] = []
        var tooLong = false
        var any = false
        while true {
            if position == buffer.count {
                guard fill(&hash) else {
                    if !any { return nil }
                    break
                }
            }
            any = true
            let end = buffer[position...].firstIndex(of: 0x0A) ?? buffer.count
            if found.count + end - position > DocumentLimits.lineBytes {
                tooLong = true
                found = []
            }
            if !tooLong { found.append(contentsOf: buffer[position..<end]) }
            let ended = end < buffer.count
            position = ended ? end + 1 : end
            if ended { break }
        }
        line += 1
        return .some(tooLong ? nil : found)
    }

    private mutating func fill(_ hash: inout SHA256) -> Bool {
        let count = min(Self.chunk, input.size - offset)
        guard count > 0, failure == nil else { return false }
        do throws(IndexError) {
            buffer = try input.read(at: offset, count: count)
        } catch {
            failure = error
            return false
        }
        hash.update(buffer)
        offset += count
        position = 0
        return true
    }
}
