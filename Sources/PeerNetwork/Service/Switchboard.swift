import Logging
import NIOCore
import Synchronization

/// Which connections there are and which of them stands for a peer: who is admitted, who is kept out, who is dialled.
///
/// One lock around plain values. Connections are told what to do after it is released: an event loop may answer at once.
final class Switchboard: Sendable {
    let own: PeerID
    let configuration: PeerNetworkConfiguration
    let events: EventQueue
    /// Drawn once a start: tells this process from another one with the same key.
    let nonce: [UInt8]
    let logger: Logger
    let state: Mutex<SwitchboardState>

    var limits: PeerNetworkLimits { configuration.limits }

    init(own: PeerID, configuration: PeerNetworkConfiguration, nonce: [UInt8], logger: Logger) {
        self.own = own
        self.configuration = configuration
        self.nonce = nonce
        self.logger = logger
        events = EventQueue(limits: configuration.limits)
        state = Mutex(SwitchboardState(own: own, configuration: configuration))
    }

    var bound: PeerAddress? {
        get { state.withLock(\.bound) }
        set { state.withLock { $0.bound = newValue } }
    }

    // MARK: Connections come

    /// A connection of somebody else's; nil where there are too many that have not said hello yet.
    func accept(_ channel: any Channel) -> Link? {
        let address = PeerAddress(channel.remoteAddress)
        return state.withLock { state -> Link? in
            guard !state.isStopping, let address else { return nil }
            guard state.hasRoomForHandshake(from: address, limits) else {
                refuse(nil, address, isOutbound: false, "too many handshakes", &state)
                return nil
            }
            return state.enter(channel, address, isOutbound: false, limits)
        }
    }

    /// A connection of our own; nil where the network stops.
    func dialled(_ channel: any Channel, to address: PeerAddress) -> Link? {
        state.withLock { state in
            state.isStopping ? nil : state.enter(channel, address, isOutbound: true, limits)
        }
    }

    /// Whom the certificate of a connection proves, before the handshake is done; a refusal ends it.
    func prove(_ link: Link, _ proven: Result<PeerID, Unproven>) throws(Unproven) {
        let id = try proven.get()
        if let expected = link.address.id, expected != id {
            throw Unproven(reason: "the key is that of \(id)")
        }
        let isAllowed = configuration.allowed.map { $0.contains(id) || isPersistent(id) } ?? true
        guard link.isOutbound || isAllowed else { throw Unproven(reason: "peer \(id) is not on the list") }
        link.proven(id)
    }

    private func isPersistent(_ id: PeerID) -> Bool { state.withLock { $0.plan.isPersistent(id) } }

    /// Admits a peer that said hello, or says why not.
    ///
    /// Of two connections with one peer the one that the lower identity has dialled stays; of two that the same end has
    /// dialled the later one, for whoever dials again has lost the earlier one. Both ends decide the same.
    func admit(_ link: Link, _ hello: Hello) -> String? {
        let now = Moment.now
        guard let id = link.id else { return "nobody is proven" }
        let (refusal, replaced) = state.withLock { state -> (String?, Link?) in
            if let refusal = reason(against: id, link, hello, state, now) { return (refusal, nil) }
            let standing = state.links[id]
            if let standing, dialler(of: standing, id) != dialler(of: link, id), dialler(of: link, id) > min(own, id) {
                return ("another connection stands", nil)
            }
            if let standing {
                state.records[standing.serial]?.phase = .retired
                events.disconnected(standing, id, reason: "replaced by another connection")
            }
            link.admitted(listen: listening(hello, link), at: now)
            state.records[link.serial]?.phase = .admitted
            state.links[id] = link
            if link.isOutbound { state.plan.connected(id) }
            if let listen = listening(hello, link) {
                state.book.learn(listen.of(id), from: id, at: now.wall)
                state.book.reached(id, at: now.wall)
            }
            events.connected(link, id)
            return (nil, standing)
        }
        replaced?.end(.refused("replaced by another connection"))
        if refusal == nil {
            logger.info(
                "peer connected", metadata: ["peer": "\(id)", "address": "\(link.address.place)", "way": link.way])
        }
        return refusal
    }

