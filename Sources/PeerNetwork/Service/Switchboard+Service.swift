import Logging
import NIOCore
import Synchronization

// What the service and the handlers ask of all connections together.
extension Switchboard {
    func link(of id: PeerID) -> Link? { state.withLock { $0.links[id] } }
    func links(except id: PeerID?) -> [Link] {
        state.withLock { state in state.links.compactMap { $0.key == id ? nil : $0.value } }
    }
    var refusals: [PeerRefusal] { state.withLock(\.refusals.refusals) }
    var bans: [PeerBan] { state.withLock { $0.bans.all(at: Moment.now) } }
    var addresses: [PeerAddress] { state.withLock { $0.book.entries.values.map(\.address) } }

    func ban(_ id: PeerID, seconds: Int, reason: String) {
        let link = state.withLock { state in
            state.bans.ban(id, seconds: seconds, reason: reason, at: Moment.now)
            return state.links[id]
        }
        logger.notice("peer banned", metadata: ["peer": "\(id)", "seconds": "\(seconds)", "reason": "\(reason)"])
        link?.end(.refused("banned: \(reason)"))
    }

    /// What this node says first.
    var hello: Hello {
        Hello(network: configuration.networkID, listen: configuration.advertised?.place ?? bound, nonce: nonce)
    }

    /// Addresses to pass on to a peer.
    func addresses(for link: Link) -> [PeerAddress] {
        guard let id = link.id else { return [] }
        return state.withLock { state in
            state.book.sample(AddressList.countMax, for: id, using: &state.random)
                // What only this machine can reach is of no use elsewhere.
                .filter { !$0.isLoopback || link.isOnLoopback }
        }
    }

    /// Takes addresses that a peer passes on: IP addresses only, so that nobody makes this node look up names.
    func learn(_ addresses: [PeerAddress], from link: Link) {
        guard let source = link.id else { return }
        let usable = addresses.filter { $0.isIPAddress && !$0.isWildcard && (!$0.isLoopback || link.isOnLoopback) }
        let wall = Moment.now.wall
        state.withLock { state in for address in usable { state.book.learn(address, from: source, at: wall) } }
    }

    /// Whom to dial now.
    func dials() -> [PeerAddress] {
        let now = Moment.now
        return state.withLock { state in
            guard !state.isStopping else { return [] }
            let (links, bans) = (state.links, state.bans)
            return state.plan.due(
                at: now.steady, outbound: links.values.count(where: \.isOutbound), book: state.book,
                isFree: { links[$0] == nil && bans.ban(of: $0, at: now) == nil }, using: &state.random)
        }
    }

    /// The address book for its file, where it has changed.
    func changedBook() -> [UInt8]? { state.withLock { $0.book.isChanged ? $0.book.encoded() : nil } }

    func loadBook(_ bytes: [UInt8]) -> Bool { state.withLock { $0.book.load(bytes) } }

    /// Admits nobody any more, and says goodbye to all; their channels.
    func stop() -> [any Channel] {
        let links = state.withLock { state in
            state.isStopping = true
            return state.records.values.map(\.link)
        }
        for link in links { link.end(.refused("stopping")) }
        return links.map(\.channel)
    }
}

extension Link {
    fileprivate var isOnLoopback: Bool { PeerAddress(channel.remoteAddress)?.isLoopback ?? false }
}
