import Codec
import HTTPTypes
import Synchronization
import Testing

@testable import GatewayAPI

struct PageCursorTests {
    static let cursors = PageCursors(key: [UInt8](repeating: 7, count: 32))
    static let list = PageCursors.List(
        path: "/records", tenant: "orchard", filters: [(name: "state", value: "anchored")])
    static let place: [UInt8] = Array(1...16)

    static func place(_ text: String, in list: PageCursors.List = list, byteCount: Int = 16) -> [UInt8]? {
        try? cursors.place(text, in: list, byteCount: byteCount, parameter: "cursor")
    }

    @Test func `a cursor leads back to its place`() {
        let text = Self.cursors.text(of: Self.place, in: Self.list)
        #expect(Self.place(text) == Self.place)
        #expect(Self.cursors.text(of: Self.place, in: Self.list) == text)
    }

    @Test func `a cursor that was changed anywhere is none`() {
        let text = Self.cursors.text(of: Self.place, in: Self.list)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        for (index, character) in text.enumerated() {
            for other in alphabet where other != character {
                var changed = Array(text)
                changed[index] = other
                #expect(Self.place(String(changed)) == nil)
            }
        }
        let padded = text + "="
        let wrongs: [String] = [
            "", "A", padded, String(text.dropLast()), String(text.dropFirst()), String(repeating: text, count: 2),
        ]
        for wrong in wrongs + [" ", "+", "A"].flatMap({ [$0 + text, text + $0] }) {
            #expect(Self.place(wrong) == nil, "\(wrong)")
        }
    }

    @Test func `a cursor is good for its own list only`() {
        let text = Self.cursors.text(of: Self.place, in: Self.list)
        for other in [
            PageCursors.List(path: "/records", tenant: "mill", filters: Self.list.filters),
            PageCursors.List(path: "/audit", tenant: "orchard", filters: Self.list.filters),
            PageCursors.List(path: "/records", tenant: "orchard", filters: []),
            PageCursors.List(path: "/records", tenant: "orchard", filters: [(name: "state", value: "erased")]),
            PageCursors.List(path: "/records", tenant: "orchard", filters: [(name: "job", value: "anchored")]),
            PageCursors.List(
                path: "/records", tenant: "orchard", filters: Self.list.filters + [(name: "order", value: "oldest")]),
            // The same characters, cut elsewhere.
            PageCursors.List(path: "/recordsorchard", tenant: "", filters: Self.list.filters),
            PageCursors.List(path: "/records", tenant: "orchardstate", filters: [(name: "", value: "anchored")]),
        ] {
            #expect(Self.place(text, in: other) == nil, "\(other)")
        }
        #expect(Self.place(text, byteCount: 8) == nil)
        let stranger = PageCursors(key: [UInt8](repeating: 8, count: 32))
        #expect(throws: Problem.self) {
            try stranger.place(text, in: Self.list, byteCount: 16, parameter: "cursor")
        }
    }
}

struct TimeTextTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-05-01T08:00:00.123456789Z", 1_777_622_400_123_456_789),
            ("2026-05-01T10:00:00.5+02:00", 1_777_622_400_500_000_000),
            ("2026-05-01t06:00:00-02:00", 1_777_622_400_000_000_000),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000_000_000),
            ("2026-05-01T08:00:00.1234567899Z", 1_777_622_400_123_456_789),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000_000_000),
            ("2261-12-31T23:59:59.999999999Z", 9_214_646_399_999_999_999),
        ] as [(String, UInt64)]) func `times are read to the nanosecond`(_ text: String, _ nanoseconds: UInt64)
    {
        #expect(TimeText.nanoseconds(text) == nanoseconds)
    }

    @Test func `what is written is read back`() {
        for time: UInt64 in [
            0, 1, 999_999_999, 951_782_400_000_000_000, 1_777_622_400_123_456_789, 4_107_542_400_000_000_007,
        ] {
            #expect(TimeText.nanoseconds(TimeText.rfc3339(nanoseconds: time)) == time)
        }
    }

    @Test(
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            // RFC 9110 §5.6.7 has this one.
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_798_761_599, "Thu, 31 Dec 2026 23:59:59 GMT"),
        ] as [(UInt64, String)]) func `a second is written as HTTP has dates`(_ second: UInt64, _ text: String)
    {
        #expect(TimeText.httpDate(second: second) == text)
    }

    @Test func `the date is written anew when the second is over, and not before`() {
        let clock = Mutex<UInt64>(784_111_777_000_000_000)
        let date = DateField { clock.withLock { $0 } }
        #expect(date.current.field == HTTPField(name: .date, value: "Sun, 06 Nov 1994 08:49:37 GMT"))
        clock.withLock { $0 += 999_999_999 }
        #expect(date.current.field.value == "Sun, 06 Nov 1994 08:49:37 GMT")
        clock.withLock { $0 += 1 }
        #expect(date.current.field.value == "Sun, 06 Nov 1994 08:49:38 GMT")
    }

    @Test(arguments: [
        "", "2026-05-01", "2026-05-01T08:00:00", "2026-05-01 08:00:00Z", "2026-13-01T08:00:00Z", "2026-00-01T08:00:00Z",
        "2026-04-31T08:00:00Z", "2025-02-29T08:00:00Z", "2100-02-29T08:00:00Z", "2026-05-00T08:00:00Z",
        "2026-05-01T24:00:00Z", "2026-05-01T08:60:00Z", "2026-05-01T08:00:61Z", "2026-05-01T08:00:00.Z",
        "2026-05-01T08:00:00+24:00", "2026-05-01T08:00:00+02:60", "2026-05-01T08:00:00+0200", "2026-05-01T08:00:00z ",
        "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01", "2262-01-01T00:00:00Z", "+2026-05-01T08:00:00Z",
        "２026-05-01T08:00:00Z", "2026-5-1T8:0:0Z", "1777622400",
    ]) func `anything else is no time`(_ text: String) { #expect(TimeText.nanoseconds(text) == nil) }
}
