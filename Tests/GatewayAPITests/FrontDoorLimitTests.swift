import Compression
import NIOCore
import Testing

@testable import GatewayAPI

struct FrontDoorLimitTests {
    @Test func `a few connections cannot take all the places, many can, and no more`() {
        let open = OpenRequests()
        let half = OpenRequests.countMax / 2
        for others in 0..<half { #expect(open.begin(beside: others)) }
        #expect(!open.begin(beside: half))
        #expect(!open.begin(beside: OpenRequests.countFair))
        for _ in 0..<(OpenRequests.countMax - half) { #expect(open.begin(beside: 0)) }
        #expect(!open.begin(beside: 0))
        #expect(open.isCrowded)
        open.end(OpenRequests.countMax)
        #expect(!open.isCrowded)
        #expect(open.begin(beside: 0))
    }

    @Test func `bytes that wait are bounded, and given back`() {
        let open = OpenRequests()
        #expect(open.hold(OpenRequests.bytesMax))
        #expect(!open.hold(1))
        #expect(open.isCrowded)
        open.release(OpenRequests.bytesMax)
        #expect(open.hold(1) && !open.isCrowded)
    }

    @Test func `bodies are counted as they come, and given back with their request`() throws {
        let admission = Admission(.init(requestsMax: 2, bodyBytesMax: 100))
        do {
            var permit = try admission.enter()
            let room = permit.bodyRoom()
            try room.reserve(60)
            #expect(throws: Problem.self) { try room.reserve(60) }
            try permit.bodyRoom().reserve(40)
            #expect(throws: Problem.self) { try room.reserve(1) }
        }
        var permit = try admission.enter()
        try permit.bodyRoom().reserve(100)
    }

    @Test func `places are bounded, and what is exempt takes none`() throws {
        let admission = Admission(.init(requestsMax: 1, bodyBytesMax: 1))
        let first = try admission.enter()
        #expect(throws: Problem.self) { _ = try admission.enter() }
        _ = try admission.enter(isExempt: true)
        #expect(throws: Problem.self) { _ = try admission.enter() }
        _ = consume first
        _ = try admission.enter()
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
