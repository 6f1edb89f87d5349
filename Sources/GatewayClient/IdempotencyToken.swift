/// The name of one effect: however often a request is sent under it, it is carried out once
/// (draft-ietf-httpapi-idempotency-key-header-07).
public struct IdempotencyToken: Hashable, Sendable {
    /// As it is sent.
    public let text: String

    /// Characters of a name.
    public static let countMax = 255

    /// A name of one's own: 1 to 255 visible ASCII characters other than quote and backslash, or nil.
    public init?(_ text: String) {
        guard 1...Self.countMax ~= text.utf8.count,
            text.utf8.allSatisfy({ 0x21...0x7e ~= $0 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") })
        else { return nil }
        self.text = text
    }

    private init(random: (UInt64, UInt64)) {
        func digits(_ value: UInt64) -> String {
            let text = String(value, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }
        text = digits(random.0) + digits(random.1)
    }

    /// 128 random bits in hex.
    public static func random() -> IdempotencyToken {
        IdempotencyToken(random: (.random(in: .min ... .max), .random(in: .min ... .max)))
    }
}
