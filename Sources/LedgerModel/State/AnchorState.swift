import Codec
package import Cryptography

/// The record log in the state: store `anchor`, key `log` = deterministic CBOR [uint size, bstr root] (bundles.md).
package struct LogState: Hashable, Sendable {
    package static let key = Array("log".utf8)
    package var size: UInt64
    package var root: Digest

    package init(size: UInt64, root: Digest) {
        self.size = size
        self.root = root
    }

    package func encoded() -> [UInt8] { CBOR.array([.unsigned(size), .bytes(root.bytes)]).encoded() }

    package init(decoding bytes: [UInt8]) throws(LedgerModelFailure) {
        guard let items = try StateValue.decode(bytes).array, items.count == 2, let size = items[0].unsigned,
            let root = items[1].bytes.flatMap({ Digest($0) })
        else { throw .invalid("anchor/log") }
        self.init(size: size, root: root)
    }
}

/// What the ledger keeps of a record: store `anchor`, key `record/` || rid (7 + 32 bytes) = deterministic CBOR [uint leaf
/// index, uint height, uint block time in ns since 1970, bstr issuer's account id, uint number].
package struct AnchoredRecord: Hashable, Sendable {
    package static let keyPrefix = Array("record/".utf8)
    package static func key(_ rid: [UInt8]) -> [UInt8] { keyPrefix + rid }

    package var leafIndex: UInt64
    package var height: Height
    package var time: Timestamp
    package var issuer: AccountID
    package var number: UInt64

    package init(leafIndex: UInt64, height: Height, time: Timestamp, issuer: AccountID, number: UInt64) {
        self.leafIndex = leafIndex
        self.height = height
        self.time = time
        self.issuer = issuer
        self.number = number
    }

    package func encoded() -> [UInt8] {
        CBOR.array([
            .unsigned(leafIndex), .unsigned(height.value), .unsigned(time.unsignedNanosecondsSince1970),
            .bytes(issuer.bytes), .unsigned(number),
        ]).encoded()
    }

    package init(decoding bytes: [UInt8]) throws(LedgerModelFailure) {
        guard let items = try StateValue.decode(bytes).array, items.count == 5, let leafIndex = items[0].unsigned,
            let height = items[1].unsigned, let time = items[2].unsigned,
            let issuer = items[3].bytes.flatMap({ AccountID($0) }), let number = items[4].unsigned
        else { throw .invalid("anchor/record") }
        self.init(
            leafIndex: leafIndex, height: Height(height), time: Timestamp(nanosecondsSince1970: time), issuer: issuer,
            number: number)
    }
}

/// The mark of an erased record: store `anchor`, key `tombstone/` || rid = deterministic CBOR [uint height, uint block
/// time in ns since 1970, uint reason code].
package struct Tombstone: Hashable, Sendable {
    package static func key(_ rid: [UInt8]) -> [UInt8] { Array("tombstone/".utf8) + rid }

    package var height: Height
    package var time: Timestamp
    package var reason: UInt64

    package init(height: Height, time: Timestamp, reason: UInt64) {
        self.height = height
        self.time = time
        self.reason = reason
    }

    package func encoded() -> [UInt8] {
        CBOR.array([
            .unsigned(height.value), .unsigned(time.unsignedNanosecondsSince1970), .unsigned(reason),
        ]).encoded()
    }
}

extension Timestamp {
    /// Nanoseconds since 1970 as the state writes them: all 64 bits, so until 2554; 0 before 1970, the largest after.
    var unsignedNanosecondsSince1970: UInt64 {
        guard seconds >= 0 else { return 0 }
        let (product, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carry) = product.addingReportingOverflow(UInt64(max(nanoseconds, 0)))
        return overflow || carry ? .max : sum
    }
}

/// Keys of store `anchor` that services read beside the above.
package enum AnchorKeys {
    /// An issuer's next number: CBOR uint.
    package static func issuer(_ account: AccountID) -> [UInt8] { Array("issuer/".utf8) + account.bytes }
}

/// Reads a state value in its one spelling.
enum StateValue {
    static func decode(_ bytes: [UInt8]) throws(LedgerModelFailure) -> CBOR {
        do { return try CBOR.decode(bytes) } catch { throw .cbor(error) }
    }
}
