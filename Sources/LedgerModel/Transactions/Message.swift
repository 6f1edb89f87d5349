import Codec
package import Cryptography

/// What a transaction asks for.
///
/// On the wire an array, its kind first.
///
/// | kind | message | members |
/// |---|---|---|
/// | 1 | anchor | issuer (account id), first number, [[rid, statement hash]...] |
/// | 2 | tombstone | issuer, rid, reason code, time (ns since 1970) |
/// | 3 | addKey | account, COSE_Key |
/// | 4 | endKey | account, thumbprint, last height |
/// | 5 | registerSchema | account, schema id (text), version, media type (text), SHA-256 of the schema's bytes |
/// | 6 | transfer | from (account id), to (account id), amount (32 bytes, above 0) |
/// | 7 | updateValidators | authority (account id), [validator update...] (see `ValidatorUpdate`) |
/// | 8 | createCollection | owner (account id), name (text), then the members of `CollectionTerms` |
/// | 9 | putVectors | writer (account id), collection, [[kind, subject id, tag]...], digest of its `AttachedVectors` |
/// | 10 | deleteVectors | writer (account id), collection, [[kind, subject id]...] |
/// | 11 | publish | publisher (account id), kind, name (text), version, then the members of `RegistryCard` |
/// | 12 | withdraw | publisher (account id), kind, name (text), version, reason code |
///
/// Kinds 6 and 7 came with version 2 of the rules, 8 to 12 with version 3.
package enum Message: Hashable, Sendable {
    case anchor(AnchorMessage)
    case tombstone(TombstoneMessage)
    case addKey(AddKeyMessage)
    case endKey(EndKeyMessage)
    case registerSchema(RegisterSchemaMessage)
    case transfer(TransferMessage)
    case updateValidators(UpdateValidatorsMessage)
    case createCollection(CreateCollectionMessage)
    case putVectors(PutVectorsMessage)
    case deleteVectors(DeleteVectorsMessage)
    case publish(PublishMessage)
    case withdraw(WithdrawMessage)

    /// The account that must have signed.
    package var account: AccountID {
        switch self {
        case .anchor(let message): message.issuer
        case .tombstone(let message): message.issuer
        case .addKey(let message): message.account
        case .endKey(let message): message.account
        case .registerSchema(let message): message.account
        case .transfer(let message): message.from
        case .updateValidators(let message): message.authority
        case .createCollection(let message): message.owner
        case .putVectors(let message): message.writer
        case .deleteVectors(let message): message.writer
        case .publish(let message): message.publisher
        case .withdraw(let message): message.publisher
        }
    }

    /// The first version of the rules that knows this kind.
    package var rulesVersionMin: UInt64 {
        switch self {
        case .anchor, .tombstone, .addKey, .endKey, .registerSchema: 1
        case .transfer, .updateValidators: 2
        case .createCollection, .putVectors, .deleteVectors, .publish, .withdraw: 3
        }
    }
}

/// Appends statements to the record log under their record ids, with consecutive numbers of their issuer (D7).
package struct AnchorMessage: Hashable, Sendable {
    /// One record: its keyed id and the hash of its statement, 32 bytes each.
    package struct Record: Hashable, Sendable {
        package var rid: [UInt8]
        package var statementHash: Digest

        package init(rid: [UInt8], statementHash: Digest) {
            self.rid = rid
            self.statementHash = statementHash
        }
    }

    package var issuer: AccountID
    package var first: UInt64
    package var records: [Record]

    package init(issuer: AccountID, first: UInt64, records: [Record]) {
        self.issuer = issuer
        self.first = first
        self.records = records
    }
}

/// Marks a record whose payload and salt were destroyed.
package struct TombstoneMessage: Hashable, Sendable {
    package var issuer: AccountID
    package var rid: [UInt8]
    package var reason: UInt64
    /// Nanoseconds since 1970.
    package var time: UInt64

    package init(issuer: AccountID, rid: [UInt8], reason: UInt64, time: UInt64) {
        self.issuer = issuer
        self.rid = rid
        self.reason = reason
        self.time = time
    }
}

/// Lists one more key of an account.
package struct AddKeyMessage: Hashable, Sendable {
    package var account: AccountID
    package var key: COSEKey

    package init(account: AccountID, key: COSEKey) {
        self.account = account
        self.key = key
    }
}

/// Ends a key of an account with a height.
package struct EndKeyMessage: Hashable, Sendable {
    package var account: AccountID
    package var thumbprint: Digest
    package var last: Height

    package init(account: AccountID, thumbprint: Digest, last: Height) {
        self.account = account
        self.thumbprint = thumbprint
        self.last = last
    }
}

/// Pins one version of a schema by its digest; id, media type and digest are public from then on (D8).
package struct RegisterSchemaMessage: Hashable, Sendable {
    package var account: AccountID
    package var schema: SchemaName
    /// From 1, without a gap.
    package var version: UInt64
    package var mediaType: SchemaMediaType
    /// SHA-256 of the schema's bytes.
    package var digest: Digest

    package init(
        account: AccountID, schema: SchemaName, version: UInt64, mediaType: SchemaMediaType, digest: Digest
    ) {
        self.account = account
        self.schema = schema
        self.version = version
        self.mediaType = mediaType
        self.digest = digest
    }
}

