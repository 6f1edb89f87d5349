import Cryptography
import Foundation
import Glibc
import Logging
import ServiceLifecycle
import Testing

@testable import PeerNetwork

/// Nodes that talk over real sockets.
@Suite(.serialized) struct ConnectionTests {
    /// `count` nodes, each of which dials all before it, connected.
    static func nodes(_ count: Int) async throws -> [TestNode] {
        var nodes: [TestNode] = []
        for _ in 0..<count { nodes.append(try await TestNode(nodes.map { try $0.address })) }
        try await until("all are connected") { nodes.allSatisfy { $0.service.peers().count == count - 1 } }
        return nodes
    }

    @Test(arguments: [2, 4]) func `nodes exchange messages in every lane, each lane in its order`(_ count: Int)
        async throws
    {
        let nodes = try await Self.nodes(count)
        for number in 0..<50 {
            for node in nodes {
                for lane in Lane.allCases {
                    let message = [UInt8(number)] + [UInt8](repeating: lane.rawValue, count: number * 300)
                    #expect(node.service.broadcast(message, lane: lane) == count - 1)
                }
            }
        }
        try await until("everything has arrived") {
            nodes.allSatisfy { node in
                node.service.peers().allSatisfy { peer in Lane.allCases.allSatisfy { peer.traffic[$0].messagesIn == 50 }
                }
            }
        }
        for node in nodes {
            for other in nodes where other !== node {
                for lane in Lane.allCases {
                    try await until("\(lane) is consumed") { node.received(lane, from: other.id).count == 50 }
                    let messages = node.received(lane, from: other.id)
                    #expect(messages.map { $0[0] } == (0..<50).map { UInt8($0) })
                    #expect(messages.allSatisfy { $0.count == 1 + Int($0[0]) * 300 })
                }
                #expect(node.ends(of: other.id).isEmpty)
            }
        }
        for node in nodes { await node.stop() }
    }

    @Test func `the longest message of each lane arrives, and a longer one is not sent`() async throws {
        let nodes = try await Self.nodes(2)
        for lane in Lane.allCases {
            let longest = (0..<lane.messageBytesMax).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
            #expect(!nodes[0].service.send(longest + [0], lane: lane, to: nodes[1].id))
            #expect(nodes[0].service.send(longest, lane: lane, to: nodes[1].id))
            #expect(nodes[0].service.send([], lane: lane, to: nodes[1].id))
            try await until("it arrives") { nodes[1].received(lane, from: nodes[0].id).count == 2 }
            #expect(nodes[1].received(lane, from: nodes[0].id) == [longest, []])
        }
        for node in nodes { await node.stop() }
    }

    @Test func `peers are shown with what went through and how far they are`() async throws {
        let nodes = try await Self.nodes(2)
        #expect(nodes[0].service.send([1, 2, 3], lane: .blocks, to: nodes[1].id))
        try await until("it arrives") { nodes[1].received(.blocks, from: nodes[0].id).count == 1 }
        try await until("the round trip is measured") {
            nodes.allSatisfy { $0.service.peers().first?.roundTripNanoseconds ?? 0 > 0 }
        }
        let (sender, receiver) = (
            try #require(nodes[0].service.peers().first), try #require(nodes[1].service.peers().first)
        )
        #expect(!sender.isOutbound && receiver.isOutbound)
        #expect(try sender.id == nodes[1].id && receiver.address == nodes[0].address)
        #expect(try sender.listen == nodes[1].address.place)
        #expect(sender.traffic[.blocks].bytesOut == 3 && sender.traffic[.blocks].messagesOut == 1)
        #expect(receiver.traffic[.blocks].bytesIn == 3 && receiver.traffic[.blocks].messagesIn == 1)
        #expect(sender.traffic[.blocks].messagesQueued == 0 && sender.connectedSince > 1_700_000_000_000)
        for node in nodes { await node.stop() }
    }

    @Test func `nobody is sent anything who is not connected`() async throws {
        let node = try await TestNode()
        #expect(!node.service.send([1], lane: .votes, to: PeersTests.id(1)))
        #expect(!node.service.send([1], lane: .votes, to: node.id))
        #expect(node.service.broadcast([1], lane: .votes) == 0)
        await node.stop()
        #expect(!node.service.send([1], lane: .votes, to: PeersTests.id(1)))
    }

    @Test func `a peer that restarts is connected again`() async throws {
        let nodes = try await Self.nodes(2)
        let (port, key) = (try nodes[0].address.port, nodes[0].key)
        await nodes[0].stop()
        try await until("the end is seen") { nodes[1].ends(of: nodes[0].id).count == 1 }
        #expect(nodes[1].ends(of: nodes[0].id)[0] == "closed by the peer: stopping")
        let again = try await TestNode(port: port, key: key)
        try await until("connected again") { nodes[1].isConnected(to: again.id) && again.isConnected(to: nodes[1].id) }
        #expect(nodes[1].service.send([5], lane: .votes, to: again.id))
        try await until("it arrives") { again.received(.votes, from: nodes[1].id) == [[5]] }
        await again.stop()
        await nodes[1].stop()
    }

