import Codec

/// A collection's name under its owner: `a-z 0-9 . _ -`, beginning with a letter or digit; at most 64 bytes.
package struct CollectionName: Hashable, Sendable {
    package static let byteCountMax = 64
    package let text: String

    /// A name that keeps to the rule, or nil.
    package init?(_ text: String) {
        guard 1...Self.byteCountMax ~= text.utf8.count, !text.contains("/"), SchemaName(text) != nil else { return nil }
        self.text = text
    }
}

/// How the ledger lists a collection of vectors: store `vector`, key `collection/` u32 number = deterministic CBOR
/// [bstr owner (32), tstr name, uint height, uint block time in ns since 1970].
///
/// What the collection is and holds stands under keys that begin with `v` (see `VectorIndex`).
package struct CollectionListing: Hashable, Sendable {
    package static func key(_ number: UInt32) -> [UInt8] { Array("collection/".utf8) + number.bigEndianBytes }

    package var owner: AccountID
    package var name: CollectionName
    package var height: Height
    package var time: Timestamp

    package init(owner: AccountID, name: CollectionName, height: Height, time: Timestamp) {
        self.owner = owner
        self.name = name
        self.height = height
        self.time = time
    }

    package func encoded() -> [UInt8] {
        CBOR.array([
            .bytes(owner.bytes), .text(name.text), .unsigned(height.value),
            .unsigned(time.unsignedNanosecondsSince1970),
        ]).encoded()
    }

    package init(decoding bytes: [UInt8]) throws(LedgerModelFailure) {
        guard let items = try StateValue.decode(bytes).array, items.count == 4,
            let owner = items[0].bytes.flatMap({ AccountID($0) }),
            let name = items[1].text.flatMap({ CollectionName($0) }), let height = items[2].unsigned,
            let time = items[3].unsigned
        else { throw .invalid("vector/collection") }
        self.init(
            owner: owner, name: name, height: Height(height), time: Timestamp(nanosecondsSince1970: time))
    }
}

/// How collections are found and counted: store `vector`.
package enum CollectionKeys {
    /// u32: the number of the newest collection, from 1; left out while there is none.
    package static let last = Array("last".utf8)
    /// `name/` account id `/` name = u32: the collection's number.
    package static func name(_ owner: AccountID, _ name: CollectionName) -> [UInt8] {
        Array("name/".utf8) + owner.bytes + Array("/\(name.text)".utf8)
    }
    /// `owner/` account id = u32: how many collections are the account's.
    package static func owner(_ owner: AccountID) -> [UInt8] { Array("owner/".utf8) + owner.bytes }

    /// The number that a value says; 0 where there is none.
    package static func number(_ value: [UInt8]?) -> UInt32 {
        value.flatMap { $0.count == 4 ? $0.reduce(0) { $0 << 8 | UInt32($1) } : nil } ?? 0
    }
}
