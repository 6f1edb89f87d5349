import Cryptography
import Testing

@testable import PeerNetwork

/// Peers that are not let in, or not kept.
@Suite(.serialized) struct RefusalTests {
    @Test func `a peer of another network is told so, and both ends say why`() async throws {
        let node = try await TestNode()
        let other = try await TestNode([try node.address]) { $0.networkID = "test-2/00" }
        try await until("both know") {
            node.isRefused("another network: test-2/00, not test-1/00")
                && other.isRefused("closed by the peer: another network: test-2/00, not test-1/00")
        }
        #expect(node.events.isEmpty && other.events.isEmpty)
        #expect(node.service.bans().isEmpty && other.service.bans().isEmpty)
        #expect(node.service.refusals().contains { $0.id == other.id && !$0.isOutbound })
        await node.stop()
        await other.stop()
    }

    @Test func `whoever answers with another key than was dialled is refused`() async throws {
        let node = try await TestNode()
        let expected = PeersTests.id(9)
        let dialler = try await TestNode([try node.address.of(expected)])
        try await until("it is seen") { dialler.isRefused("the key is that of \(node.id)") }
        #expect(dialler.events.isEmpty && node.events.isEmpty)
        await node.stop()
        await dialler.stop()
    }

    @Test func `a node does not connect with itself, nor with another one of its key`() async throws {
        let node = try await TestNode()
        let twin = try await RawPeer.connect(to: try node.address, key: node.key)
        twin.sayHello()
        try await until("it is refused") { twin.goodbye == "another node uses this node's key" }
        let other = try await RawPeer.connect(to: try node.address)
        other.sayHello()
        try await until("it is answered") { other.frames.first?.kind == .hello }
        let nonce = try #require(other.frames.first).payload.suffix(16)
        let mirror = try await RawPeer.connect(to: try node.address, key: node.key)
        mirror.sayHello(nonce: Array(nonce))
        try await until("it is refused") { mirror.goodbye == "a connection with itself" }
        #expect(node.service.peers().map(\.id) == [other.id])
        await node.stop()
    }

    @Test func `only peers on the list connect where there is one`() async throws {
        let (known, unknown) = (try SigningKey.generate(.edDSA), try SigningKey.generate(.edDSA))
        guard case .ed25519(let publicKey) = known.publicKey else { return }
        let node = try await TestNode { $0.allowed = [PeerID(publicKey: publicKey)] }
        let stranger = try await TestNode([try node.address], key: unknown)
        try await until("it is refused") { node.isRefused("peer \(stranger.id) is not on the list") }
        let friend = try await TestNode([try node.address], key: known)
        try await until("connected") { node.isConnected(to: friend.id) }
        #expect(!node.isConnected(to: stranger.id))
        for each in [node, stranger, friend] { await each.stop() }
    }

    /// What breaks the protocol after a hello, and how the reason begins.
    static let violations: [(String, [UInt8])] = [
        ("frame of 1195725856 bytes", Array("GET / HTTP/1.1\r\n\r\n".utf8)),
        ("frame of 0 bytes", [0, 0, 0, 0]),
        ("frame of 65538 bytes", [0, 1, 0, 2]),
        ("unknown frame kind 5", [0, 0, 0, 1, 5]),
        // A lane beyond the last one.
        ("unknown frame kind \(0x10 + Lane.allCases.count)", [0, 0, 0, 1, UInt8(0x10 + Lane.allCases.count)]),
        ("unexpected frame (hello)", Frame(.hello, [0, 1]).encoded),
        ("malformed frame (ping)", Frame(.ping, [1]).encoded),
        ("malformed frame (addresses)", Frame(.addresses, [9, 9]).encoded),
        ("short piece in sync", Frame(.piece(.sync), [1]).encoded),
        (
            "message in votes above 262144 bytes",
            [[UInt8]](
                repeating: Frame(.piece(.votes), [UInt8](repeating: 0, count: Frame.payloadBytesMax)).encoded, count: 5
            ).flatMap(\.self)
        ),
    ]

    @Test(arguments: violations) func `a violation ends the connection and bans the peer`(
        _ reason: String, _ bytes: [UInt8]
    ) async throws {
        let node = try await TestNode()
        let peer = try await RawPeer.connect(to: try node.address)
        peer.sayHello()
        try await until("connected") { node.isConnected(to: peer.id) }
        peer.send(bytes)
        try await until("it is told why") { peer.goodbye?.hasPrefix(reason) == true }
        try await until("it is banned") { node.service.bans().map(\.id) == [peer.id] }
        #expect(node.service.bans()[0].reason.hasPrefix(reason))
        try await until("the consumer knows") { node.ends(of: peer.id).first?.hasPrefix(reason) == true }
        try await until("it is closed") { peer.isClosed }
        let again = try await RawPeer.connect(to: try node.address, key: peer.key)
        again.sayHello()
        try await until("it is kept out") { again.goodbye?.hasPrefix("banned: \(reason)") == true }
        await node.stop()
    }

    /// Time for TLS and a hello, in nanoseconds: where all suites begin at once, TLS alone takes seconds.
    private static let patience = 20_000_000_000

    /// Whether a peer was told that it says no hello, or nothing, where not even TLS was through in time.
    private static func isToldOfHello(_ peer: RawPeer) -> Bool {
        peer.goodbye == nil || peer.goodbye == "no hello within 20000 ms"
    }

