import HTTPTypes
import Hummingbird
import NIOCore
import Records
import Synchronization
import Testing

@testable import GatewayAPI

/// A feed in memory, its reader's connection, and what was sent over it.
final class StreamBench: Sendable {
    struct State: Sendable {
        var events: [String] = []
        var oldest: UInt64 = 0
        var text = ""
        var isFinished = false
        var isHeld = true
        var isCutOff = false
        /// Whether what is sent is not taken, until the connection is cut off.
        var isStuck = false
    }
    struct Gone: Error {}

    let state = Mutex(State())
    let seats = StreamSeats(metrics: Metrics(), perTenantMax: 2, totalMax: 3)
    private let news = AsyncStream.makeStream(of: Void.self)

    func happen(_ name: String) {
        state.withLock { $0.events.append(name) }
        news.continuation.yield()
    }

    func leave() { news.continuation.finish() }

    private func frames(after cursor: EventCursor) throws -> [EventStream.Frame] {
        let state = state.withLock { $0 }
        guard cursor.sequence >= state.oldest else { throw Gone() }
        return state.events.enumerated().dropFirst(Int(cursor.sequence)).prefix(2).map { place, name in
            EventStream.Frame(cursor: EventCursor(UInt64(place + 1)), data: name)
        }
    }

    /// Takes what the stream gives, until it ends or the connection is cut off.
    func run(from start: UInt64, limits: EventStream.Limits) async throws {
        let stream = EventStream(
            start: EventCursor(start), read: { try self.frames(after: $0) }, news: news,
            seat: try seats.take("orchard"), limits: limits, mayGoOn: { self.state.withLock { $0.isHeld } },
            cutOff: { self.state.withLock { $0.isCutOff = true } })
        while let piece = await stream.next() {
            state.withLock { $0.text += piece }
            guard state.withLock({ $0.isStuck }) else { continue }
            while !state.withLock({ $0.isCutOff }) { try await Task.sleep(for: .milliseconds(5)) }
            return
        }
        state.withLock { $0.isFinished = true }
    }

    /// Waits until it holds.
    func until(_ condition: (State) -> Bool) async throws {
        for _ in 0..<2_000 where !state.withLock({ condition($0) }) { try await Task.sleep(for: .milliseconds(5)) }
        #expect(state.withLock { condition($0) })
    }
}

struct EventStreamTests {
    static let quick = EventStream.Limits(
        heartbeat: .milliseconds(60), patience: .milliseconds(100), tick: .milliseconds(10))
    static let slow = EventStream.Limits(heartbeat: .seconds(600), patience: .seconds(600), tick: .milliseconds(10))

    static func frames(_ range: ClosedRange<UInt64>) -> String {
        range.map { "id: \(EventCursor($0))\ndata: e\($0)\n\n" }.joined()
    }

    @Test func `a stream says where it begins, then each event once, then what comes`() async throws {
        let bench = StreamBench()
        for number in 1...5 { bench.happen("e\(number)") }
        let running = Task { try await bench.run(from: 2, limits: Self.slow) }
        try await bench.until { $0.text.contains("e5") }
        bench.happen("e6")
        try await bench.until { $0.text.contains("e6") }
        bench.leave()
        try await running.value
        #expect(
            bench.state.withLock { $0.text }
                == "retry: 2000\nid: \(EventCursor(2))\n\n" + Self.frames(3...6))
        #expect(bench.state.withLock { $0.isFinished })
    }

    @Test func `where nothing happens, a comment keeps the connection`() async throws {
        let bench = StreamBench()
        let running = Task { try await bench.run(from: 0, limits: Self.quick) }
        try await bench.until { $0.text.contains(":\n\n:\n\n") }
        bench.leave()
        try await running.value
        #expect(!bench.state.withLock { $0.isCutOff })
    }

    @Test func `a credential that no longer holds ends the stream before another event`() async throws {
        let bench = StreamBench()
        bench.happen("e1")
        let running = Task { try await bench.run(from: 0, limits: Self.slow) }
        try await bench.until { $0.text.contains("e1") }
        bench.state.withLock { $0.isHeld = false }
        bench.happen("e2")
        try await running.value
        #expect(bench.state.withLock { !$0.text.contains("e2") && $0.isFinished })
    }

    @Test func `a credential that no longer holds ends a quiet stream too`() async throws {
        let bench = StreamBench()
        let running = Task { try await bench.run(from: 0, limits: Self.quick) }
        bench.state.withLock { $0.isHeld = false }
        try await running.value
        #expect(bench.state.withLock { $0.isFinished })
    }

    @Test func `a reader that takes nothing is cut off`() async throws {
        let bench = StreamBench()
        bench.state.withLock { $0.isStuck = true }
        bench.happen("e1")
        try await bench.run(from: 0, limits: Self.quick)
        #expect(bench.state.withLock { $0.isCutOff && !$0.isFinished })
        #expect(bench.state.withLock { !$0.text.contains("e1") }, "nothing is written while the beginning is not taken")
    }

    @Test func `a reader whose place left the feed is sent away`() async throws {
        let bench = StreamBench()
        bench.happen("e1")
        bench.happen("e2")
        bench.state.withLock { $0.oldest = 1 }
        try await bench.run(from: 0, limits: Self.slow)
        #expect(bench.state.withLock { $0.isFinished && !$0.text.contains("e1") })
    }

    @Test func `seats are counted by tenant and in all, and given back`() throws {
        let seats = StreamSeats(metrics: Metrics(), perTenantMax: 2, totalMax: 3)
        var held = [try seats.take("orchard"), try seats.take("orchard")]
        #expect(throws: Problem.self) { try seats.take("orchard") }
        held.append(try seats.take("mill"))
        #expect(throws: Problem.self) { try seats.take("third") }
        held.removeFirst()
        held.append(try seats.take("third"))
        #expect(throws: Problem.self) { try seats.take("orchard") }
        held = []
        for tenant in ["orchard", "mill", "third"] { held.append(try seats.take(tenant)) }
    }

    @Test func `the answer to HEAD gives its seat back`() async throws {
        let seats = StreamSeats(metrics: Metrics(), perTenantMax: 1, totalMax: 1)
        func reply() throws -> Reply {
            let seat = try seats.take("orchard")
            var reply = Reply(.ok)
            reply.stream = AsyncStream(unfolding: { withExtendedLifetime(seat) { ByteBuffer?.none } })
            return reply
        }
        let stamp = AnswerStamp(date: DateField { 0 })
        for _ in 0..<3 { #expect(try reply().response(to: .head, requestID: "a", stamp).status == .ok) }
    }

    @Test(
        arguments: [
            (nil, false), ("*/*", false), ("text/event-stream", false), ("application/json", true),
            ("text/event-stream, application/json", false), ("application/json, text/event-stream;q=0.5", true),
            ("application/*", true), ("text/*", false),
        ] as [(String?, Bool)])
    func `a page is for those who like it better`(_ accept: String?, _ isPage: Bool) {
        #expect(
            (ContentNegotiation.weight(of: "application/json", in: accept)
                > ContentNegotiation.weight(of: "text/event-stream", in: accept)) == isPage)
    }
}
