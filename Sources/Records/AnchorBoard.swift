import Synchronization

/// Tells those who wait for records that the outbox has looked at the ledger again.
///
/// Whoever waits asks for a turn before looking for itself, so that no turn is missed.
final class AnchorBoard: Sendable {
    /// Requests that may wait at a time: a quarter of what the gateway serves, so that waiting keeps nobody else out.
    static let waitersMax = 256

    private struct State {
        var turn: UInt64 = 0
        var waiters = 0
        var sleeping: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var cancelled: Set<UInt64> = []
        var nextSleeper: UInt64 = 0
    }

    private let state = Mutex(State())

    /// A place among those who wait; given back at its end.
    struct Seat: ~Copyable {
        private let board: AnchorBoard
        fileprivate init(_ board: AnchorBoard) { self.board = board }
        deinit { board.state.withLock { $0.waiters -= 1 } }
    }

    /// A seat, or nil where all are taken.
    func seat() -> Seat? {
        let isFree = state.withLock { state in
            guard state.waiters < Self.waitersMax else { return false }
            state.waiters += 1
            return true
        }
        return isFree ? Seat(self) : nil
    }

    /// How many seats are taken.
    var waiters: Int { state.withLock { $0.waiters } }

    /// The number of the last look.
    var turn: UInt64 { state.withLock { $0.turn } }

    /// The outbox has looked: whoever sleeps may look as well.
    func noteTurn() {
        let awoken = state.withLock { state in
            state.turn += 1
            defer { state.sleeping = [:] }
            return state.sleeping.values.map { $0 }
        }
        for continuation in awoken { continuation.resume() }
    }

    /// Sleeps until there was a look after that one, or the task is cancelled.
    func sleep(after turn: UInt64) async {
        let id = state.withLock { state in
            state.nextSleeper += 1
            return state.nextSleeper
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.cancelled.remove(id) != nil || state.turn > turn { return true }
                    state.sleeping[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let continuation = state.withLock { state in
                let found = state.sleeping.removeValue(forKey: id)
                // Cancelled before it fell asleep, or after it was awoken: the first must not sleep at all.
                if found == nil { state.cancelled.insert(id) }
                return found
            }
            continuation?.resume()
        }
        _ = state.withLock { $0.cancelled.remove(id) }
    }
}
