/// One connected peer, as operators see it.
package struct PeerInfo: Hashable, Sendable {
    /// What went through a lane, and what waits in it.
    package struct Traffic: Hashable, Sendable {
        package var messagesIn = 0
        /// Payload bytes, without frames and TLS.
        package var bytesIn = 0
        package var messagesOut = 0
        package var bytesOut = 0
        /// Messages that found no room.
        package var messagesRefused = 0
        package var messagesQueued = 0
        package var bytesQueued = 0
    }

    package let id: PeerID
    package let address: PeerAddress
    /// What the peer says of itself.
    package let listen: PeerAddress?
    package let isOutbound: Bool
    /// Milliseconds since 1970.
    package let connectedSince: Int64
    package let traffic: PerLane<Traffic>
    /// Nil until the first ping came back.
    package let roundTripNanoseconds: UInt64?
    /// Nothing is read from this peer now: it sends too fast, or its events are not taken.
    package let isReadingPaused: Bool
}

/// A connection that did not come about, or that ended by a violation.
package struct PeerRefusal: Hashable, Sendable {
    /// Milliseconds since 1970, the last time.
    package var time: Int64
    /// How often in a row.
    package var count: Int
    /// Nil where the other end has not proven who it is.
    package let id: PeerID?
    package let address: PeerAddress
    package let isOutbound: Bool
    package let reason: String
}

/// A peer that is kept out.
package struct PeerBan: Hashable, Sendable {
    package let id: PeerID
    package let reason: String
    /// Milliseconds since 1970.
    package let since: Int64
    package let until: Int64
}
