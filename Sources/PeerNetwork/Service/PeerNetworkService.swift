import Cryptography
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// The node's connections with its peers.
///
/// Made, then run; ``events()`` has one consumer, everything else may be called from anywhere and never waits.
package final class PeerNetworkService: Service, Sendable {
    /// How often it is looked whom to dial.
    private static let dialInterval = Duration.milliseconds(50)
    /// How often the address book is written, where it has changed.
    private static let bookInterval: UInt64 = 30_000_000_000
    /// How long a stop waits for the last bytes.
    private static let stopLimit = Duration.seconds(1)

    /// This node's identity.
    package let id: PeerID
    private let switchboard: Switchboard
    private let identity: TLSIdentity
    private let logger: Logger

    /// Checks the whole configuration and makes the node's certificate.
    ///
    /// - Throws: `configuration` with everything that is wrong; `certificate`.
    package init(_ configuration: PeerNetworkConfiguration, logger: Logger) throws(PeerNetworkFailure) {
        let problems = configuration.problems
        guard problems.isEmpty, case .ed25519(let publicKey) = configuration.nodeKey.publicKey else {
            throw PeerNetworkFailure(
                code: .configuration, message: "peer network: \(problems.joined(separator: "; "))", cause: nil)
        }
        do { identity = try TLSIdentity(nodeKey: configuration.nodeKey) } catch {
            throw PeerNetworkFailure(
                code: .certificate, message: "peer network: no certificate for the node key: \(error)", cause: error)
        }
        id = PeerID(publicKey: publicKey)
        self.logger = logger
        switchboard = Switchboard(
            own: id, configuration: configuration, nonce: SecureRandom.bytes(Hello.nonceBytes), logger: logger)
    }

    /// Where the node listens, with its identity; nil before ``run()`` does.
    package var boundAddress: PeerAddress? { switchboard.bound?.of(id) }

    /// Everything that happens, for one consumer: call it once.
    ///
    /// It ends when the network has stopped. A consumer that is slow stops its peers' sockets from being read; one that
    /// takes nothing at all does so after ``PeerNetworkLimits/backlogBytesMax`` a peer.
    package func events() -> AsyncStream<PeerEvent> {
        let queue = switchboard.events
        return AsyncStream { await queue.next() }
    }

    /// The same, and instead of it, in portions of what waits: for a consumer that many small messages reach.
    package func batches() -> AsyncStream<[PeerEvent]> {
        let queue = switchboard.events
        return AsyncStream { await queue.nextBatch() }
    }

    /// Queues a message for a peer and never waits; false where the peer is not connected or its lane has no room.
    ///
    /// True says that it will be sent if the connection lasts, not that it arrives. A message above its lane's
    /// ``Lane/messageBytesMax`` is never sent.
    @discardableResult
    package func send(_ bytes: [UInt8], lane: Lane, to peer: PeerID) -> Bool {
        guard isSendable(bytes, lane), let link = switchboard.link(of: peer) else { return false }
        return link.send(bytes, in: lane)
    }

    /// Queues a message for every connected peer but one that has room in the lane; for how many that was.
    @discardableResult
    package func broadcast(_ bytes: [UInt8], lane: Lane, except: PeerID? = nil) -> Int {
        guard isSendable(bytes, lane) else { return 0 }
        return switchboard.links(except: except).count { $0.send(bytes, in: lane) }
    }

    /// Bytes that wait to be sent to a peer in a lane; nil where it is not connected.
    package func queuedBytes(in lane: Lane, to peer: PeerID) -> Int? {
        switchboard.link(of: peer)?.queuedBytes(in: lane)
    }

    private func isSendable(_ bytes: [UInt8], _ lane: Lane) -> Bool {
        guard bytes.count > lane.messageBytesMax else { return true }
        logger.error("message too long for its lane", metadata: ["lane": "\(lane)", "bytes": "\(bytes.count)"])
        return false
    }

    /// The connected peers, in the order of their identities.
    package func peers() -> [PeerInfo] { switchboard.links(except: nil).compactMap(\.info).sorted { $0.id < $1.id } }

    /// The last connections that did not come about or ended by a violation, with the reason; the newest is the last.
    package func refusals() -> [PeerRefusal] { switchboard.refusals }

    /// Ends the connection with a peer and keeps it out for so long; the peer is told the reason.
    package func ban(_ peer: PeerID, seconds: Int, reason: String) {
        switchboard.ban(peer, seconds: seconds, reason: reason)
    }

    /// Who is kept out now, in the order of identities.
    package func bans() -> [PeerBan] { switchboard.bans }

    /// The addresses in the book.
    package func knownAddresses() -> [PeerAddress] { switchboard.addresses }

    /// Listens and dials until a graceful shutdown or cancellation, then ends every connection and the events.
    ///
    /// - Throws: `listen` where the address cannot be used.
    package func run() async throws {
        let channels = PeerChannel(
            identity: identity, switchboard: switchboard, group: MultiThreadedEventLoopGroup.singleton)
        let file = switchboard.configuration.addressBookFile.map { AddressBookFile(path: $0) }
        if let bytes = file?.read(), !switchboard.loadBook(bytes) {
            logger.warning(
                "the address book cannot be read and is begun anew", metadata: ["file": "\(file?.path ?? "")"])
        }
        let server = try await listen(channels)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.dial(channels, file) }
            // Thrown where the task is cancelled instead: the end is the same.
            try? await gracefulShutdown()
            group.cancelAll()
        }
        await stop(server, file)
    }

    private func listen(_ channels: PeerChannel) async throws(PeerNetworkFailure) -> any Channel {
        let listen = switchboard.configuration.listen
        do {
            let server = try await channels.listen(on: listen)
            switchboard.bound = PeerAddress(host: listen.host, port: server.localAddress?.port ?? listen.port)
            logger.info("peer network listens", metadata: ["address": "\(boundAddress ?? listen)"])
            return server
        } catch {
            switchboard.events.finish()
            throw PeerNetworkFailure(
                code: .listen,
                message: "peer network: cannot listen on \(listen), \(error.reason); choose another address or port",
                cause: error)
        }
    }

    private func dial(_ channels: PeerChannel, _ file: AddressBookFile?) async {
        var writtenAt = Moment.now.steady
        while !Task.isCancelled {
            for address in switchboard.dials() { channels.dial(address) }
            let now = Moment.now.steady
            if now - writtenAt >= Self.bookInterval {
                writtenAt = now
                write(file)
            }
            try? await Task.sleep(for: Self.dialInterval)
        }
    }

    private func write(_ file: AddressBookFile?) {
        guard let file, let bytes = switchboard.changedBook() else { return }
        if !file.write(bytes) {
            logger.warning("the address book cannot be written", metadata: ["file": "\(file.path)"])
        }
    }

    private func stop(_ server: any Channel, _ file: AddressBookFile?) async {
        try? await server.close().get()
        let channels = switchboard.stop()
        // Unstructured within its scope: the task that runs us may be cancelled, and the goodbyes still count.
        await Task {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { for channel in channels { try? await channel.closeFuture.get() } }
                group.addTask { try? await Task.sleep(for: Self.stopLimit) }
                await group.next()
                for channel in channels where channel.isActive { channel.close(mode: .all, promise: nil) }
                group.cancelAll()
            }
        }.value
        write(file)
        switchboard.events.finish()
    }
}
