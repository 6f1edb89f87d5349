import Codec
package import Cryptography
import Dispatch
import GatewayStore
package import LedgerModel
import Synchronization

/// The account in whose name this gateway states records, and its key.
package struct Issuer: Sendable {
    package let ledger: LedgerIdentity
    package let account: AccountID
    package let key: SigningKey
    /// What each transaction offers.
    package let fee: Amount

    package init(ledger: LedgerIdentity, account: AccountID, key: SigningKey, fee: Amount = .zero) {
        self.ledger = ledger
        self.account = account
        self.key = key
        self.fee = fee
    }

    /// How long an anchor may be on its way before it is signed again: half of what the ledger allows (D5).
    static let validity: UInt64 = 300_000_000_000
    /// Records in one anchor: the ledger's own bound.
    static let recordsPerAnchor = 10_000

    /// Statements that one core signs at a time, some milliseconds' worth: fewer are not worth handing out.
    static let statementsPerLane = 64

    /// Signs statements for new records and the transactions that anchor them.
    func sign(_ records: [NewRecord], first: UInt64, now: UInt64) throws -> SignedBatch {
        let statements = statements(for: records, first: first)
        var anchors: [NewOutboxTransaction] = []
        for start in stride(from: 0, to: records.count, by: Self.recordsPerAnchor) {
            let end = min(start + Self.recordsPerAnchor, records.count)
            let pairs = (start..<end).map { (rid: records[$0].rid, statement: statements[$0]) }
            anchors.append(try anchor(pairs, first: first + UInt64(start), now: now))
        }
        return SignedBatch(statements: statements, anchors: anchors)
    }

    /// Signs a statement for each record, on all cores: the batch's SQL transaction waits for it.
    private func statements(for records: [NewRecord], first: UInt64) -> [[UInt8]] {
        let signer = StatementSigner(issuer: account, ledger: ledger, key: key)
        let lanes = (records.count + Self.statementsPerLane - 1) / Self.statementsPerLane
        let signed = Mutex([[[UInt8]]](repeating: [], count: lanes))
        DispatchQueue.concurrentPerform(iterations: lanes) { lane in
            let start = lane * Self.statementsPerLane
            let end = min(start + Self.statementsPerLane, records.count)
            let statements = (start..<end).map {
                signer.sign(Digest(records[$0].commitment)!, sequence: first + UInt64($0))
            }
            signed.withLock { $0[lane] = statements }
        }
        return signed.withLock { $0.flatMap { $0 } }
    }

    /// Signs one anchor over statements with consecutive numbers.
    func anchor(_ records: [(rid: [UInt8], statement: [UInt8])], first: UInt64, now: UInt64) throws
        -> NewOutboxTransaction
    {
        let message = AnchorMessage(
            issuer: account, first: first,
            records: records.map { AnchorMessage.Record(rid: $0.rid, statementHash: SHA256.hash($0.statement)) })
        return try transaction([.anchor(message)], first: first, count: records.count, now: now)
    }

    /// Signs the tombstone of an erased record.
    func tombstone(_ rid: [UInt8], reason: UInt64, now: UInt64) throws -> NewOutboxTransaction {
        try transaction(
            [.tombstone(TombstoneMessage(issuer: account, rid: rid, reason: reason, time: now))], first: 0, count: 0,
            now: now)
    }

    /// Signs what pins a version of a schema.
    func registration(
        _ schema: SchemaName, version: UInt64, mediaType: SchemaMediaType, digest: Digest, now: UInt64
    ) throws -> NewOutboxTransaction {
        let message = RegisterSchemaMessage(
            account: account, schema: schema, version: version, mediaType: mediaType, digest: digest)
        return try transaction([.registerSchema(message)], first: 0, count: 0, now: now)
    }

    /// Signs a transaction of one message again: the same message, valid for longer; nil where the bytes hold none.
    func again(_ bytes: [UInt8], now: UInt64) throws -> NewOutboxTransaction? {
        guard let message = message(in: bytes) else { return nil }
        return try transaction([message], first: 0, count: 0, now: now)
    }

    /// The message that a transaction of ours carries.
    private func message(in bytes: [UInt8]) -> Message? {
        (try? SignedTransaction(decoding: bytes, on: ledger))?.body.messages.first
    }

    /// The tombstone that a transaction of ours carries.
    func tombstone(in bytes: [UInt8]) -> TombstoneMessage? {
        guard case .tombstone(let message)? = message(in: bytes) else { return nil }
        return message
    }

    /// The registration of a schema that a transaction of ours carries.
    func registration(in bytes: [UInt8]) -> RegisterSchemaMessage? {
        guard case .registerSchema(let message)? = message(in: bytes) else { return nil }
        return message
    }

    func transaction(_ messages: [Message], first: UInt64, count: Int, now: UInt64) throws
        -> NewOutboxTransaction
    {
        let validUntil = now + Self.validity
        let body = TransactionBody(
            signers: [account], feePayer: account, validUntil: validUntil, sequence: nil, messages: messages,
            fee: fee)
        let signed = try SignedTransaction.sign(body, on: ledger, keys: [key])
        return NewOutboxTransaction(
            id: signed.id.bytes, validUntil: validUntil, bytes: signed.encoded, firstNumber: first, count: count)
    }
}
