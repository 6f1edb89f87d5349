import Testing

@testable import PeerNetwork

/// One connection's protocol by its effects.
struct LinkStateMachineTests {
    typealias Effect = LinkStateMachine.Effect

    static let second: UInt64 = 1_000_000_000
    static let hello = Frame(.hello, WireTests.hello.encoded)

    /// A machine that has taken a hello at second 1.
    static func established(_ change: (inout PeerNetworkLimits) -> Void = { _ in }) -> LinkStateMachine {
        var limits = PeerNetworkLimits()
        change(&limits)
        var machine = LinkStateMachine(limits: limits, now: second)
        #expect(machine.received(hello.encoded, at: second) == [.admit(WireTests.hello)])
        return machine
    }

    static func failure(_ failure: WireFailure) -> Effect { .end(.failure(failure)) }

    @Test func `what follows a hello in the same portion is taken after it`() {
        var machine = LinkStateMachine(limits: PeerNetworkLimits(), now: Self.second)
        let bytes = Self.hello.encoded + Frame(.last(.votes), [7]).encoded
        #expect(machine.received(bytes, at: Self.second) == [.admit(WireTests.hello), .deliver(.votes, [7])])
    }

    @Test(arguments: WireTests.kinds.filter { $0 != .hello && $0 != .goodbye })
    func `nothing comes before the hello`(_ kind: FrameKind) {
        var machine = LinkStateMachine(limits: PeerNetworkLimits(), now: Self.second)
        let effects = machine.received(Frame(kind, [UInt8](repeating: 0, count: 8)).encoded, at: Self.second)
        #expect(effects == [Self.failure(.unexpected(kind))])
        #expect(machine.received(Self.hello.encoded, at: Self.second) == [])
    }

    @Test func `a second hello is refused`() {
        var machine = Self.established()
        #expect(machine.received(Self.hello.encoded, at: Self.second) == [Self.failure(.unexpected(.hello))])
    }

    @Test func `a goodbye ends the connection at any time and is no violation`() {
        var fresh = LinkStateMachine(limits: PeerNetworkLimits(), now: Self.second)
        var old = Self.established()
        let goodbye = Frame(.goodbye, Goodbye.encode("full")).encoded
        let expected = [Effect.end(LinkEnd(reason: "closed by the peer: full", saysGoodbye: false))]
        #expect(fresh.received(goodbye, at: Self.second) == expected)
        #expect(old.received(goodbye + Frame(.last(.votes), [1]).encoded, at: Self.second) == expected)
    }

    @Test func `another version ends the connection without a ban and garbage with one`() {
        var machine = LinkStateMachine(limits: PeerNetworkLimits(), now: Self.second)
        let other = machine.received(Frame(.hello, [0, 9]).encoded, at: Self.second)
        #expect(other == [.end(LinkEnd(reason: "protocol version 9, this node speaks 1"))])
        var garbage = Self.established()
        let effects = garbage.received(Array("GET / HTTP/1.1".utf8), at: Self.second)
        #expect(effects == [.end(LinkEnd(reason: WireFailure.frameLength(0x4745_5420).reason, isViolation: true))])
    }

    @Test(arguments: [FrameKind.ping, .pong]) func `a ping and a pong have eight bytes`(_ kind: FrameKind) {
        for count in [0, 7, 9] {
            var machine = Self.established()
            let frame = Frame(kind, [UInt8](repeating: 0, count: count))
            #expect(machine.received(frame.encoded, at: Self.second) == [Self.failure(.malformed(kind))])
        }
    }

    @Test func `a ping is answered and a pong measured`() {
        var machine = Self.established()
        let asked = Frame(.ping, [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(machine.received(asked.encoded, at: Self.second) == [.send(Frame(.pong, asked.payload))])
        guard case .send(let ping)? = machine.timePassed(to: 3 * Self.second, isReading: true).first else {
            Issue.record("no ping")
            return
        }
        #expect(ping.kind == .ping)
        let made = Frame(.pong, [0, 0, 0, 0, 0, 0, 0, 1]).encoded
        #expect(machine.received(made, at: 3 * Self.second + 40) == [])
        let pong = Frame(.pong, ping.payload).encoded
        #expect(machine.received(pong, at: 3 * Self.second + 50) == [.measured(roundTripNanoseconds: 50)])
    }

    @Test func `a silent peer is asked three times and given up`() {
        var machine = Self.established()
        var pings = 0
        for tick in 1...24 {
            let effects = machine.timePassed(to: Self.second + UInt64(tick) * Self.second / 4, isReading: true)
            if case .end(let end)? = effects.first {
                #expect(tick == 24)
                #expect(end.reason == "silent for 6000 ms" && !end.isViolation)
                break
            }
            pings += effects.count
        }
        #expect(pings == 3)
        #expect(machine.timePassed(to: 99 * Self.second, isReading: true) == [])
    }

    @Test func `a peer that is not read is not silent`() {
        var machine = Self.established()
        for tick in 1...40 {
            let effects = machine.timePassed(to: Self.second + UInt64(tick) * Self.second, isReading: false)
            #expect(!effects.contains { if case .end = $0 { true } else { false } })
        }
    }

    @Test func `before the hello there is no keepalive`() {
        var machine = LinkStateMachine(limits: PeerNetworkLimits(), now: Self.second)
        #expect(machine.timePassed(to: 60 * Self.second, isReading: true) == [])
    }

    @Test func `a peer above its rate is not read until the debt is paid`() {
        var machine = Self.established { $0.rates[.votes] = RateLimit(messagesPerSecond: 10, bytesPerSecond: 1_000) }
        let vote = Frame(.last(.votes), [UInt8](repeating: 0, count: 10)).encoded
        let within = machine.received([[UInt8]](repeating: vote, count: 10).flatMap(\.self), at: 2 * Self.second)
        #expect(within.count == 10)
        // Two more messages are two tenths of a second too early.
        let above = machine.received(vote + vote, at: 2 * Self.second)
        #expect(above.count == 3)
        #expect(above.last == .pause(untilNanoseconds: 2 * Self.second + Self.second / 5))
        #expect(machine.received(vote, at: 4 * Self.second).count == 1)
        // Bytes count on their own.
        let long = machine.received(
            Frame(.last(.votes), [UInt8](repeating: 0, count: 1_500)).encoded, at: 9 * Self.second)
        #expect(long.last == .pause(untilNanoseconds: 9 * Self.second + Self.second / 2))
    }

    @Test func `control frames have a rate too`() {
        var machine = Self.established { $0.controlFramesPerSecond = 5 }
        let ping = Frame(.ping, [UInt8](repeating: 0, count: 8)).encoded
        let effects = machine.received([[UInt8]](repeating: ping, count: 9).flatMap(\.self), at: 3 * Self.second)
        #expect(effects.last == .pause(untilNanoseconds: 3 * Self.second + Self.second * 4 / 5))
    }
}
