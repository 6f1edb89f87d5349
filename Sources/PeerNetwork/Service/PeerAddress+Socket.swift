import NIOCore

extension PeerAddress {
    /// The address of a socket; nil where it is none of the internet's.
    init?(_ address: SocketAddress?) {
        guard let address, let host = address.ipAddress, let port = address.port else { return nil }
        self.init(host: host.lowercased(), port: port)
    }

    /// Whether the host needs no looking up.
    var isIPAddress: Bool { (try? SocketAddress(ipAddress: host, port: port)) != nil }

    /// Whether the host means every address of its machine.
    var isWildcard: Bool { host == "0.0.0.0" || host == "::" }

    /// Whether only the same machine reaches it.
    var isLoopback: Bool { host == "::1" || isIPAddress && host.hasPrefix("127.") }
}
