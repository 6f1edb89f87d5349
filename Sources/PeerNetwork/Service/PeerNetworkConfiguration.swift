package import Cryptography

/// What a node says about its network at start.
package struct PeerNetworkConfiguration: Sendable {
    /// Where to listen; port 0 takes any free one.
    package var listen: PeerAddress
    /// Where others can reach this node, if not where it listens; a wildcard host is replaced by what peers see.
    package var advertised: PeerAddress?
    /// The node's Ed25519 key: its identity, not a validator's.
    package var nodeKey: SigningKey
    /// What both ends must share, 1 to 256 bytes, for example `chainID/genesisHash`.
    package var networkID: String
    /// Peers to be connected with always, each with its identity; this node itself may stand among them.
    package var peers: [PeerAddress]
    /// Who else may connect; nil for anybody up to the limits.
    package var allowed: Set<PeerID>?
    /// Where addresses of others are kept between starts; nil keeps them in memory.
    package var addressBookFile: String?
    package var limits: PeerNetworkLimits

    package init(
        listen: PeerAddress, nodeKey: SigningKey, networkID: String, peers: [PeerAddress] = [],
        limits: PeerNetworkLimits = PeerNetworkLimits()
    ) {
        self.listen = listen
        self.nodeKey = nodeKey
        self.networkID = networkID
        self.peers = peers
        self.limits = limits
    }

    /// Everything that is wrong, all at once.
    var problems: [String] {
        var found = limits.problems
        if case .ed25519 = nodeKey.publicKey {} else { found.append("the node key is not an Ed25519 key") }
        if !(1...Hello.networkBytesMax).contains(networkID.utf8.count) {
            found.append("the network id has \(networkID.utf8.count) bytes, 1 to \(Hello.networkBytesMax) are allowed")
        }
        for peer in peers where peer.id == nil || peer.port == 0 {
            found.append("peer \(peer) is not ID@host:port")
        }
        if let advertised, advertised.port == 0 { found.append("the advertised port is 0") }
        return found
    }
}

/// Why a network does not start, or ends.
///
/// The message says what to do.
package struct PeerNetworkFailure: Error, CustomStringConvertible {
    package struct Code: Hashable, Sendable {
        private let name: String
        /// The configuration cannot be used.
        package static let configuration = Code(name: "configuration")
        /// The address cannot be listened on.
        package static let listen = Code(name: "listen")
        /// The node's certificate cannot be made.
        package static let certificate = Code(name: "certificate")
    }

    package let code: Code
    package let message: String
    package let cause: (any Error)?

    package var description: String { message }
}
