import Codec

/// The first frame each way: what both ends must share, and where the sender can be dialled.
///
/// | field | width | meaning |
/// |---|---|---|
/// | version | 2 | 1, big-endian; whoever speaks another one may lay out the rest otherwise |
/// | network | 4 + n | length and text: 1 to 256 bytes of UTF-8 |
/// | listen | 4 + n | length and `host:port`, or length 0 where the sender takes no connections |
/// | nonce | 16 | random, drawn once a start: tells this process from another one with the same key |
package struct Hello: Hashable, Sendable {
    package static let version: UInt16 = 1
    package static let networkBytesMax = 256
    package static let nonceBytes = 16

    package let network: String
    /// Without an identity: that is the certificate's.
    package let listen: PeerAddress?
    package let nonce: [UInt8]

    package init(network: String, listen: PeerAddress?, nonce: [UInt8]) {
        self.network = network
        self.listen = listen
        self.nonce = nonce
    }

    package var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.uint16(Self.version)
        writer.part(Array(network.utf8))
        writer.part(listen.map { Array("\($0)".utf8) } ?? [])
        writer.raw(nonce)
        return writer.bytes
    }

    package static func decode(_ bytes: [UInt8]) throws(WireFailure) -> Hello {
        var reader = ByteReader(bytes)
        do {
            let version = try reader.uint16()
            guard version == Self.version else { throw WireFailure.version(version) }
            let network = try reader.part()
            let listen = try reader.part()
            let nonce = try reader.bytes(nonceBytes)
            try reader.finish()
            guard (1...networkBytesMax).contains(network.count), let text = String(validating: network, as: UTF8.self),
                let place = String(validating: listen, as: UTF8.self)
            else { throw WireFailure.malformed(.hello) }
            let address = PeerAddress(place)
            guard listen.isEmpty || address.map({ $0.id == nil && $0.port > 0 }) == true else {
                throw WireFailure.malformed(.hello)
            }
            return Hello(network: text, listen: address, nonce: nonce)
        } catch let failure as WireFailure {
            throw failure
        } catch {
            throw .malformed(.hello)
        }
    }
}
