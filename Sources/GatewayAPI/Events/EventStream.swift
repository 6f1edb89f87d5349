import NIOCore
import Records
import ServiceLifecycle
import Synchronization

/// A tenant's feed as Server-Sent Events (WHATWG HTML §9.2), from a place on and for as long as its reader may and can.
///
/// Each event is an `id` (the place behind it, which `Last-Event-ID` brings back) and `data` (the CloudEvent, one line).
/// The server asks for the next piece when the one before was taken, and only then is the feed read, a page at a time:
/// nothing is held for a reader. One that takes nothing for ``Limits/patience`` is cut off; it comes back with the last id
/// and misses nothing. The credential is checked again before each page, and at least with each comment.
final class EventStream: Sendable {
    struct Limits: Sendable {
        /// Between two comments where nothing happens, so that nobody on the way takes the connection for dead.
        var heartbeat: Duration = .seconds(15)
        /// How long what was sent may stay untaken.
        var patience: Duration = .seconds(30)
        /// How often heartbeat and patience are looked at.
        var tick: Duration = .seconds(1)
    }

    /// One event as it is sent.
    struct Frame: Sendable {
        /// The place behind it.
        var cursor: EventCursor
        /// JSON without a line break.
        var data: String
    }

    /// Events that are read and sent at a time.
    static let pageMax = 100

    private struct State {
        var cursor: EventCursor
        var hasBegun = false
        var sentAt = ContinuousClock.now
        var checkedAt = ContinuousClock.now
        var ticking: Task<Void, Never>?
    }

    /// Since when something that was sent is not taken, if there is such a thing.
    private final class Progress: Sendable {
        private let waitingSince = Mutex<ContinuousClock.Instant?>(nil)

        func begin() { waitingSince.withLock { $0 = .now } }
        func end() { waitingSince.withLock { $0 = nil } }
        func isStuck(after patience: Duration) -> Bool {
            waitingSince.withLock { since in since.map { ContinuousClock.now - $0 >= patience } ?? false }
        }
    }

    private let read: @Sendable (EventCursor) throws -> [Frame]
    private let news: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation
    private let seat: StreamSeats.Seat
    private let limits: Limits
    private let mayGoOn: @Sendable () async -> Bool
    private let cutOff: @Sendable () -> Void
    private let progress = Progress()
    private let state: Mutex<State>

    /// A stream that has not begun: its first piece is made when it is asked for.
    ///
    /// `read`: the next events behind a place; it throws where they are no longer held.
    /// `news`: says that there may be more, and ends when the connection does; `wake` feeds it.
    /// `seat`: given back when the stream is gone.
    /// `mayGoOn`: whether the credential still holds.
    /// `cutOff`: cuts the connection off.
    init(
        start: EventCursor, read: @escaping @Sendable (EventCursor) throws -> [Frame],
        news: (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation), seat: StreamSeats.Seat,
        limits: Limits = Limits(), mayGoOn: @escaping @Sendable () async -> Bool,
        cutOff: @escaping @Sendable () -> Void
    ) {
        self.read = read
        self.news = news.stream
        wake = news.continuation
        self.seat = seat
        self.limits = limits
        self.mayGoOn = mayGoOn
        self.cutOff = cutOff
        state = Mutex(State(cursor: start))
    }

    deinit { state.withLock { $0.ticking?.cancel() } }

    /// What is sent next; nil ends the stream: the credential has ended, the reader has left or is behind the feed, or the
    /// gateway was told to stop.
    ///
    /// Called again when what it gave before was taken.
    func next() async -> String? {
        progress.end()
        guard let piece = await piece() else { return nil }
        progress.begin()
        state.withLock { $0.sentAt = .now }
        return piece
    }

    private func piece() async -> String? {
        if let beginning = begin() { return beginning }
        while true {
            let (cursor, checkedAt) = state.withLock { ($0.cursor, $0.checkedAt) }
            // Dropped from the feed before this reader got to it: it is told when it comes back.
            guard let page = try? read(cursor) else { return nil }
            if !page.isEmpty || ContinuousClock.now - checkedAt >= limits.heartbeat {
                guard await mayGoOn() else { return nil }
                state.withLock { $0.checkedAt = .now }
            }
            if let last = page.last {
                state.withLock { $0.cursor = last.cursor }
                return page.map { "id: \($0.cursor)\ndata: \($0.data)\n\n" }.joined()
            }
            if ContinuousClock.now - state.withLock({ $0.sentAt }) >= limits.heartbeat { return ":\n\n" }
            guard await hasNews() else { return nil }
        }
    }

    /// The first piece, which names the place where the stream begins; nil where it has begun.
    private func begin() -> String? {
        let (limits, progress, wake, cutOff) = (limits, progress, wake, cutOff)
        return state.withLock { state in
            guard !state.hasBegun else { return nil }
            state.hasBegun = true
            state.ticking = Task {
                while (try? await Task.sleep(for: limits.tick)) != nil {
                    if progress.isStuck(after: limits.patience) { return cutOff() }
                    wake.yield()
                }
            }
            return "retry: 2000\nid: \(state.cursor)\n\n"
        }
    }

    /// Waits until there may be something to send; false where there will be nothing any more.
    private func hasNews() async -> Bool {
        let (news, wake) = (news, wake)
        return await withGracefulShutdownHandler {
            var iterator = news.makeAsyncIterator()
            return await iterator.next() != nil
        } onGracefulShutdown: {
            wake.finish()
        }
    }
}
