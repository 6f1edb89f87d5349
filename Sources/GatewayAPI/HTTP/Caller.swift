import Glibc
import NIOCore

/// From where somebody asks: an IPv4 address, or the network of an IPv6 address.
///
/// A subscriber commonly has 2^64 IPv6 addresses, and could else be as many callers.
struct Caller: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64

    init(_ address: SocketAddress?) {
        switch address {
        case .v4(let address):
            (high, low) = (0, UInt64(address.address.sin_addr.s_addr))
        case .v6(let address):
            (high, low) = withUnsafeBytes(of: address.address.sin6_addr) { bytes in
                let words = (
                    bytes.loadUnaligned(as: UInt64.self), bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
                )
                // ::ffff:a.b.c.d is an IPv4 address on a socket for both.
                return words.0 == 0 ? words : (words.0, 0)
            }
        default:
            (high, low) = (.max, .max)
        }
    }
}
