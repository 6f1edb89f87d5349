import Codec
import Testing

@testable import Records

struct EventBookTests {
    @Test func `a reader goes on where it was, and is told where it cannot`() throws {
        let bench = try WebhookBench(retention: EventRetention(days: 1, count: 3))
        for number in 0..<5 { try bench.happen("aa0000000000000\(number)") }
        let first = try bench.events.events(tenant: "orchard", after: EventCursor(0), limit: 2)
        let rest = try bench.events.events(tenant: "orchard", after: first[1].cursor, limit: 9)
        #expect((first + rest).compactMap { $0.json["subject"]?.string?.last } == Array("01234"))
        #expect(try bench.events.events(tenant: "mill", after: EventCursor(0), limit: 9).isEmpty)
        try bench.events.trim(now: bench.clock.withLock { $0 })
        #expect(try bench.events.bounds(tenant: "orchard").oldest == EventCursor(2))
        for place in [0, 1, 6, UInt64(Int64.max)] {
            #expect(throws: RecordsFailure.self) {
                try bench.events.events(tenant: "orchard", after: EventCursor(place), limit: 9)
            }
        }
        #expect(try bench.events.events(tenant: "orchard", after: EventCursor(2), limit: 9).count == 3)
        bench.forward(seconds: 86_401)
        try bench.events.trim(now: bench.clock.withLock { $0 })
        #expect(try bench.events.events(tenant: "orchard", after: EventCursor(5), limit: 9).isEmpty)
        #expect(throws: RecordsFailure.self) {
            try bench.events.events(tenant: "orchard", after: EventCursor(4), limit: 9)
        }
    }

    @Test(arguments: ["", "0", "oldest", "AAAAAAAAAA", "AAAAAAAAAAAA", "AAAAAAAAAAA=", "__________8", "AAAAAAAAAAB"])
    func `what is no place is refused`(_ text: String) { #expect(EventCursor(text) == nil) }

    @Test func `a place has one spelling`() {
        for number in [0, 1, 255, 1 << 40, UInt64(Int64.max)] {
            let text = EventCursor(number).description
            #expect(text.utf8.count == 11 && EventCursor(text) == EventCursor(number))
        }
    }
}
