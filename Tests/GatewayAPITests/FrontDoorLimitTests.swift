import Compression
import NIOCore
import Synchronization
import Testing

@testable import GatewayAPI

struct FrontDoorLimitTests {
    @Test func `a few connections cannot take all the places, many can, and no more`() {
        let open = OpenRequests()
        let half = OpenRequests.countMax / 2
        // Each place is another address's.
        for others in 0..<half { #expect(open.begin(beside: others, of: AddressShare())) }
        #expect(!open.begin(beside: half, of: AddressShare()))
        #expect(!open.begin(beside: OpenRequests.countFair, of: AddressShare()))
        let last = AddressShare()
        for _ in 0..<(OpenRequests.countMax - half) { #expect(open.begin(beside: 0, of: AddressShare())) }
        #expect(!open.begin(beside: 0, of: last))
        #expect(open.isCrowded)
        open.end(OpenRequests.countMax, of: AddressShare())
        #expect(!open.isCrowded)
        #expect(open.begin(beside: 0, of: last))
        let held = last.requests.load(ordering: .relaxed)
        #expect(held == 1)
    }

    @Test func `one address takes half of the places while nobody else comes, and a quarter beside others`() {
        let open = OpenRequests()
        let (greedy, other) = (AddressShare(), AddressShare())
        let (half, quarter) = (OpenRequests.countMax / 2, OpenRequests.countMax / 4)
        for _ in 0..<half { #expect(open.begin(beside: 0, of: greedy)) }
        #expect(!open.begin(beside: 0, of: greedy))
        for _ in 0..<quarter { #expect(open.begin(beside: 0, of: other)) }
        #expect(!open.begin(beside: 0, of: other))
        open.end(half - quarter + 1, of: greedy)
        // Less than half is taken, then more again: the second half is for those below a quarter.
        for _ in 0..<half where open.begin(beside: 0, of: greedy) {}
        let held = greedy.requests.load(ordering: .relaxed)
        #expect(held == quarter)
        #expect(open.begin(beside: 0, of: AddressShare()))
    }

    @Test func `bytes that wait are bounded, one address's sooner, and given back`() {
        let open = OpenRequests()
        let (greedy, other) = (AddressShare(), AddressShare())
        #expect(!open.hold(OpenRequests.bytesMax, of: greedy))
        #expect(open.hold(OpenRequests.bytesMax / 2, of: greedy))
        #expect(!open.hold(1, of: greedy))
        #expect(open.hold(OpenRequests.bytesMax / 4, of: other))
        #expect(!open.hold(1, of: other))
        #expect(open.hold(OpenRequests.bytesMax / 4, of: AddressShare()))
        #expect(!open.hold(1, of: AddressShare()))
        #expect(open.isCrowded)
        open.release(OpenRequests.bytesMax / 2, of: greedy)
        #expect(open.hold(1, of: greedy))
    }

    /// Callers by number.
    private static func caller(_ number: Int) throws -> Caller {
        Caller(try SocketAddress(ipAddress: "192.0.2.\(number)", port: 1))
    }

    @Test func `bodies are counted as they come, and given back with their request`() throws {
        let admission = Admission(.init(requestsMax: 4, bodyBytesMax: 100))
        let caller = try Self.caller(1)
        do {
            var permit = try admission.enter(caller)
            let room = permit.bodyRoom()
            try room.reserve(30)
            #expect(Self.refusal { try room.reserve(101) } == "busy")
            #expect(Self.refusal { try room.reserve(30) } == "too-many-at-once")
            try permit.bodyRoom().reserve(20)
            #expect(Self.refusal { try room.reserve(1) } == "too-many-at-once")
            var other = try admission.enter(try Self.caller(2))
            let otherRoom = other.bodyRoom()
            try otherRoom.reserve(25)
            #expect(Self.refusal { try otherRoom.reserve(1) } == "too-many-at-once")
            var third = try admission.enter(try Self.caller(3))
            let thirdRoom = third.bodyRoom()
            try thirdRoom.reserve(25)
            #expect(Self.refusal { try thirdRoom.reserve(1) } == "busy")
        }
        var permit = try admission.enter(caller)
        try permit.bodyRoom().reserve(50)
    }

    @Test func `one caller takes half of the places while nobody else comes, and a quarter beside others`() throws {
        let admission = Admission(.init(requestsMax: 8, bodyBytesMax: 1))
        let (greedy, other) = (try Self.caller(1), try Self.caller(2))
        let first = try admission.enter(greedy)
        var held = [try Held(admission, greedy), try Held(admission, greedy), try Held(admission, greedy)]
        #expect(Self.refusal { _ = try admission.enter(greedy) } == "too-many-at-once")
        held += [try Held(admission, other), try Held(admission, other)]
        #expect(Self.refusal { _ = try admission.enter(other) } == "too-many-at-once")
        // What costs nothing takes no place, whoever asks.
        _ = try admission.enter(greedy, isExempt: true)
        held += [try Held(admission, try Self.caller(3)), try Held(admission, try Self.caller(4))]
        #expect(Self.refusal { _ = try admission.enter(try Self.caller(5)) } == "busy")
        _ = consume first
        #expect(Self.refusal { _ = try admission.enter(greedy) } == "too-many-at-once")
        held += [try Held(admission, try Self.caller(5))]
        held.removeAll()
        _ = try admission.enter(greedy)
    }

    @Test func `a body is read on that was let in before others came`() throws {
        let admission = Admission(.init(requestsMax: 4, bodyBytesMax: 100))
        var permit = try admission.enter(try Self.caller(1))
        let held = try [Held(admission, try Self.caller(1)), Held(admission, try Self.caller(2))]
        try permit.bodyRoom().reserve(50)
        #expect(held.count == 2)
    }

    /// A permit in a list.
    private final class Held {
        private let permit: Admission.Permit
        init(_ admission: Admission, _ caller: Caller) throws { permit = try admission.enter(caller) }
    }

    private static func refusal(_ body: () throws -> Void) -> String? {
        do { try body() } catch { return (error as? Problem)?.name ?? "\(error)" }
        return nil
    }

    @Test func `a caller is an IPv4 address or an IPv6 network of 64 bits`() throws {
        func caller(_ text: String) throws -> Caller { Caller(try SocketAddress(ipAddress: text, port: 1)) }
        #expect(try caller("192.0.2.1") == caller("192.0.2.1"))
        #expect(try caller("192.0.2.1") != caller("192.0.2.2"))
        #expect(try caller("2001:db8::1") == caller("2001:db8::ffff:2"))
        #expect(try caller("2001:db8:0:1::1") != caller("2001:db8::1"))
        #expect(try caller("::ffff:192.0.2.1") != caller("::ffff:192.0.2.2"))
        #expect(try caller("::1") != caller("192.0.2.1"))
        #expect(try Caller(nil) != caller("::1"))
    }

    @Test func `names of requests are sixteen digits of hex, each once`() {
        let names = (0..<10_000).map { _ in RequestNames.next() }
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.count == 16 && $0.allSatisfy { $0.isHexDigit && !$0.isUppercase } })
    }

    @Test func `a representation is packed once, and again when it changes`() {
        let packed = PackedAnswers()
        var count = 0
        func body(_ text: String) -> [UInt8] {
            packed.body(of: EntityTag(of: Array(text.utf8)), in: .gzip) {
                count += 1
                return Array(text.utf8)
            }
        }
        #expect(body("a") == body("a") && count == 1)
        #expect(body("b") == Array("b".utf8) && count == 2)
        _ = packed.body(of: EntityTag(of: Array("b".utf8)), in: .zstd) { [] }
        #expect(body("b") == Array("b".utf8) && count == 2)
    }

    @Test(arguments: [
        ("Bearer abc", "abc"), ("bearer abc", "abc"), ("BEARER abc", "abc"), ("Bearer  abc", nil), ("Bearer a b", nil),
        ("Bearer ", nil), ("Bearer", nil), ("Basic abc", nil), ("", nil), ("Bearer\tabc", nil), ("Bearer@abc", nil),
        ("Bearer\u{0}abc", nil),
    ])
    func `one scheme is read, in any case, with one space`(field: String, token: String?) {
        #expect(AccessControl.bearer(field).map { String(decoding: $0, as: UTF8.self) } == token)
    }
}
