import Glibc

/// An IPv4 or IPv6 address: 4 or 16 bytes.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    package let bytes: [UInt8]

    package var isIPv4: Bool { bytes.count == 4 }

    /// The one spelling of the standards (RFC 5952, dotted quad); no zone, no octal, no short forms.
    package init?(_ text: String) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = withUnsafeBytes(of: &four) { Array($0) }
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            bytes = withUnsafeBytes(of: &six) { Array($0) }
        } else {
            return nil
        }
    }

    /// What an address family's own structure holds; nil for other families.
    init?(_ address: UnsafePointer<sockaddr>) {
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            bytes = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { found in
                withUnsafeBytes(of: found.pointee.sin_addr) { Array($0) }
            }
        case AF_INET6:
            bytes = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { found in
                withUnsafeBytes(of: found.pointee.sin6_addr) { Array($0) }
            }
        default: return nil
        }
    }

    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        _ = inet_ntop(isIPv4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Addresses that share their first bits, such as `10.0.0.0/8`.
package struct AddressRange: Hashable, Sendable {
    private let first: IPAddress
    private let bits: Int

    /// An address and how many of its bits count; bits behind these must be zero.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = IPAddress(String(parts[0])), let bits = Int(parts[1]),
            String(bits) == parts[1], 0...first.bytes.count * 8 ~= bits
        else { return nil }
        self.first = first
        self.bits = bits
        for bit in bits..<first.bytes.count * 8 {
            let mask: UInt8 = 0x80 >> UInt8(bit % 8)
            guard first.bytes[bit / 8] & mask == 0 else { return nil }
        }
    }

    /// A range that stands in the source.
    init(fixed text: StaticString) {
        guard let range = AddressRange("\(text)") else { preconditionFailure("\(text) is no range") }
        self = range
    }

    package func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == first.bytes.count else { return false }
        let whole = bits / 8
        guard address.bytes[..<whole] == first.bytes[..<whole] else { return false }
        guard bits % 8 > 0 else { return true }
        let difference: UInt8 = address.bytes[whole] ^ first.bytes[whole]
        return difference >> UInt8(8 - bits % 8) == 0
    }
}
