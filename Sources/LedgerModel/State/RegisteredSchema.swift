import Codec
package import Cryptography

/// A schema's id on the ledger: segments of `a-z 0-9 . _ -`, each beginning with a letter or digit, between single
/// slashes; at most 128 bytes.
package struct SchemaName: Hashable, Sendable {
    package static let byteCountMax = 128
    package let text: String

    /// An id that keeps to the rule, or nil.
    package init?(_ text: String) {
        guard 1...Self.byteCountMax ~= text.utf8.count else { return nil }
        for segment in text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard let first = segment.first, Self.isPlain(first),
                segment.allSatisfy({ Self.isPlain($0) || ".-_".utf8.contains($0) })
            else { return nil }
        }
        self.text = text
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
    }
}

/// A schema's media type: `type/subtype` in lower case without parameters (RFC 6838 §4.2), at most 127 bytes.
package struct SchemaMediaType: Hashable, Sendable {
    package static let byteCountMax = 127
    package let text: String

    /// A type that keeps to the rule, or nil.
    package init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 2, text.utf8.count <= Self.byteCountMax else { return nil }
        for part in parts {
            guard let first = part.first, Self.isPlain(first),
                part.allSatisfy({ Self.isPlain($0) || "!#$&-^_.+".utf8.contains($0) })
            else { return nil }
        }
        self.text = text
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
    }
}

/// What the ledger keeps of one version of a schema: store `schema`, key `registered/` account id in hex `/` schema id `/`
/// version in decimal = deterministic CBOR [bstr SHA-256 of the schema, tstr media type, uint height, uint block time in
/// ns since 1970].
///
/// Versions are gapless from 1, so the absence of version n + 1 proves that n is the newest.
package struct RegisteredSchema: Hashable, Sendable {
    package static func key(_ account: AccountID, _ schema: SchemaName, version: UInt64) -> [UInt8] {
        Array("registered/\(Hex.encode(account.bytes))/\(schema.text)/\(version)".utf8)
    }

    package var digest: Digest
    package var mediaType: SchemaMediaType
    package var height: Height
    package var time: Timestamp

    package init(digest: Digest, mediaType: SchemaMediaType, height: Height, time: Timestamp) {
        self.digest = digest
        self.mediaType = mediaType
        self.height = height
        self.time = time
    }

    package func encoded() -> [UInt8] {
        CBOR.array([
            .bytes(digest.bytes), .text(mediaType.text), .unsigned(height.value),
            .unsigned(time.unsignedNanosecondsSince1970),
        ]).encoded()
    }

    package init(decoding bytes: [UInt8]) throws(LedgerModelFailure) {
        guard let items = try StateValue.decode(bytes).array, items.count == 4,
            let digest = items[0].bytes.flatMap({ Digest($0) }),
            let mediaType = items[1].text.flatMap({ SchemaMediaType($0) }), let height = items[2].unsigned,
            let time = items[3].unsigned
        else { throw .invalid("schema/registered") }
        self.init(
            digest: digest, mediaType: mediaType, height: Height(height), time: Timestamp(nanosecondsSince1970: time))
    }

    /// Whether a message asks for just this.
    package func holds(_ message: RegisterSchemaMessage) -> Bool {
        digest == message.digest && mediaType == message.mediaType
    }
}

/// The newest version of a schema: store `schema`, key `newest/` account id in hex `/` schema id = CBOR uint.
package enum NewestSchema {
    package static func key(_ account: AccountID, _ schema: SchemaName) -> [UInt8] {
        Array("newest/\(Hex.encode(account.bytes))/\(schema.text)".utf8)
    }

    /// The version that a value names; 0 where there is none.
    package static func version(_ value: [UInt8]?) -> UInt64 {
        value.flatMap { try? CBOR.decode($0) }?.unsigned ?? 0
    }
}
