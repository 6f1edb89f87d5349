import Testing

@testable import PeerNetwork

/// Peers and consumers that are slow or too fast.
@Suite(.serialized) struct PressureTests {
    @Test func `a peer that does not read holds up nobody and costs no more than its queues`() async throws {
        let node = try await TestNode { configuration in
            configuration.limits.keepalive.deadNanoseconds = 120_000_000_000
            configuration.limits.queues[.sync].bytesMax = Lane.sync.messageBytesMax
        }
        let stuck = try await RawPeer.connect(to: try node.address)
        stuck.sayHello()
        let well = try await TestNode([try node.address])
        try await until("connected") { node.service.peers().count == 2 }
        try await stuck.read(false)
        let message = [UInt8](repeating: 3, count: 1 << 20)
        var refused = 0
        for number in 0..<100 {
            if !node.service.send(message, lane: .sync, to: stuck.id) { refused += 1 }
            if number.isMultiple(of: 10) {
                #expect(node.service.send([UInt8(number)], lane: .votes, to: well.id))
            }
        }
        try await until("the other peer has everything") { well.received(.votes, from: node.id).count == 10 }
        // 8 MiB in the lane, and what channel and kernel have taken: of 100 MiB the most is refused.
        #expect(refused > 50)
        let queued = try #require(node.service.peers().first { $0.id == stuck.id }).traffic[.sync]
        #expect(queued.bytesQueued <= Lane.sync.messageBytesMax)
        #expect(queued.messagesRefused == refused)
        // It reads again: everything that was queued arrives.
        try await stuck.read(true)
        try await until("it has the rest") { stuck.frames.count { $0.kind == .last(.sync) } == 100 - refused }
        for each in [node, well] { await each.stop() }
    }

    @Test func `a vote overtakes everything that waits in this process`() async throws {
        let node = try await TestNode { configuration in
            configuration.limits.keepalive.deadNanoseconds = 120_000_000_000
            configuration.limits.queues[.sync].bytesMax = 64 << 20
        }
        let peer = try await RawPeer.connect(to: try node.address)
        peer.sayHello()
        try await until("connected") { node.isConnected(to: peer.id) }
        try await peer.read(false)
        let long = [UInt8](repeating: 7, count: 4 << 20)
        for _ in 0..<16 { #expect(node.service.send(long, lane: .sync, to: peer.id)) }
        // Until the sockets are full, and nothing leaves the lane any more.
        func waiting() throws -> Int { try #require(node.service.peers().first).traffic[.sync].bytesQueued }
        var queued = [Int.max, try waiting()]
        while queued[0] != queued[1] {
            try await Task.sleep(for: .milliseconds(300))
            queued = [queued[1], try waiting()]
        }
        #expect(queued[1] > 0)
        #expect(node.service.send([1], lane: .votes, to: peer.id))
        try await peer.read(true)
        try await until("all has arrived") { peer.frames.count { $0.kind == .last(.sync) } == 16 }
        let frames = peer.frames
        let place = try #require(frames.firstIndex { $0.kind == .last(.votes) })
        let after = frames[place...].filter { $0.kind == .piece(.sync) || $0.kind == .last(.sync) }
        #expect(after.map(\.payload.count).reduce(0, +) == queued[1])
        await node.stop()
    }

    @Test func `a consumer that takes nothing stops its peers, loses nothing, and no connection`() async throws {
        let node = try await TestNode(isHeld: true) { configuration in
            configuration.limits.backlogBytesMax = 1 << 20
            configuration.limits.keepalive.pingNanoseconds = 100_000_000
            configuration.limits.keepalive.deadNanoseconds = 500_000_000
        }
        let sender = try await TestNode([try node.address]) { configuration in
            configuration.limits.keepalive.pingNanoseconds = 100_000_000
            configuration.limits.keepalive.deadNanoseconds = 1_500_000_000
        }
        try await until("connected") { sender.isConnected(to: node.id) }
        var sent = 0
        // Until nothing fits any more: backlog, sockets and the sender's own lane are full.
        var fullSince: ContinuousClock.Instant?
        while fullSince.map({ $0 + .seconds(2) > .now }) ?? true {
            let message = [UInt8(sent & 0xff), UInt8(sent >> 8)] + [UInt8](repeating: 0, count: 100_000)
            if sender.service.send(message, lane: .blocks, to: node.id) {
                sent += 1
                fullSince = nil
            } else {
                if fullSince == nil { fullSince = .now }
                try await Task.sleep(for: .milliseconds(1))
            }
        }
        let paused = try #require(node.service.peers().first)
        #expect(paused.isReadingPaused)
        #expect(paused.traffic[.blocks].bytesIn < 4 << 20)
        // Longer than the dead time, and still connected at both ends.
        #expect(sender.ends(of: node.id).isEmpty)
        node.recorder.hold(false)
        try await until("everything arrives") { node.received(.blocks, from: sender.id).count == sent }
        let numbers = node.received(.blocks, from: sender.id).map { Int($0[0]) | Int($0[1]) << 8 }
        #expect(numbers == Array(0..<sent))
        #expect(node.ends(of: sender.id).isEmpty)
        try await until("reading goes on") { node.service.peers().first?.isReadingPaused == false }
        for each in [node, sender] { await each.stop() }
    }

    @Test func `a peer above its rate is slowed down, not banned, and loses nothing`() async throws {
        let node = try await TestNode {
            $0.limits.rates[.transactions] = RateLimit(messagesPerSecond: 200, bytesPerSecond: 1 << 20)
        }
        let sender = try await TestNode([try node.address])
        try await until("connected") { sender.isConnected(to: node.id) }
        for number in 0..<300 { #expect(sender.service.send([UInt8(number & 0xff)], lane: .transactions, to: node.id)) }
        try await until("it is paused") { node.service.peers().first?.isReadingPaused == true }
        try await until("everything arrives") { node.received(.transactions, from: sender.id).count == 300 }
        #expect(node.received(.transactions, from: sender.id).map { Int($0[0]) } == (0..<300).map { $0 & 0xff })
        #expect(node.service.bans().isEmpty && node.ends(of: sender.id).isEmpty)
        for each in [node, sender] { await each.stop() }
    }

    @Test func `a peer that falls silent is given up`() async throws {
        let node = try await TestNode { configuration in
            configuration.limits.keepalive.pingNanoseconds = 100_000_000
            // Long enough that a busy machine has asked it before.
            configuration.limits.keepalive.deadNanoseconds = 5_000_000_000
        }
        let peer = try await RawPeer.connect(to: try node.address, isMute: true)
        peer.sayHello()
        try await until("it is given up") { node.ends(of: peer.id).first?.hasPrefix("silent for ") == true }
        #expect(peer.frames.contains { $0.kind == .ping })
        #expect(node.service.bans().isEmpty)
        await node.stop()
    }
}