    private func reason(against id: PeerID, _ link: Link, _ hello: Hello, _ state: SwitchboardState, _ now: Moment)
        -> String?
    {
        if state.isStopping { return "stopping" }
        if id == own { return hello.nonce == nonce ? "a connection with itself" : "another node uses this node's key" }
        if hello.network != configuration.networkID {
            return "another network: \(hello.network), not \(configuration.networkID)"
        }
        if let ban = state.bans.ban(of: id, at: now) { return "banned: \(ban.reason)" }
        if events.isFull { return "busy" }
        return state.crowding(link, id, limits)
    }

    private func dialler(of link: Link, _ id: PeerID) -> PeerID { link.isOutbound ? own : id }

    /// Where the peer says that it listens; a wildcard is where it is seen.
    private func listening(_ hello: Hello, _ link: Link) -> PeerAddress? {
        guard let listen = hello.listen, listen.isWildcard else { return hello.listen }
        return PeerAddress(host: link.channel.remoteAddress?.ipAddress ?? listen.host, port: listen.port)
    }

    func isAdmitted(_ link: Link) -> Bool {
        state.withLock { $0.records[link.serial].map { $0.phase != .handshaking } ?? true }
    }

    // MARK: Connections go

    /// A connection has ended; called once for each.
    func ended(_ link: Link, _ end: LinkEnd) {
        let now = Moment.now
        let wasAdmitted = state.withLock { state -> Bool in
            guard let record = state.records.removeValue(forKey: link.serial) else { return false }
            let id = link.id
            if let id, state.links[id] === link {
                state.links[id] = nil
                events.disconnected(link, id, reason: end.reason)
            }
            if end.isViolation, let id {
                state.bans.ban(id, seconds: limits.violationBanSeconds, reason: end.reason, at: now)
            }
            // A second connection with a peer that has one is no news.
            let isSpare = id.map { state.links[$0] != nil } ?? false
            if record.phase == .handshaking && !isSpare || end.isViolation {
                refuse(id, link.address, isOutbound: link.isOutbound, end.reason, &state)
            }
            if let peer = link.address.id ?? id {
                let lasted = record.phase == .handshaking ? 0 : now.steady - link.since.steady
                if link.isOutbound, record.phase == .handshaking, !isSpare { state.book.missed(peer) }
                state.plan.ended(
                    peer, wasDialled: link.isOutbound, after: lasted, at: now.steady, using: &state.random)
            }
            return record.phase == .admitted
        }
        if wasAdmitted, let id = link.id {
            logger.info(
                "peer disconnected",
                metadata: ["peer": "\(id)", "address": "\(link.address.place)", "reason": "\(end.reason)"])
        }
    }

    /// No connection came about.
    func dialFailed(_ address: PeerAddress, _ reason: String) {
        guard let id = address.id else { return }
        state.withLock { state in
            refuse(nil, address, isOutbound: true, reason, &state)
            state.book.missed(id)
            state.plan.ended(id, wasDialled: true, after: 0, at: Moment.now.steady, using: &state.random)
        }
    }

    private func refuse(
        _ id: PeerID?, _ address: PeerAddress, isOutbound: Bool, _ reason: String, _ state: inout SwitchboardState
    ) {
        let refusal = PeerRefusal(
            time: Moment.now.wall, count: 1, id: id, address: address, isOutbound: isOutbound, reason: reason)
        guard state.refusals.enter(refusal), !state.isStopping else { return }
        logger.notice(
            "connection refused",
            metadata: [
                "peer": "\(id.map { "\($0)" } ?? "unknown")", "address": "\(address)",
                "way": isOutbound ? "outbound" : "inbound", "reason": "\(reason)",
            ])
    }
}

extension Link {
    fileprivate var way: Logger.MetadataValue { isOutbound ? "outbound" : "inbound" }
}
