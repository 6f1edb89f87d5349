/// Which addresses may be called on behalf of somebody who only names a URL: the guard against server-side request
/// forgery.
///
/// Only what is reachable by everybody may be called: the IANA registries of special-purpose addresses (RFC 6890, as of
/// 2025) are refused, and of IPv6 all that is not global unicast. An operator may open ranges of their own network, but
/// never addresses at which clouds hand out credentials. What hides an IPv4 address in an IPv6 one (mapped, NAT64, 6to4,
/// Teredo) is refused as such: opening `10.0.0.0/8` does not open `::ffff:10.0.0.1`.
package struct AddressPolicy: Sendable {
    /// Why an address is refused.
    package enum Refusal: String, Error, Sendable {
        case scheme = "only https is called, and plain http on loopback where the operator allows it"
        case malformed = "the URL cannot be read, or holds a user, a fragment or more than 2,048 bytes"
        case port = "only port 443 and ports from 1024 on are called"
        case unresolvable = "the host name has no address"
        case address = "the host is, or resolves to, an address that is not called from here"
    }

    /// Ranges that are called although they are not public.
    package var allowed: [AddressRange]
    /// Whether plain HTTP may go to loopback addresses that ``allowed`` opens.
    package var allowsPlainLoopback: Bool

    /// Nothing but the public network over HTTPS.
    package init(allowed: [AddressRange] = [], allowsPlainLoopback: Bool = false) {
        self.allowed = allowed
        self.allowsPlainLoopback = allowsPlainLoopback
    }

    /// Whether an address may be called.
    package func permits(_ address: IPAddress, isPlain: Bool = false) -> Bool {
        guard !Self.metadata.contains(address) else { return false }
        let isAllowed = allowed.contains { $0.contains(address) }
        if isPlain { return allowsPlainLoopback && isAllowed && Self.loopback.contains { $0.contains(address) } }
        return isAllowed || Self.isPublic(address)
    }

    /// Privileged ports belong to protocols that are not ours: mail, name service, remote shells.
    package static func permits(port: Int) -> Bool { port == 443 || 1024...65_535 ~= port }

    /// Whether everybody on the Internet could call the address.
    static func isPublic(_ address: IPAddress) -> Bool {
        if address.isIPv4 { return !special4.contains { $0.contains(address) } }
        return globalUnicast.contains(address) && !special6.contains { $0.contains(address) }
    }

    private static let loopback: [AddressRange] = [.init(fixed: "127.0.0.0/8"), .init(fixed: "::1/128")]

    /// Where clouds hand out credentials, of which one is in public space (Azure's 168.63.129.16).
    private static let metadata: Set<IPAddress> = Set(
        [
            "169.254.169.254", "169.254.170.2", "169.254.170.23", "168.63.129.16", "100.100.100.200", "192.0.0.192",
            "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254",
        ].compactMap { IPAddress($0) })

    private static let special4: [AddressRange] = [
        .init(fixed: "0.0.0.0/8"),  // this network
        .init(fixed: "10.0.0.0/8"),  // private
        .init(fixed: "100.64.0.0/10"),  // carrier-grade NAT
        .init(fixed: "127.0.0.0/8"),  // loopback
        .init(fixed: "169.254.0.0/16"),  // link-local
        .init(fixed: "172.16.0.0/12"),  // private
        .init(fixed: "192.0.0.0/24"),  // protocol assignments
        .init(fixed: "192.0.2.0/24"),  // documentation
        .init(fixed: "192.31.196.0/24"),  // AS112
        .init(fixed: "192.52.193.0/24"),  // AMT
        .init(fixed: "192.88.99.0/24"),  // 6to4 relays
        .init(fixed: "192.168.0.0/16"),  // private
        .init(fixed: "192.175.48.0/24"),  // AS112
        .init(fixed: "198.18.0.0/15"),  // benchmarks
        .init(fixed: "198.51.100.0/24"),  // documentation
        .init(fixed: "203.0.113.0/24"),  // documentation
        .init(fixed: "224.0.0.0/4"),  // multicast
        .init(fixed: "240.0.0.0/4"),  // reserved, and broadcast
    ]

    /// Outside are the unspecified address, loopback, mapped and compatible IPv4, NAT64, unique local, link-local and
    /// multicast.
    private static let globalUnicast = AddressRange(fixed: "2000::/3")
    private static let special6: [AddressRange] = [
        .init(fixed: "2001::/23"),  // protocol assignments, Teredo, ORCHID
        .init(fixed: "2001:db8::/32"),  // documentation
        .init(fixed: "2002::/16"),  // 6to4
        .init(fixed: "2620:4f:8000::/48"),  // AS112
        .init(fixed: "3fff::/20"),  // documentation
    ]
}
