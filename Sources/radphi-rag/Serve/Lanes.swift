import Foundation

/// Where requests run: answers one after the other on a thread of their own, everything quick on a few others, so that no search waits for a generation
/// and the reader waits for neither.
///
/// `@unchecked Sendable`: the state is reached only with the condition locked.
final class Lanes: @unchecked Sendable {
    enum Lane { case quick, answers }

    /// Requests that may wait, and the bytes of their lines together. Beyond that nothing more is read until one of them has begun: memory stays
    /// bounded however fast requests come in.
    static let capacity = 16_384
    static let byteCapacity = 64 << 20

    private struct Job {
        let bytes: Int
        let work: @Sendable () -> Void
    }
    private struct Queue {
        private var jobs: [Job] = []
        private var head = 0

        mutating func append(_ job: Job) { jobs.append(job) }

        mutating func next() -> Job? {
            guard head < jobs.count else { return nil }
            let job = jobs[head]
            head += 1
            if head == jobs.count || head > 1_024 {
                jobs.removeFirst(head)
                head = 0
            }
            return job
        }
    }

    private let condition = NSCondition()
    private var quick = Queue()
    private var answers = Queue()
    private var waiting = 0
    private var waitingBytes = 0
    private var running = 0

    init() {
        for _ in 0..<max(2, ProcessInfo.processInfo.activeProcessorCount) { start(.quick) }
        start(.answers)
    }

    private func start(_ lane: Lane) {
        let thread = Thread { [self] in
            while true {
                let job = take(lane)
                job.work()
                finished()
            }
        }
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// Puts work in line; waits for room as long as `isCancelled` allows. False if it was not taken.
    func submit(_ lane: Lane, bytes: Int, isCancelled: () -> Bool, _ work: @escaping @Sendable () -> Void) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while waiting > 0, waiting >= Self.capacity || waitingBytes + bytes > Self.byteCapacity {
            if isCancelled() { return false }
            _ = condition.wait(until: Date(timeIntervalSinceNow: 0.1))
        }
        waiting += 1
        waitingBytes += bytes
        switch lane {
        case .quick: quick.append(Job(bytes: bytes, work: work))
        case .answers: answers.append(Job(bytes: bytes, work: work))
        }
        condition.broadcast()
        return true
    }

    private func take(_ lane: Lane) -> Job {
        condition.lock()
        defer { condition.unlock() }
        while true {
            let next = switch lane {
            case .quick: quick.next()
            case .answers: answers.next()
            }
            if let next {
                waiting -= 1
                waitingBytes -= next.bytes
                running += 1
                condition.broadcast()
                return next
            }
            condition.wait()
        }
    }

    private func finished() {
        condition.lock()
        running -= 1
        condition.broadcast()
        condition.unlock()
    }

    /// Waits until everything submitted has run; gives up, with false, at `deadline` or when `isCancelled` says so.
    func drain(until deadline: Date? = nil, isCancelled: () -> Bool = { false }) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while waiting + running > 0 {
            if isCancelled() { return false }
            if let deadline, deadline < Date() { return false }
            _ = condition.wait(until: Date(timeIntervalSinceNow: 0.1))
        }
        return true
    }
}
