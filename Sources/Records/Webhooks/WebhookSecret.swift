import Codec
import Cryptography
import LedgerModel

/// What signs a webhook's messages (Standard Webhooks 1.0): a shared secret, or a key pair whose private half stays here.
///
/// | scheme | what the receiver holds | signature |
/// |---|---|---|
/// | `hmac` | `whsec_` and 32 bytes in base64 | `v1,` and HMAC-SHA256 in base64 |
/// | `ed25519` | `whpk_` and the public key's 32 bytes in base64 | `v1a,` and the Ed25519 signature in base64 |
///
/// Both are over `ID.TIMESTAMP.BODY`. In the store the 32 secret bytes are sealed under the key file's key for secrets
/// (XChaCha20-Poly1305) with the webhook's id as additional data: a row that was moved does not open.
package struct WebhookSecret: Sendable {
    package enum Scheme: String, CaseIterable, Sendable { case hmac, ed25519 }

    private static let byteCount = 32

    package let scheme: Scheme
    private let bytes: [UInt8]

    static func make(_ scheme: Scheme) -> WebhookSecret { WebhookSecret(scheme, SecureRandom.bytes(byteCount)) }

    init(_ scheme: Scheme, _ bytes: [UInt8]) {
        precondition(bytes.count == Self.byteCount, "a secret has 32 bytes")
        self.scheme = scheme
        self.bytes = bytes
    }

    /// Opens what ``sealed(for:under:)`` made; nil where the key or the webhook is another.
    init?(sealed: [UInt8], scheme: String, webhook: String, key: [UInt8]) {
        guard let scheme = Scheme(rawValue: scheme),
            let bytes = XChaCha20Poly1305.open(
                sealed, key: key, additionalData: Array((DomainSeparation.webhookSecret + webhook).utf8)),
            bytes.count == Self.byteCount
        else { return nil }
        self.init(scheme, bytes)
    }

    func sealed(for webhook: String, under key: [UInt8]) -> [UInt8] {
        XChaCha20Poly1305.seal(bytes, key: key, additionalData: Array((DomainSeparation.webhookSecret + webhook).utf8))
    }

    /// What is shown once: the shared secret; nil for a key pair, whose private half is nobody's business.
    package var shownOnce: String? { scheme == .hmac ? "whsec_" + Base64.encode(bytes) : nil }

    /// What may be shown always: the public key; nil for a shared secret.
    package var publicKey: String? {
        guard scheme == .ed25519, case .ed25519(let point)? = signingKey?.publicKey else { return nil }
        return "whpk_" + Base64.encode(point)
    }

    /// One signature of a message, as `webhook-signature` has it.
    func signature(id: String, timestamp: UInt64, body: [UInt8]) -> String {
        let message = Array("\(id).\(timestamp).".utf8) + body
        switch scheme {
        case .hmac: return "v1," + Base64.encode(HMACSHA256.authenticate([message], key: bytes).bytes)
        case .ed25519: return "v1a," + Base64.encode(signingKey?.sign(message) ?? [])
        }
    }

    /// Any 32 bytes are an Ed25519 seed.
    private var signingKey: SigningKey? { try? SigningKey(.edDSA, secret: bytes) }
}

extension WebhookSecret: CustomStringConvertible, CustomReflectable {
    package var description: String { "WebhookSecret(\(scheme.rawValue))" }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// The headers of one attempt (Standard Webhooks 1.0).
enum WebhookHeaders {
    /// The fields, in order.
    ///
    /// `seconds`: since 1970, the attempt's; receivers refuse what is minutes off.
    /// `secrets`: all that sign, the newest first: two while a secret is being rotated.
    static func headers(id: String, seconds: UInt64, body: [UInt8], secrets: [WebhookSecret]) -> [(String, String)] {
        [
            ("content-type", CloudEvent.mediaType), ("user-agent", "vivian"), ("webhook-id", id),
            ("webhook-timestamp", String(seconds)),
            (
                "webhook-signature",
                secrets.map { $0.signature(id: id, timestamp: seconds, body: body) }.joined(separator: " ")
            ),
        ]
    }
}
