import Foundation
import Synchronization

/// Where requests run: answers one after the other on a lane of their own, everything quick beside it, so that no search waits for a generation.
///
/// `submit` blocks while too many requests wait: memory stays bounded however fast they come in.
final class Lanes: Sendable {
    enum Lane { case quick, answers }

    /// Requests that may wait or run at a time.
    static let capacity = 1_000

    private let quick = DispatchQueue(label: "radphi-rag.quick", attributes: .concurrent)
    private let answers = DispatchQueue(label: "radphi-rag.answers")
    private let room = DispatchSemaphore(value: capacity)
    private let workers = DispatchSemaphore(value: max(2, ProcessInfo.processInfo.activeProcessorCount))
    private let group = DispatchGroup()

    func submit(_ lane: Lane, _ work: @escaping @Sendable () -> Void) {
        room.wait()
        group.enter()
        let done: @Sendable () -> Void = { [room, group] in
            room.signal()
            group.leave()
        }
        switch lane {
        case .answers:
            answers.async { work(); done() }
        case .quick:
            workers.wait()
            quick.async { [workers] in work(); workers.signal(); done() }
        }
    }

    /// Waits until everything submitted has run; false if that takes longer than `seconds`.
    func drain(seconds: Double? = nil) -> Bool {
        guard let seconds else { group.wait(); return true }
        return group.wait(timeout: .now() + seconds) == .success
    }
}

/// The requests under way, by id, so that they can be cancelled.
final class RunningRequests<ID: Hashable & Sendable>: Sendable {
    private let table = Mutex<[ID: Cancellation]>([:])

    /// Takes `id` in; nil if a request with that id is under way.
    func begin(_ id: ID) -> Cancellation? {
        table.withLock { table in
            guard table[id] == nil else { return nil }
            let cancellation = Cancellation()
            table[id] = cancellation
            return cancellation
        }
    }

    func end(_ id: ID) { table.withLock { $0[id] = nil } }

    /// Asks a request to stop; false if none with that id is under way.
    func cancel(_ id: ID) -> Bool {
        table.withLock { table in
            table[id]?.cancel()
            return table[id] != nil
        }
    }

    func cancelAll() { table.withLock { $0.values.forEach { $0.cancel() } } }
    var count: Int { table.withLock { $0.count } }
}
