/// What the network tells its consumer; for each peer in the order in which it happened.
///
/// For one peer: `connected`, then what was received, then `disconnected`, and again. Where two nodes dial each other at
/// the same time, one connection replaces the other, and both ends see `disconnected` and `connected` once more.
package enum PeerEvent: Equatable, Sendable {
    /// `address`: where the peer's end is; its listening address where the peer was dialled.
    case connected(PeerID, address: PeerAddress, isOutbound: Bool)
    case disconnected(PeerID, reason: String)
    case received(PeerID, Lane, [UInt8])
}
