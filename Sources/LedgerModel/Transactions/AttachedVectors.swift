import Codec
import Cryptography

/// Vector bytes beside a transaction, so that old blocks can do without them.
///
/// Where a transaction puts vectors, the unprotected header of its message, which nobody signs (RFC 9052 §3), has one
/// label, -65542, with a byte string for each message 9, in their order. Elsewhere that header is empty.
///
/// | offset | width | content |
/// |---|---|---|
/// | 0 | 2 | dimension, u16, big-endian: 1 to 4,096 |
/// | 2 | entries * dimension | the vectors in the order of the entries; a byte a component, two's complement |
///
/// Message 9 has the digest of its byte string, so whoever signs fixes every byte. A transaction is whole with them, and
/// *stripped* where the list is empty instead: still the message that was signed, with the same id, but nothing that a
/// block may be executed with. The label stays, so that nobody takes a stripped transaction for one without vectors.
enum AttachedVectors {
    /// The byte strings of an unprotected header.
    /// - Throws: `invalid` for a stripped transaction, and for any other label or kind of value.
    static func list(in unprotected: CBOR) throws(LedgerModelFailure) -> [[UInt8]] {
        if unprotected == .map([]) { return [] }
        guard unprotected.map?.count == 1, let items = unprotected[COSELabel.vectors]?.array else {
            throw .invalid("the unprotected header holds something else than vectors")
        }
        let list = items.compactMap(\.bytes)
        guard list.count == items.count else { throw .invalid("attached vectors are no byte string") }
        guard !list.isEmpty else { throw .invalid("the transaction's vectors were taken off") }
        return list
    }

    /// The unprotected header with byte strings.
    static func header(_ list: [[UInt8]]) -> CBOR {
        .map(list.isEmpty ? [] : [.init(COSELabel.vectors, .array(list.map { .bytes($0) }))])
    }

    /// What message 9 has of its byte string.
    static func digest(_ bytes: [UInt8]) -> Digest {
        SHA256.hash(Array(DomainSeparation.attachedVectors.utf8) + bytes)
    }

    /// Where the list of byte strings stands in a transaction's bytes; nil where there is none, or nothing can be read.
    ///
    /// - Complexity: constant but for the list's own length.
    fileprivate static func place(in transaction: [UInt8]) -> Range<Int>? {
        var scanner = HeadScanner(bytes: transaction)
        guard let tag = scanner.head(6), tag == Int(COSESign1.tag) || tag == Int(COSESign.tag), scanner.head(4) == 4,
            scanner.skipBytes(), scanner.head(5) == 1,
            scanner.head(1).map({ .integer(-1 - Int64($0)) })
                == COSELabel.vectors
        else { return nil }
        let begin = scanner.offset
        guard let count = scanner.head(4) else { return nil }
        for _ in 0..<count { guard scanner.skipBytes() else { return nil } }
        return begin..<scanner.offset
    }
}

extension SignedTransaction {
    /// A transaction without its attached vectors, and anything else as it is.
    ///
    /// Its SHA-256 is the transaction's leaf under a header's `data_hash`.
    package static func stripped(_ bytes: [UInt8]) -> [UInt8] {
        guard let place = AttachedVectors.place(in: bytes) else { return bytes }
        return bytes[..<place.lowerBound] + [0x80] + bytes[place.upperBound...]
    }

    /// Whether bytes with a list of vectors are a transaction with just the vectors of its messages; any other bytes are
    /// whole.
    ///
    /// No two lists of whole transactions have the same `data_hash`: one without the label is hashed as it is, and what
    /// the label holds is fixed by the digests in what is hashed.
    package static func isWhole(_ bytes: [UInt8]) -> Bool {
        guard AttachedVectors.place(in: bytes) != nil else { return true }
        guard let parts = parts(bytes), let vectors = try? AttachedVectors.list(in: parts.unprotected) else {
            return false
        }
        return (try? TransactionBody(decoding: parts.payload, vectors: vectors)) != nil
    }

    /// The id of a transaction that may be stripped; nil where the bytes are none.
    ///
    /// Nothing else about it is checked.
    package static func id(reading bytes: [UInt8], on ledger: LedgerIdentity) -> TransactionID? {
        parts(bytes).map { id(protected: $0.protected, payload: $0.payload, externalAAD: externalAAD(ledger)) }
    }

    private static func parts(_ bytes: [UInt8]) -> (protected: [UInt8], unprotected: CBOR, payload: [UInt8])? {
        if let message = try? COSESign1.decode(bytes) {
            return message.payload.map { (message.protected, message.unprotected, $0) }
        }
        guard let message = try? COSESign.decode(bytes) else { return nil }
        return message.payload.map { (message.protected, message.unprotected, $0) }
    }
}

/// Reads heads of CBOR items (RFC 8949 §3) of definite length, and makes no items of them.
private struct HeadScanner {
    let bytes: [UInt8]
    var offset = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// The argument of the next head; nil where that is of another major type, or does not fit 32 bits.
    mutating func head(_ major: UInt8) -> Int? {
        guard offset < bytes.count, bytes[offset] >> 5 == major else { return nil }
        let information = Int(bytes[offset] & 31)
        guard information < 27 else { return nil }
        let width = information < 24 ? 0 : 1 << (information - 24)
        offset += 1
        guard width <= bytes.count - offset else { return nil }
        defer { offset += width }
        return width == 0 ? information : bytes[offset..<offset + width].reduce(0) { $0 << 8 | Int($1) }
    }

    /// Steps over a byte string; whether there was one.
    mutating func skipBytes() -> Bool {
        guard let count = head(2), count <= bytes.count - offset else { return false }
        offset += count
        return true
    }
}
