import Codec
import Cryptography
import HTTPTypes
import Hummingbird
import Records

extension HTTPField.Name {
    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
    static let idempotentReplayed = HTTPField.Name("Idempotent-Replayed")!
    static let requestID = HTTPField.Name("X-Request-Id")!
    static let rateLimit = HTTPField.Name("RateLimit")!
    static let rateLimitPolicy = HTTPField.Name("RateLimit-Policy")!
    static let prefer = HTTPField.Name("Prefer")!
    static let preferenceApplied = HTTPField.Name("Preference-Applied")!
    static let link = HTTPField.Name("Link")!
}

/// The `Idempotency-Key` of a request (draft-ietf-httpapi-idempotency-key-header-07): one effect, however often it is
/// sent.
///
/// The draft wants a structured string; a bare token, as most clients send it, is taken too.
enum IdempotencyKey {
    /// Characters of a key.
    static let countMax = 255

    static func parse(_ field: String) throws(Problem) -> String {
        var text = field[...]
        if text.hasPrefix("\""), text.hasSuffix("\""), text.count >= 2 { text = text.dropFirst().dropLast() }
        guard 1...countMax ~= text.utf8.count, text.utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != 0x22 && $0 != 0x5C })
        else {
            throw Problem(
                "bad-idempotency-key", .badRequest, title: "The Idempotency-Key is malformed",
                detail: "Send 1 to \(countMax) visible ASCII characters, such as a UUID.")
        }
        return String(text)
    }

    /// What makes a request the same: method, target, content type and body, each behind its length.
    ///
    /// The body is the decoded one: sent plain, in gzip or in zstd it is the same request. Whose it is stands beside the
    /// fingerprint (the tenant); preferences and preconditions change nothing of what the first request did.
    static func fingerprint(method: String, target: String, type: String, body: [UInt8]) -> Digest {
        var bytes: [UInt8] = []
        for part in [Array(method.utf8), Array(target.utf8), Array(type.utf8), body] {
            bytes += UInt64(part.count).bigEndianBytes
            bytes += part
        }
        return SHA256.hash(bytes)
    }
}
