/// Where a node listens, and who it must be: `ID@host:port`, or `host:port` where nobody in particular is meant.
///
/// The host is a DNS name, an IPv4 address, or an IPv6 address (in brackets in the text). Each value has one spelling.
package struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
    package var id: PeerID?
    package let host: String
    /// 0 to 65,535; 0 only to listen on any free port.
    package let port: Int

    /// Upper bound of a text: identity, `@`, a DNS name of 253 bytes, brackets, colon and port.
    static let textBytesMax = 64 + 1 + 253 + 2 + 1 + 5

    /// A host without brackets, and a port; nil where they cannot be a host and a port.
    package init?(id: PeerID? = nil, host: String, port: Int) {
        guard Self.isName(host) || Self.isIPv6(host), (0...65_535).contains(port) else { return nil }
        self.id = id
        self.host = host
        self.port = port
    }

    /// Reads `host:port`, `[IPv6]:port`, either with `ID@` before it.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.textBytesMax else { return nil }
        var rest = Substring(text)
        var id: PeerID?
        if let sign = rest.firstIndex(of: "@") {
            guard let named = PeerID(String(rest[..<sign])) else { return nil }
            id = named
            rest = rest[rest.index(after: sign)...]
        }
        guard let colon = rest.lastIndex(of: ":") else { return nil }
        let digits = rest[rest.index(after: colon)...]
        // No sign and no leading zero: a port has one spelling.
        guard let port = Int(digits), String(port) == digits else { return nil }
        let host = rest[..<colon]
        if host.hasPrefix("[") {
            guard host.hasSuffix("]"), Self.isIPv6(String(host.dropFirst().dropLast())) else { return nil }
            self.init(id: id, host: String(host.dropFirst().dropLast()), port: port)
        } else {
            guard Self.isName(String(host)) else { return nil }
            self.init(id: id, host: String(host), port: port)
        }
    }

    package var description: String {
        let place = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
        return id.map { "\($0)@\(place)" } ?? place
    }

    /// The same place, whoever is there.
    var place: PeerAddress {
        var copy = self
        copy.id = nil
        return copy
    }

    /// The same place as that peer's.
    func of(_ id: PeerID) -> PeerAddress {
        var copy = self
        copy.id = id
        return copy
    }

    private static func isName(_ host: String) -> Bool {
        (1...253).contains(host.utf8.count)
            && host.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// The signs of an IPv6 address without a zone; whether it is one, the system says when it is dialled.
    private static func isIPv6(_ host: String) -> Bool {
        (2...45).contains(host.utf8.count) && host.utf8.contains(UInt8(ascii: ":"))
            && host.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }
}
