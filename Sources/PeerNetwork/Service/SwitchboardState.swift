import NIOCore

/// What ``Switchboard`` keeps under its lock.
struct SwitchboardState {
    enum Phase { case handshaking, admitted, retired }

    struct Record {
        let link: Link
        var phase = Phase.handshaking
    }

    /// Every connection, from its first moment to its last.
    var records: [UInt64: Record] = [:]
    /// The connection that stands, for each peer.
    var links: [PeerID: Link] = [:]
    private var serial: UInt64 = 0
    var bans: BanList
    var refusals = RefusalLog()
    var book: AddressBook
    var plan: DialPlan
    var bound: PeerAddress?
    var isStopping = false
    var random = SystemRandomNumberGenerator()

    init(own: PeerID, configuration: PeerNetworkConfiguration) {
        bans = BanList(countMax: configuration.limits.bansMax)
        book = AddressBook(own: own, limits: configuration.limits)
        plan = DialPlan(peers: configuration.peers, own: own, limits: configuration.limits)
    }

    mutating func enter(
        _ channel: any Channel, _ address: PeerAddress, isOutbound: Bool, _ limits: PeerNetworkLimits
    ) -> Link {
        serial += 1
        let link = Link(serial: serial, channel: channel, address: address, isOutbound: isOutbound, limits: limits)
        records[serial] = Record(link: link)
        return link
    }

    /// Whether another connection may begin its handshake, in all and from its address.
    func hasRoomForHandshake(from address: PeerAddress, _ limits: PeerNetworkLimits) -> Bool {
        let waiting = records.values.filter { $0.phase == .handshaking && !$0.link.isOutbound }
        let here = waiting.count { $0.link.address.host == address.host }
        return waiting.count < limits.handshakesMax && here < limits.handshakesPerAddressMax
    }

    /// Why a peer that has no connection yet gets none, by number; nil where there is room.
    func crowding(_ link: Link, _ id: PeerID, _ limits: PeerNetworkLimits) -> String? {
        // Whoever has a connection gets no second one: what replaces it is counted already.
        guard !link.isOutbound, !plan.isPersistent(id), links[id] == nil else { return nil }
        // Persistent peers have places of their own.
        let inbound = links.filter { !$0.value.isOutbound && !plan.isPersistent($0.key) }.values
        if inbound.count >= limits.inboundMax { return "too many connections" }
        let here = inbound.count { $0.address.host == link.address.host }
        return here >= limits.inboundPerAddressMax ? "too many connections from \(link.address.host)" : nil
    }
}
