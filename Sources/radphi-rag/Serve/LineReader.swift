import Foundation

/// Reads lines from a file descriptor with a bound on their length: a longer line is reported once and drained, never held.
struct LineReader {
    enum Line {
        case line([UInt8])
        case tooLong
    }

    /// Bytes a line may have, its line feed not counted.
    let limit: Int
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var scanned = 0
    private var draining = false
    private var ended = false

    init(descriptor: Int32, limit: Int) {
        self.descriptor = descriptor
        self.limit = limit
    }

    /// The next line without its line end; nil at the end of input or as soon as `isCancelled` says so. The last line needs no line feed.
    mutating func next(isCancelled: () -> Bool) -> Line? {
        while true {
            if let end = buffer[scanned...].firstIndex(of: 0x0A) {
                var line = Array(buffer[..<end])
                buffer.removeSubrange(...end)
                scanned = 0
                if draining { draining = false; continue }
                if line.count > limit { return .tooLong }
                if line.last == 0x0D { line.removeLast() }
                return .line(line)
            }
            scanned = buffer.count
            if draining {
                buffer.removeAll()
                scanned = 0
            } else if buffer.count > limit {
                buffer.removeAll()
                scanned = 0
                draining = true
                return .tooLong
            }
            if ended {
                guard !buffer.isEmpty else { return nil }
                defer { buffer.removeAll(); scanned = 0 }
                return .line(buffer)
            }
            guard fill(isCancelled) else {
                if isCancelled() { return nil }
                ended = true
                continue
            }
        }
    }

    private mutating func fill(_ isCancelled: () -> Bool) -> Bool {
        var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while true {
            if isCancelled() { return false }
            let ready = poll(&poller, 1, 100)
            if ready > 0 { break }
            if ready < 0, errno != EINTR { return false }
        }
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count > 0 {
                buffer.append(contentsOf: chunk[..<count])
                return true
            }
            if count < 0, errno == EINTR { continue }
            return false
        }
    }
}
