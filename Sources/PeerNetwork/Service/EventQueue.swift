import Synchronization

/// Events between the event loops and the one consumer, with an account for each peer of what it has not taken yet.
///
/// A peer above its account is read no further until half of it is taken; all are, while all together are above the
/// total. So a consumer that stands still costs a bounded amount of memory, and its peers feel it in their own queues.
final class EventQueue: Sendable {
    private struct Account {
        var messages = 0
        var bytes = 0
        /// The connection that waits to be read again.
        var paused: Link?
    }
    private struct State {
        var events = FIFO<PeerEvent>()
        /// By peer, not by connection: a new connection inherits what the old one has left.
        var accounts: [PeerID: Account] = [:]
        var bytesTotal = 0
        /// The connection whose events are taken, for each peer.
        var current: [PeerID: UInt64] = [:]
        var waiter: CheckedContinuation<PeerEvent?, Never>?
        var isFinished = false
    }

    /// Events handed over at once: so many that a change of threads for each portion does not count.
    static let batchMax = 256

    private let limits: PeerNetworkLimits
    private let state = Mutex(State())

    init(limits: PeerNetworkLimits) { self.limits = limits }

    /// Whether so much waits that no new peer should be admitted.
    var isFull: Bool { state.withLock { $0.events.count >= limits.backlogEventsTotalMax } }

    /// The peer's connection from now on.
    func connected(_ link: Link, _ id: PeerID) {
        push { state in
            state.current[id] = link.serial
            return .connected(id, address: link.address.of(id), isOutbound: link.isOutbound)
        }
    }

    /// The peer's connection is over: what still arrives over it is dropped.
    func disconnected(_ link: Link, _ id: PeerID, reason: String) {
        push { state in
            guard state.current[id] == link.serial else { return nil }
            state.current[id] = nil
            state.accounts[id]?.paused = nil
            return .disconnected(id, reason: reason)
        }
    }

    /// A message arrived; false where no more should be read, until ``Link/resume()``.
    func received(_ link: Link, _ id: PeerID, _ lane: Lane, _ message: [UInt8]) -> Bool {
        push { state in
            guard state.current[id] == link.serial else { return nil }
            state.accounts[id, default: Account()].messages += 1
            state.accounts[id]?.bytes += message.count
            state.bytesTotal += message.count
            return .received(id, lane, message)
        }
        return state.withLock { state in
            guard isOver(state.accounts[id], state), state.current[id] == link.serial else { return true }
            state.accounts[id, default: Account()].paused = link
            return false
        }
    }

    /// No event follows those that wait.
    func finish() {
        let waiter = state.withLock { state in
            state.isFinished = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }

    /// The next event, or nil at the end; for one consumer.
    func next() async -> PeerEvent? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (ready, resumed) = state.withLock { state -> (PeerEvent??, [Link]) in
                    if let event = state.events.popFirst() { return (.some(event), taken(event, &state)) }
                    guard !state.isFinished else { return (.some(nil), []) }
                    precondition(state.waiter == nil, "events have one consumer")
                    state.waiter = continuation
                    return (nil, [])
                }
                for link in resumed { link.resume() }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            finish()
        }
    }

    /// The next event with those that wait behind it, up to ``batchMax``; nil at the end.
    func nextBatch() async -> [PeerEvent]? {
        guard let first = await next() else { return nil }
        var batch = [first]
        let resumed = state.withLock { state in
            var resumed: [Link] = []
            while batch.count < Self.batchMax, let event = state.events.popFirst() {
                resumed += taken(event, &state)
                batch.append(event)
            }
            return resumed
        }
        for link in resumed { link.resume() }
        return batch
    }

    /// Hands an event to the consumer that waits, or keeps it.
    private func push(_ make: (inout State) -> PeerEvent?) {
        let (waiter, event, resumed) = state.withLock {
            state -> (CheckedContinuation<PeerEvent?, Never>?, PeerEvent?, [Link]) in
            guard !state.isFinished, let event = make(&state) else { return (nil, nil, []) }
            guard let waiter = state.waiter else {
                state.events.append(event)
                return (nil, nil, [])
            }
            state.waiter = nil
            return (waiter, event, taken(event, &state))
        }
        for link in resumed { link.resume() }
        waiter?.resume(returning: event)
    }

    /// Settles the account; the connections that may be read again.
    private func taken(_ event: PeerEvent, _ state: inout State) -> [Link] {
        guard case .received(let id, _, let message) = event, var account = state.accounts[id] else { return [] }
        account.messages -= 1
        account.bytes -= message.count
        state.bytesTotal -= message.count
        let isRelieved =
            account.messages <= limits.backlogMessagesMax / 2 && account.bytes <= limits.backlogBytesMax / 2
        state.accounts[id] = account.messages == 0 && account.paused == nil ? nil : account
        // Above the total everybody waits; once it is well below, all are let go whose own account allows it.
        if state.bytesTotal > limits.backlogBytesTotalMax / 2 { return [] }
        if state.bytesTotal + message.count > limits.backlogBytesTotalMax / 2 {
            return state.accounts.keys.compactMap { release($0, &state) }
        }
        return isRelieved ? [release(id, &state)].compactMap(\.self) : []
    }

    private func release(_ id: PeerID, _ state: inout State) -> Link? {
        guard var account = state.accounts[id], let link = account.paused,
            account.messages <= limits.backlogMessagesMax / 2, account.bytes <= limits.backlogBytesMax / 2
        else { return nil }
        account.paused = nil
        state.accounts[id] = account.messages == 0 ? nil : account
        return link
    }

    private func isOver(_ account: Account?, _ state: State) -> Bool {
        guard let account else { return false }
        return account.messages >= limits.backlogMessagesMax || account.bytes >= limits.backlogBytesMax
            || state.bytesTotal >= limits.backlogBytesTotalMax
    }
}
