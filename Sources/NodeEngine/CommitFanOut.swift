import LedgerAccess
import Synchronization

/// Hands every committed block to all who listen.
///
/// A slow listener loses the oldest notices, never their order.
final class CommitFanOut: Sendable {
    /// Notices kept for one listener.
    static let bufferedMax = 1_024

    private struct State {
        var listeners: [Int: AsyncStream<CommitNotice>.Continuation] = [:]
        var next = 0
        var isFinished = false
    }
    private let state = Mutex(State())

    func listen() -> AsyncStream<CommitNotice> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: CommitNotice.self, bufferingPolicy: .bufferingNewest(Self.bufferedMax))
        let id = state.withLock { state -> Int? in
            guard !state.isFinished else { return nil }
            state.next += 1
            state.listeners[state.next] = continuation
            return state.next
        }
        guard let id else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { _ in self.state.withLock { _ = $0.listeners.removeValue(forKey: id) } }
        return stream
    }

    func send(_ notice: CommitNotice) {
        for listener in state.withLock({ Array($0.listeners.values) }) { listener.yield(notice) }
    }

    func finish() {
        let listeners = state.withLock { state in
            defer { state.listeners = [:] }
            state.isFinished = true
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.finish() }
    }
}
