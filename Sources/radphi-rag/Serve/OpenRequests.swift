import Retrieval
import Synchronization

/// A request that was taken in and is not yet answered. Answering and cancelling compete for it; one of them wins.
final class Ticket: Sendable {
    let id: RequestID
    let cancellation = Cancellation()
    private let open = Mutex(true)

    init(_ id: RequestID) { self.id = id }

    var isOpen: Bool { open.withLock { $0 } }

    /// Runs `body` unless the request has been answered; it will not be answered meanwhile.
    func whileOpen(_ body: () -> Void) {
        open.withLock { if $0 { body() } }
    }

    /// True for the first caller only: that one answers.
    func close() -> Bool {
        open.withLock { open in
            defer { open = false }
            return open
        }
    }
}

/// The requests that are not yet answered, by id. An id is free again as soon as its request is answered.
final class OpenRequests: Sendable {
    private let tickets = Mutex<[RequestID: Ticket]>([:])

    var count: Int { tickets.withLock { $0.count } }

    /// Takes a request in; nil if one with that id is not yet answered.
    func begin(_ id: RequestID) -> Ticket? {
        tickets.withLock { tickets in
            guard tickets[id] == nil else { return nil }
            let ticket = Ticket(id)
            tickets[id] = ticket
            return ticket
        }
    }

    /// Whether the caller is the one that answers; exactly one is, for each request.
    func finish(_ ticket: Ticket) -> Bool {
        guard ticket.close() else { return false }
        tickets.withLock { _ = $0.removeValue(forKey: ticket.id) }
        return true
    }

    /// Tells the work behind `id` to stop; nil if no such request is open.
    func cancel(_ id: RequestID) -> Ticket? {
        guard let ticket = tickets.withLock({ $0[id] }) else { return nil }
        ticket.cancellation.cancel()
        return ticket
    }

    /// Tells all work to stop.
    func cancelAll() -> [Ticket] {
        let all = tickets.withLock { Array($0.values) }
        all.forEach { $0.cancellation.cancel() }
        return all
    }
}
