import Foundation

/// Reads lines from a file descriptor with a bound on their length: a longer line is reported once and drained, never held.
struct LineReader {
    enum Line: Equatable {
        case line([UInt8])
        case tooLong
    }

    /// Bytes a line may have, its line feed not counted.
    let limit: Int
    private let descriptor: Int32
    private var chunk = [UInt8](repeating: 0, count: 65_536)
    /// What is read and not yet given out is `chunk[next..<filled]`.
    private var next = 0
    private var filled = 0
    /// The beginning of a line whose end is not yet read.
    private var partial: [UInt8] = []
    private var draining = false

    init(descriptor: Int32, limit: Int) {
        self.descriptor = descriptor
        self.limit = limit
    }

    /// The next line without its line end; nil at the end of input or as soon as `isCancelled` says so. The last line needs no line feed.
    mutating func next(isCancelled: () -> Bool) -> Line? {
        while true {
            while next < filled {
                let piece = chunk[next..<filled]
                let end = piece.firstIndex(of: 0x0A)
                let whole = end != nil
                next = end.map { $0 + 1 } ?? filled
                if draining {
                    draining = !whole
                    continue
                }
                partial += piece[..<(end ?? filled)]
                if partial.count > limit {
                    partial = []
                    draining = !whole
                    return .tooLong
                }
                if whole { return .line(takePartial()) }
            }
            guard fill(isCancelled) else {
                if isCancelled() || partial.isEmpty { return nil }
                return .line(takePartial())
            }
        }
    }

    private mutating func takePartial() -> [UInt8] {
        defer { partial = [] }
        if partial.last == 0x0D { partial.removeLast() }
        return partial
    }

    /// Reads more; false at the end of input, on a failure, and when cancelled.
    private mutating func fill(_ isCancelled: () -> Bool) -> Bool {
        var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while true {
            if isCancelled() { return false }
            let ready = poll(&poller, 1, 100)
            if ready == 0 || (ready < 0 && errno == EINTR) { continue }
            if ready < 0 { return false }
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            next = 0
            filled = max(0, count)
            return count > 0
        }
    }
}
