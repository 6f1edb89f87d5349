import Codec
package import Cryptography

/// A key with the heights for which it counts: {1: COSE_Key, 2: first height, 3: last height or left out}.
///
/// Never deleted.
package struct KeyListing: Hashable, Sendable {
    package var key: COSEKey
    package var first: Height
    package var last: Height?

    package init(key: COSEKey, first: Height, last: Height?) {
        self.key = key
        self.first = first
        self.last = last
    }

    package func covers(_ height: Height) -> Bool { first <= height && height <= last ?? height }

    var cbor: CBOR {
        var entries: [CBOR.Entry] = [.init(1, key.cbor), .init(2, .unsigned(first.value))]
        if let last { entries.append(.init(3, .unsigned(last.value))) }
        return .map(entries)
    }

    /// Members beside 1, 2 and 3 are not looked at.
    init(cbor: CBOR) throws(LedgerModelFailure) {
        guard cbor.map != nil, let first = cbor[2]?.unsigned, let key = cbor[1] else { throw .invalid("key listing") }
        let last = cbor[3]
        guard last == nil || last?.unsigned != nil else { throw .invalid("key listing: last height") }
        do { self.key = try COSEKey(cbor: key) } catch { throw .cose(error) }
        self.first = Height(first)
        self.last = last?.unsigned.map { Height($0) }
    }

    static func list(_ cbor: CBOR?) throws(LedgerModelFailure) -> [KeyListing] {
        guard let rows = cbor?.array else { throw .invalid("no list of keys") }
        var keys: [KeyListing] = []
        for row in rows { keys.append(try KeyListing(cbor: row)) }
        return keys
    }
}

/// An account: store `account`, key = account id (32 bytes), value {1: [key listing...], 2: sequence}.
package struct AccountEntry: Hashable, Sendable {
    package static func key(_ id: AccountID) -> [UInt8] { id.bytes }

    package var keys: [KeyListing]
    /// The next sequence of an ordered transaction.
    package var sequence: UInt64

    package init(keys: [KeyListing], sequence: UInt64 = 0) {
        self.keys = keys
        self.sequence = sequence
    }

    package func encoded() -> [UInt8] {
        CBOR.map([.init(1, .array(keys.map(\.cbor))), .init(2, .unsigned(sequence))]).encoded()
    }

    /// Members beside 1 are free for a verifier; a missing sequence reads as 0.
    package init(decoding bytes: [UInt8]) throws(LedgerModelFailure) {
        let cbor = try StateValue.decode(bytes)
        guard cbor.map != nil else { throw .invalid("account: not a map") }
        keys = try KeyListing.list(cbor[1])
        sequence = cbor[2]?.unsigned ?? 0
    }
}

/// A validator's registry entry: store `staking`, key `validator/` || consensus address in hex, value {1: [receipt key
/// listing...], 2: consensus key (32 bytes), 3: operator (text), 4: height of the block that recorded its first
/// misbehaviour, or left out}.
///
/// It stays when the validator leaves the set.
package struct ValidatorEntry: Hashable, Sendable {
    package static func key(_ address: Address) -> [UInt8] {
        Array("validator/".utf8) + Array(Hex.encode(address.bytes).utf8)
    }

    package var receiptKeys: [KeyListing]
    package var consensusKey: [UInt8]
    package var operatorName: String
    /// Since when its key may not be in a set any more.
    package var convicted: Height?

    package init(
        receiptKeys: [KeyListing], consensusKey: [UInt8], operatorName: String, convicted: Height? = nil
    ) {
        self.receiptKeys = receiptKeys
        self.consensusKey = consensusKey
        self.operatorName = operatorName
        self.convicted = convicted
    }

    package func encoded() -> [UInt8] {
        var entries: [CBOR.Entry] = [
            .init(1, .array(receiptKeys.map(\.cbor))), .init(2, .bytes(consensusKey)), .init(3, .text(operatorName)),
        ]
        if let convicted { entries.append(.init(4, .unsigned(convicted.value))) }
        return CBOR.map(entries).encoded()
    }

    /// Members beside 1 to 4 are free.
    package init(decoding bytes: [UInt8]) throws(LedgerModelFailure) {
        let cbor = try StateValue.decode(bytes)
        guard cbor.map != nil else { throw .invalid("validator: not a map") }
        guard let key = cbor[2]?.bytes, key.count == 32 else { throw .invalid("validator: no consensus key") }
        guard let name = cbor[3]?.text, !name.isEmpty else { throw .invalid("validator: no operator") }
        receiptKeys = try KeyListing.list(cbor[1])
        consensusKey = key
        operatorName = name
        convicted = cbor[4]?.unsigned.map { Height($0) }
    }
}

/// An earlier revision of the ledger (D23): store `upgrade`, key `revision/` || chain id, value [genesis hash, last height].
package struct RevisionEntry: Hashable, Sendable {
    package static func key(_ chainID: String) -> [UInt8] { Array("revision/".utf8) + Array(chainID.utf8) }

    package var genesisHash: Digest
    package var last: Height

    package init(genesisHash: Digest, last: Height) {
        self.genesisHash = genesisHash
        self.last = last
    }

    package func encoded() -> [UInt8] { CBOR.array([.bytes(genesisHash.bytes), .unsigned(last.value)]).encoded() }

    package init(decoding bytes: [UInt8]) throws(LedgerModelFailure) {
        guard let items = try StateValue.decode(bytes).array, items.count == 2,
            let hash = items[0].bytes.flatMap({ Digest($0) }), let last = items[1].unsigned
        else { throw .invalid("upgrade/revision") }
        self.init(genesisHash: hash, last: Height(last))
    }
}
