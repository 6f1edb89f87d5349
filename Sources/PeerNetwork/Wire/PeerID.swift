import Codec
package import Cryptography

/// Who a node is: the SHA-256 of its Ed25519 public key, 32 bytes; ordered as its bytes are.
package struct PeerID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let digest: Digest

    package init(_ digest: Digest) { self.digest = digest }

    /// The identity of a key of 32 bytes.
    package init(publicKey: [UInt8]) { digest = SHA256.hash(publicKey) }

    /// 64 digits of lower-case hex, or nil.
    package init?(_ text: String) {
        guard let bytes = Hex.decode(text), let digest = Digest(bytes) else { return nil }
        self.digest = digest
    }

    /// 64 digits of lower-case hex.
    package var description: String { digest.hex }

    package static func < (left: PeerID, right: PeerID) -> Bool { left.digest < right.digest }
}