/// Moves an amount of the native denom to another account.
package struct TransferMessage: Hashable, Sendable {
    package var from: AccountID
    package var to: AccountID
    /// Above 0.
    package var amount: Amount

    package init(from: AccountID, to: AccountID, amount: Amount) {
        self.from = from
        self.to = to
        self.amount = amount
    }
}

extension Message {
    var cbor: CBOR {
        switch self {
        case .anchor(let message):
            .array([
                1, .bytes(message.issuer.bytes), .unsigned(message.first),
                .array(message.records.map { .array([.bytes($0.rid), .bytes($0.statementHash.bytes)]) }),
            ])
        case .tombstone(let message):
            .array([
                2, .bytes(message.issuer.bytes), .bytes(message.rid), .unsigned(message.reason),
                .unsigned(message.time),
            ])
        case .addKey(let message): .array([3, .bytes(message.account.bytes), message.key.cbor])
        case .endKey(let message):
            .array([
                4, .bytes(message.account.bytes), .bytes(message.thumbprint.bytes), .unsigned(message.last.value),
            ])
        case .registerSchema(let message):
            .array([
                5, .bytes(message.account.bytes), .text(message.schema.text), .unsigned(message.version),
                .text(message.mediaType.text), .bytes(message.digest.bytes),
            ])
        case .transfer(let message):
            .array([6, .bytes(message.from.bytes), .bytes(message.to.bytes), .bytes(message.amount.bytes)])
        case .updateValidators(let message):
            .array([7, .bytes(message.authority.bytes), .array(message.updates.map(\.cbor))])
        case .createCollection(let message): message.cbor
        case .putVectors(let message): message.cbor
        case .deleteVectors(let message): message.cbor
        case .publish(let message): message.cbor
        case .withdraw(let message): message.cbor
        }
    }

    /// `vectors`: what is attached for this message and those after it; this one takes its own away.
    init(cbor: CBOR, vectors: inout ArraySlice<[UInt8]>) throws(LedgerModelFailure) {
        guard let items = cbor.array, let kind = items.first?.unsigned, items.count >= 2,
            let account = items[1].bytes.flatMap({ AccountID($0) })
        else { throw .invalid("message") }
        switch (kind, items.count) {
        case (1, 4):
            guard let first = items[2].unsigned, let rows = items[3].array else { throw .invalid("anchor") }
            var records: [AnchorMessage.Record] = []
            records.reserveCapacity(rows.count)
            for row in rows {
                guard let pair = row.array, pair.count == 2, let rid = pair[0].bytes, rid.count == 32,
                    let hash = pair[1].bytes.flatMap({ Digest($0) })
                else { throw .invalid("anchor: a record is not two times 32 bytes") }
                records.append(AnchorMessage.Record(rid: rid, statementHash: hash))
            }
            self = .anchor(AnchorMessage(issuer: account, first: first, records: records))
        case (2, 5):
            guard let rid = items[2].bytes, rid.count == 32, let reason = items[3].unsigned,
                let time = items[4].unsigned
            else { throw .invalid("tombstone") }
            self = .tombstone(TombstoneMessage(issuer: account, rid: rid, reason: reason, time: time))
        case (3, 3):
            do {
                self = .addKey(AddKeyMessage(account: account, key: try COSEKey(cbor: items[2])))
            } catch { throw .cose(error) }
        case (4, 4):
            guard let thumbprint = items[2].bytes.flatMap({ Digest($0) }), let last = items[3].unsigned else {
                throw .invalid("endKey")
            }
            self = .endKey(EndKeyMessage(account: account, thumbprint: thumbprint, last: Height(last)))
        case (5, 6):
            guard let schema = items[2].text.flatMap({ SchemaName($0) }), let version = items[3].unsigned, version > 0,
                let mediaType = items[4].text.flatMap({ SchemaMediaType($0) }),
                let digest = items[5].bytes.flatMap({ Digest($0) })
            else { throw .invalid("registerSchema") }
            self = .registerSchema(
                RegisterSchemaMessage(
                    account: account, schema: schema, version: version, mediaType: mediaType, digest: digest))
        case (6, 4):
            guard let to = items[2].bytes.flatMap({ AccountID($0) }),
                let amount = items[3].bytes.flatMap({ Amount($0) }), amount > .zero
            else { throw .invalid("transfer") }
            self = .transfer(TransferMessage(from: account, to: to, amount: amount))
        case (7, 3):
            self = .updateValidators(
                UpdateValidatorsMessage(authority: account, updates: try ValidatorUpdate.list(items[2])))
        case (8, 11): self = .createCollection(try CreateCollectionMessage(account: account, cbor: items))
        case (9, 5):
            self = .putVectors(try PutVectorsMessage(account: account, cbor: items, vectors: &vectors))
        case (10, 4): self = .deleteVectors(try DeleteVectorsMessage(account: account, cbor: items))
        case (11, 11): self = .publish(try PublishMessage(account: account, cbor: items))
        case (12, 6): self = .withdraw(try WithdrawMessage(account: account, cbor: items))
        default: throw .invalid("message of unknown kind \(kind)")
        }
    }
}
