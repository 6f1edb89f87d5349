import Cryptography
import LedgerModel

/// How the gateway keeps a document: encrypted under a key of its own, which is wrapped with the record's salt under
/// the group's key (D8).
///
/// Destroying the group's key, or the wrap, makes the document unreadable.
///
/// | what | bytes |
/// |---|---|
/// | payload | XChaCha20-Poly1305(payload key, document): nonce 24, ciphertext, tag 16 |
/// | wrap | XChaCha20-Poly1305(group key, salt 32 then payload key 32) |
struct SealedPayload {
    static let saltBytes = 32
    private static let context = Array(DomainSeparation.payload.utf8)
    private static let wrapContext = Array(DomainSeparation.payloadWrap.utf8)

    var payload: [UInt8]
    var wrap: [UInt8]

    /// The record's salt, which the wrap holds.
    var salt: [UInt8]

    /// Seals a document under a fresh payload key, with a fresh salt.
    init(_ document: [UInt8], groupKey: [UInt8]) {
        // All that is random about a record is drawn at once: each draw is a call of the operating system.
        let random = SecureRandom.bytes(Self.saltBytes + XChaCha20Poly1305.keyBytes + 2 * XChaCha20Poly1305.nonceBytes)
        let secret = Array(random[..<(Self.saltBytes + XChaCha20Poly1305.keyBytes)])
        let nonces = random[secret.count...]
        salt = Array(secret[..<Self.saltBytes])
        payload = XChaCha20Poly1305.seal(
            document, key: Array(secret[Self.saltBytes...]), nonce: nonces.prefix(XChaCha20Poly1305.nonceBytes),
            additionalData: Self.context)
        wrap = XChaCha20Poly1305.seal(
            secret, key: groupKey, nonce: nonces.suffix(XChaCha20Poly1305.nonceBytes),
            additionalData: Self.wrapContext)
    }

    /// Opens what was sealed; nil where the key is not the one, or a byte has changed.
    static func open(payload: [UInt8], wrap: [UInt8], groupKey: [UInt8]) -> (document: [UInt8], salt: [UInt8])? {
        guard let secret = XChaCha20Poly1305.open(wrap, key: groupKey, additionalData: wrapContext),
            secret.count == saltBytes + 32,
            let document = XChaCha20Poly1305.open(
                payload, key: Array(secret[saltBytes...]), additionalData: context)
        else { return nil }
        return (document, Array(secret[..<saltBytes]))
    }

    /// Whether a wrap is under that group's key.
    static func opens(_ wrap: [UInt8], groupKey: [UInt8]) -> Bool {
        XChaCha20Poly1305.open(wrap, key: groupKey, additionalData: wrapContext) != nil
    }

    /// The same salt and payload key under another group's key; nil where the wrap does not open.
    static func rewrap(_ wrap: [UInt8], from old: [UInt8], to new: [UInt8]) -> [UInt8]? {
        XChaCha20Poly1305.open(wrap, key: old, additionalData: wrapContext).map {
            XChaCha20Poly1305.seal($0, key: new, additionalData: wrapContext)
        }
    }
}
