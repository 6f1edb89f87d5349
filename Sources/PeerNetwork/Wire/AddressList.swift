import Codec

/// Addresses of other nodes that a peer passes on.
///
/// | field | width | meaning |
/// |---|---|---|
/// | count | 2 | 0 to 64, big-endian |
/// | addresses | 4 + n each | length and `ID@host:port` |
package enum AddressList {
    /// Addresses in one frame.
    package static let countMax = 64

    package static func encode(_ addresses: some Collection<PeerAddress>) -> [UInt8] {
        precondition(addresses.count <= countMax, "our own lists fit")
        var writer = ByteWriter()
        writer.uint16(UInt16(addresses.count))
        for address in addresses { writer.part(Array("\(address)".utf8)) }
        return writer.bytes
    }

    package static func decode(_ bytes: [UInt8]) throws(WireFailure) -> [PeerAddress] {
        var reader = ByteReader(bytes)
        do {
            let count = try reader.uint16()
            guard count <= countMax else { throw WireFailure.malformed(.addresses) }
            var addresses: [PeerAddress] = []
            for _ in 0..<count {
                guard let text = String(validating: try reader.part(), as: UTF8.self), let address = PeerAddress(text),
                    address.id != nil, address.port > 0
                else { throw WireFailure.malformed(.addresses) }
                addresses.append(address)
            }
            try reader.finish()
            return addresses
        } catch { throw .malformed(.addresses) }
    }
}
