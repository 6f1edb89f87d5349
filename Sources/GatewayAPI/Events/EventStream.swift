import Hummingbird
import NIOCore
import Records
import ServiceLifecycle
import Synchronization

/// A tenant's feed as Server-Sent Events (WHATWG HTML §9.2), from a place on and for as long as its reader may and can.
///
/// Each event is an `id` (the place behind it, which `Last-Event-ID` brings back) and `data` (the CloudEvent, one line).
/// Nothing is held for a reader: it is always the feed that is read, a page at a time, and only when what was sent before
/// has been taken. A reader that takes nothing for ``Limits/patience`` is cut off; it comes back with the last id and
/// misses nothing. The credential is checked again before each page, and at least with each comment.
struct EventStream: Sendable {
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

    let start: EventCursor
    /// The next events behind a place; it throws where they are no longer held.
    let read: @Sendable (EventCursor) throws -> [Frame]
    /// Says that there may be more.
    let news: AsyncStream<Void>
    /// Given back when the stream is gone.
    let seat: StreamSeats.Seat
    var limits = Limits()
    /// Whether the credential still holds.
    let mayGoOn: @Sendable () async -> Bool
    /// Cuts the connection off.
    let cutOff: @Sendable () -> Void

    /// Since when something that was sent is not taken, if there is such a thing.
    private final class Progress: Sendable {
        private let waitingSince = Mutex<ContinuousClock.Instant?>(nil)

        func begin() { waitingSince.withLock { $0 = .now } }
        func end() { waitingSince.withLock { $0 = nil } }
        func isStuck(after patience: Duration) -> Bool {
            waitingSince.withLock { since in since.map { ContinuousClock.now - $0 >= patience } ?? false }
        }
    }

    /// Writes until `ended` ends, the credential does, the reader leaves, or the gateway is told to stop.
    ///
    /// `ended`: ends when the connection is gone.
    /// Throws what the writer throws where the reader leaves, or is cut off.
    func write(to writer: inout any ResponseBodyWriter, ended: AsyncStream<Void>) async throws {
        let wakes = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let progress = Progress()
        let (limits, cutOff, news) = (limits, cutOff, news)
        try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { for await _ in news { wakes.continuation.yield() } }
                group.addTask {
                    for await _ in ended {}
                    wakes.continuation.finish()
                }
                group.addTask {
                    while (try? await Task.sleep(for: limits.tick)) != nil {
                        if progress.isStuck(after: limits.patience) { return cutOff() }
                        wakes.continuation.yield()
                    }
                }
                defer { group.cancelAll() }
                wakes.continuation.yield()
                try await send(to: &writer, wakes: wakes.stream, progress)
            }
        } onGracefulShutdown: {
            wakes.continuation.finish()
        }
        try await writer.finish(nil)
    }

    private func send(
        to writer: inout any ResponseBodyWriter, wakes: AsyncStream<Void>, _ progress: Progress
    ) async throws {
        var cursor = start
        try await Self.put("retry: 2000\nid: \(cursor)\n\n", writer: &writer, progress)
        var (sentAt, checkedAt) = (ContinuousClock.now, ContinuousClock.now)
        for await _ in wakes {
            while true {
                // Dropped from the feed before this reader got to it: it is told when it comes back.
                guard let page = try? read(cursor) else { return }
                let isQuiet = page.isEmpty && ContinuousClock.now - checkedAt < limits.heartbeat
                if !isQuiet {
                    guard await mayGoOn() else { return }
                    checkedAt = .now
                }
                guard let last = page.last else { break }
                try await Self.put(page.map(Self.text).joined(), writer: &writer, progress)
                sentAt = .now
                cursor = last.cursor
            }
            if ContinuousClock.now - sentAt >= limits.heartbeat {
                try await Self.put(":\n\n", writer: &writer, progress)
                sentAt = .now
            }
        }
    }

    private static func put(_ text: String, writer: inout any ResponseBodyWriter, _ progress: Progress) async throws {
        progress.begin()
        defer { progress.end() }
        try await writer.write(ByteBuffer(string: text))
    }

    private static func text(_ frame: Frame) -> String { "id: \(frame.cursor)\ndata: \(frame.data)\n\n" }
}
