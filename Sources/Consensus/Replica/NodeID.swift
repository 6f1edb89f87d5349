/// A node of the network, by the name that its links prove: 32 bytes, the SHA-256 of its node key.
///
/// Opaque here: the host says who is connected and whose message came.
package struct NodeID: Hashable, Comparable, Sendable {
    package static let byteCount = 32
    package let bytes: [UInt8]

    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    package static func < (left: NodeID, right: NodeID) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
}