    @Test func `whoever sends before saying hello is banned, whoever says nothing is not`() async throws {
        let node = try await TestNode()
        let eager = try await RawPeer.connect(to: try node.address)
        eager.send(Frame(.last(.votes), [1]).encoded)
        try await until("it is banned") { node.service.bans().map(\.id) == [eager.id] }
        await node.stop()
        let impatient = try await TestNode { $0.limits.handshakeNanoseconds = Self.patience }
        let silent = try await RawPeer.connect(to: try impatient.address)
        try await until("it is refused") { silent.isClosed }
        #expect(Self.isToldOfHello(silent))
        #expect(impatient.service.bans().isEmpty && impatient.events.isEmpty)
        await impatient.stop()
    }

    @Test func `another version is refused without a ban`() async throws {
        let node = try await TestNode()
        let peer = try await RawPeer.connect(to: try node.address)
        peer.send(Frame(.hello, [0, 2, 1, 2, 3]).encoded)
        try await until("it is told") { peer.goodbye == "protocol version 2, this node speaks 1" }
        #expect(node.service.bans().isEmpty)
        await node.stop()
    }

    @Test func `a banned peer is told why, kept out, and dialled no more until its time is over`() async throws {
        let node = try await TestNode()
        let dialler = try await TestNode([try node.address])
        try await until("connected") { node.isConnected(to: dialler.id) && dialler.isConnected(to: node.id) }
        node.service.ban(dialler.id, seconds: 3_600, reason: "sends nonsense")
        try await until("it is told") { dialler.ends(of: node.id) == ["closed by the peer: banned: sends nonsense"] }
        try await until("it is kept out") { dialler.isRefused("closed by the peer: banned: sends nonsense") }
        #expect(node.ends(of: dialler.id) == ["banned: sends nonsense"])
        let ban = try #require(node.service.bans().first)
        #expect(ban.id == dialler.id && ban.until - ban.since == 3_600_000)
        // Whom this node bans it does not dial either.
        let banning = try await TestNode([try node.address])
        try await until("connected") { banning.isConnected(to: node.id) }
        banning.service.ban(node.id, seconds: 1, reason: "a moment")
        try await until("disconnected") { node.ends(of: banning.id).count == 1 }
        try await until("connected again") { node.isConnected(to: banning.id) }
        #expect(!banning.isRefused("banned"))
        for each in [node, dialler, banning] { await each.stop() }
    }

    @Test func `beyond the limits nobody is admitted but persistent peers`() async throws {
        let friend = try SigningKey.generate(.edDSA)
        guard case .ed25519(let publicKey) = friend.publicKey else { return }
        // Known by identity; under this address nobody answers.
        let persistent = try #require(PeerAddress(id: PeerID(publicKey: publicKey), host: "127.0.0.1", port: 1))
        let node = try await TestNode([persistent]) { configuration in
            configuration.limits.inboundMax = 3
            configuration.limits.inboundPerAddressMax = 2
        }
        var peers: [RawPeer] = []
        for number in 0..<3 {
            let peer = try await RawPeer.connect(to: try node.address)
            peer.sayHello()
            peers.append(peer)
            if number < 2 { try await until("connected") { node.isConnected(to: peer.id) } }
        }
        try await until("the third is refused") { peers[2].goodbye == "too many connections from 127.0.0.1" }
        let known = try await RawPeer.connect(to: try node.address, key: friend)
        known.sayHello()
        try await until("connected") { node.isConnected(to: known.id) }
        peers[0].close()
        try await until("disconnected") { !node.isConnected(to: peers[0].id) }
        // Its place is free a moment after it is gone.
        var isIn = false
        for _ in 0..<100 where !isIn {
            let next = try await RawPeer.connect(to: try node.address)
            next.sayHello()
            try await until("it is answered") { next.goodbye != nil || node.isConnected(to: next.id) }
            isIn = node.isConnected(to: next.id)
            if !isIn { try await Task.sleep(for: .milliseconds(20)) }
        }
        #expect(isIn)
        await node.stop()
    }

    @Test func `in all there are no more than the limit`() async throws {
        let node = try await TestNode { $0.limits.inboundMax = 1 }
        let first = try await RawPeer.connect(to: try node.address)
        first.sayHello()
        try await until("connected") { node.isConnected(to: first.id) }
        let second = try await RawPeer.connect(to: try node.address)
        second.sayHello()
        try await until("it is refused") { second.goodbye == "too many connections" }
        await node.stop()
    }

    @Test func `connections that say no hello take only so many places`() async throws {
        let node = try await TestNode { configuration in
            configuration.limits.handshakesPerAddressMax = 2
            configuration.limits.handshakeNanoseconds = Self.patience
        }
        let address = try node.address
        let silent = [try await RawPeer.connect(to: address), try await RawPeer.connect(to: address)]
        let third = try? await RawPeer.connect(to: address)
        try await until("there is no place") { node.isRefused("too many handshakes") }
        try await until("it is closed") { third?.isClosed ?? true }
        // Their places are free once their time is over.
        try await until("their time is over") { silent.allSatisfy(\.isClosed) }
        #expect(silent.allSatisfy(Self.isToldOfHello))
        let late = try await RawPeer.connect(to: address)
        late.sayHello()
        try await until("connected") { node.isConnected(to: late.id) }
        await node.stop()
    }
}
