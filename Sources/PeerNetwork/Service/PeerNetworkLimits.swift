/// How much of one lane may wait for one peer.
package struct QueueLimit: Hashable, Sendable {
    package var messagesMax: Int
    package var bytesMax: Int

    package init(messagesMax: Int, bytesMax: Int) {
        self.messagesMax = messagesMax
        self.bytesMax = bytesMax
    }
}

/// How fast one peer may send in one lane; a second's worth may come at once.
package struct RateLimit: Hashable, Sendable {
    package var messagesPerSecond: Int
    package var bytesPerSecond: Int

    package init(messagesPerSecond: Int, bytesPerSecond: Int) {
        self.messagesPerSecond = messagesPerSecond
        self.bytesPerSecond = bytesPerSecond
    }
}

/// When a silent peer is asked, and when it is given up.
package struct KeepaliveLimits: Hashable, Sendable {
    /// Between two pings.
    package var pingNanoseconds = 2_000_000_000
    /// Silence after which a peer is dead: three pings unanswered.
    package var deadNanoseconds = 6_000_000_000

    package init() {}
}

/// Every bound of the network, with what happens there.
package struct PeerNetworkLimits: Hashable, Sendable {
    /// What waits to be sent to one peer; beyond it `send` answers false.
    ///
    /// At least a lane's longest message.
    package var queues = PerLane<QueueLimit> { lane in
        switch lane {
        // A height of 100 validators has some 200 votes of 200 bytes: a peer that lags by that much ten times over is lost.
        case .votes: QueueLimit(messagesMax: 4_096, bytesMax: 1 << 20)
        case .blocks: QueueLimit(messagesMax: 512, bytesMax: 16 << 20)
        case .transactions: QueueLimit(messagesMax: 8_192, bytesMax: 8 << 20)
        case .sync: QueueLimit(messagesMax: 64, bytesMax: 64 << 20)
        case .receipts: QueueLimit(messagesMax: 256, bytesMax: 1 << 20)
        // Whoever serves reads the next chunk once the last one has gone: the queue is for small messages beside it.
        case .snapshots: QueueLimit(messagesMax: 64, bytesMax: 12 << 20)
        }
    }
    /// What a peer may send; beyond it nothing more is read from its socket for a while.
    package var rates = PerLane<RateLimit> { lane in
        switch lane {
        case .votes: RateLimit(messagesPerSecond: 20_000, bytesPerSecond: 16 << 20)
        case .blocks: RateLimit(messagesPerSecond: 4_000, bytesPerSecond: 64 << 20)
        case .transactions: RateLimit(messagesPerSecond: 40_000, bytesPerSecond: 64 << 20)
        case .sync: RateLimit(messagesPerSecond: 2_000, bytesPerSecond: 128 << 20)
        case .receipts: RateLimit(messagesPerSecond: 500, bytesPerSecond: 1 << 20)
        case .snapshots: RateLimit(messagesPerSecond: 200, bytesPerSecond: 64 << 20)
        }
    }
    /// Pings, pongs and address lists of a peer in a second; beyond it nothing is read for a while.
    package var controlFramesPerSecond = 50
    /// Events of one peer that the consumer has not taken yet: beyond either nothing more is read from its socket.
    package var backlogMessagesMax = 4_096
    package var backlogBytesMax = 8 << 20
    /// Bytes of all peers' events that are not taken yet; beyond them nothing is read from anybody.
    package var backlogBytesTotalMax = 256 << 20
    /// Events that are not taken yet; beyond them no peer is admitted any more.
    package var backlogEventsTotalMax = 1 << 18
    package var keepalive = KeepaliveLimits()
    /// Connections of others; persistent peers are admitted beyond it.
    package var inboundMax = 128
    /// Connections of others from one IP address; persistent peers are admitted beyond it.
    package var inboundPerAddressMax = 8
    /// Connections of others that have not said hello yet, in all and from one IP address; more are closed at once.
    package var handshakesMax = 64
    package var handshakesPerAddressMax = 16
    /// From connect or accept to the other end's hello.
    package var handshakeNanoseconds = 3_000_000_000
    /// Between two attempts to reach a peer: doubled each time, each drawn between half of it and all of it.
    package var backoffNanosecondsMin = 100_000_000
    package var backoffNanosecondsMax = 10_000_000_000
    /// For a violation of the protocol.
    package var violationBanSeconds = 600
    /// Bans that are kept; beyond them the one that ends first goes.
    package var bansMax = 1_024
    /// Connections of our own that are wished for; the address book is dialled below it.
    package var outboundWanted = 8
    /// Addresses in the book; beyond them the one that was heard of longest ago goes.
    package var bookAddressesMax = 1_024
    /// Addresses in the book that one peer has told.
    package var bookAddressesPerSourceMax = 64

    package init() {}

    /// What does not fit together.
    var problems: [String] {
        var found: [String] = []
        for lane in Lane.allCases {
            if queues[lane].bytesMax < lane.messageBytesMax || queues[lane].messagesMax < 1 {
                found.append("the queue of \(lane) cannot hold its longest message")
            }
            if rates[lane].messagesPerSecond < 1 || rates[lane].bytesPerSecond < 1 {
                found.append("the rate of \(lane) lets nothing through")
            }
        }
        let positive: [(String, Int)] = [
            ("controlFramesPerSecond", controlFramesPerSecond), ("backlogMessagesMax", backlogMessagesMax),
            ("backlogBytesMax", backlogBytesMax), ("handshakesMax", handshakesMax),
            ("handshakesPerAddressMax", handshakesPerAddressMax), ("handshakeNanoseconds", handshakeNanoseconds),
            ("backoffNanosecondsMin", backoffNanosecondsMin), ("pingNanoseconds", keepalive.pingNanoseconds),
            ("bansMax", bansMax), ("bookAddressesMax", bookAddressesMax),
        ]
        for (name, value) in positive where value < 1 { found.append("\(name) is below 1") }
        if backoffNanosecondsMax < backoffNanosecondsMin { found.append("backoff's bounds are the wrong way round") }
        if keepalive.deadNanoseconds <= keepalive.pingNanoseconds { found.append("a peer is dead before it is asked") }
        if backlogBytesTotalMax < backlogBytesMax { found.append("backlogBytesTotalMax is below one peer's") }
        return found
    }
}
