import Codec
import Cryptography

/// An API key as its holder keeps it: `vivian_<id>_<secret>`, 16 digits of hex and 32 random bytes in base64url.
///
/// The gateway keeps SHA-256 of the secret. A hash that is slow on purpose would protect nothing: nobody guesses 256
/// random bits.
package struct APIKey: Sendable {
    static let prefix = "vivian_"
    private static let idBytes = 8
    private static let secretBytes = 32

    package let id: String
    private let secret: [UInt8]

    /// A new key.
    package static func make() -> APIKey {
        APIKey(id: Hex.encode(SecureRandom.bytes(idBytes)), secret: SecureRandom.bytes(secretBytes))
    }

    private init(id: String, secret: [UInt8]) {
        self.id = id
        self.secret = secret
    }

    /// Reads a key; nil for anything but the one spelling.
    package init?(_ text: String) {
        guard text.hasPrefix(Self.prefix) else { return nil }
        let parts = text.dropFirst(Self.prefix.count).split(
            separator: "_", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, Hex.decode(String(parts[0]))?.count == Self.idBytes,
            let secret = Base64.decodeURL(String(parts[1])), secret.count == Self.secretBytes
        else { return nil }
        self.init(id: String(parts[0]), secret: secret)
    }

    /// The text that its holder keeps.
    package var text: String { "\(Self.prefix)\(id)_\(Base64.encodeURL(secret))" }

    /// What the gateway keeps of the secret.
    package var secretHash: [UInt8] { SHA256.hash(secret).bytes }
}

// A key shows its public part only where it is printed or reflected.
extension APIKey: CustomStringConvertible, CustomReflectable {
    package var description: String { "\(Self.prefix)\(id)_..." }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