    @Test func `a peer that comes late is waited for`() async throws {
        let late = try SigningKey.generate(.edDSA)
        let address = try TestNode.freeAddress(of: late)
        let node = try await TestNode([address])
        try await until("the attempt has failed") { node.isRefused("no connection") }
        let other = try await TestNode(port: address.port, key: late)
        try await until("connected") { other.isConnected(to: node.id) }
        await node.stop()
        await other.stop()
    }

    @Test func `of two connections at once both ends keep the same one`() async throws {
        for _ in 0..<5 {
            let (one, two) = (try SigningKey.generate(.edDSA), try SigningKey.generate(.edDSA))
            let addresses = [try TestNode.freeAddress(of: one), try TestNode.freeAddress(of: two)]
            // Both know each other from the start, and dial at the same time.
            async let left = TestNode(addresses, port: addresses[0].port, key: one)
            async let right = TestNode(addresses, port: addresses[1].port, key: two)
            let nodes = [try await left, try await right]
            try await until("connected") {
                nodes[0].isConnected(to: nodes[1].id) && nodes[1].isConnected(to: nodes[0].id)
            }
            try await until("both ends agree") {
                guard let here = nodes[0].service.peers().first, let there = nodes[1].service.peers().first else {
                    return false
                }
                return here.isOutbound != there.isOutbound
            }
            #expect(nodes.map { $0.service.peers().count } == [1, 1])
            // What both tell their consumers alternates, and ends connected.
            try await until("the consumers know") {
                nodes.allSatisfy { node in
                    let isConnected = node.events.map { if case .connected = $0 { true } else { false } }
                    return isConnected == isConnected.indices.map { $0.isMultiple(of: 2) } && isConnected.last == true
                }
            }
            for node in nodes { await node.stop() }
        }
    }

    @Test func `a network stops cleanly with its service group`() async throws {
        let peer = try await TestNode()
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let service = try PeerNetworkService(
            PeerNetworkConfiguration(
                listen: try #require(PeerAddress("127.0.0.1:0")), nodeKey: try SigningKey.generate(.edDSA),
                networkID: TestNode.network, peers: [try peer.address]), logger: logger)
        let group = ServiceGroup(services: [service], logger: logger)
        async let running: Void = group.run()
        try await until("connected") { peer.isConnected(to: service.id) }
        await group.triggerGracefulShutdown()
        try await running
        // The events end, with the end of the connection before that.
        var events: [PeerEvent] = []
        for await event in service.events() { events.append(event) }
        #expect(events.count == 2 && events.last == .disconnected(peer.id, reason: "stopping"))
        try await until("the other end knows") { peer.ends(of: service.id) == ["closed by the peer: stopping"] }
        #expect(service.peers().isEmpty)
        await peer.stop()
    }

    @Test func `an address that is taken is said`() async throws {
        let node = try await TestNode()
        let port = try node.address.port
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let second = try PeerNetworkService(
            PeerNetworkConfiguration(
                listen: try #require(PeerAddress("127.0.0.1:\(port)")), nodeKey: try SigningKey.generate(.edDSA),
                networkID: "n"), logger: logger)
        let failure = await #expect(throws: PeerNetworkFailure.self) { try await second.run() }
        #expect(failure?.code == .listen)
        for await event in second.events() { Issue.record("\(event)") }
        await node.stop()
    }

    @Test func `everything that is wrong with a configuration is said at once`() throws {
        let p256 = try SigningKey.generate(.es256)
        var configuration = PeerNetworkConfiguration(
            listen: try #require(PeerAddress("127.0.0.1:0")), nodeKey: p256, networkID: "",
            peers: [try #require(PeerAddress("a.example:1"))])
        configuration.limits.bansMax = 0
        let failure = #expect(throws: PeerNetworkFailure.self) {
            try PeerNetworkService(configuration, logger: Logger(label: "test"))
        }
        #expect(failure?.code == .configuration)
        for part in ["Ed25519", "network id", "ID@host:port", "bansMax"] {
            #expect(failure?.message.contains(part) == true, "\(part)")
        }
    }

    @Test func `addresses go round, and the book fills missing connections and survives a restart`() async throws {
        let hub = try await TestNode()
        let first = try await TestNode([try hub.address])
        try await until("connected") { hub.isConnected(to: first.id) }
        let file = FileManager.default.temporaryDirectory.appending(path: "vivian-book-\(hub.id).json").path
        let second = try await TestNode([try hub.address]) { configuration in
            configuration.addressBookFile = file
            configuration.limits.outboundWanted = 8
        }
        // The second one hears of the first from the hub, and dials it.
        try await until("found") { second.isConnected(to: first.id) && first.isConnected(to: second.id) }
        let key = second.key
        await second.stop()
        await hub.stop()
        // Without the hub the file leads to the first one.
        let again = try await TestNode(key: key) { configuration in
            configuration.addressBookFile = file
            configuration.limits.outboundWanted = 8
        }
        try await until("found again") { again.isConnected(to: first.id) }
        await again.stop()
        await first.stop()
        remove(file)
    }
}
