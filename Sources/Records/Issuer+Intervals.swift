import Cryptography
import GatewayStore
import LedgerModel

extension Issuer {
    /// Signs statements that all carry their interval's number; its anchor is signed when the interval ends.
    func sign(_ records: [NewRecord], interval number: UInt64) -> SignedBatch {
        SignedBatch(
            statements: records.map {
                Statement.sign(
                    recordHash: Digest($0.commitment)!, sequence: number, issuer: account, ledger: ledger, key: key)
            }, anchors: [])
    }

    /// Signs an interval's anchor: one leaf, whose entry is the root of its tree.
    func anchor(_ interval: IntervalRow, now: UInt64) throws -> NewOutboxTransaction {
        let message = AnchorMessage(
            issuer: account, first: interval.number,
            records: [AnchorMessage.Record(rid: interval.rid, statementHash: IntervalTree(interval).root)])
        return try transaction([.anchor(message)], first: interval.number, count: 1, now: now)
    }

    /// Signs again what expired on its way: the same leaves, a later validUntil.
    func anchorAgain(_ row: OutboxRow, from store: GatewayStore, now: UInt64) throws -> NewOutboxTransaction {
        if let interval = try store.interval(ofOutbox: row.row) { return try anchor(interval, now: now) }
        return try anchor(try store.records(ofOutbox: row.row), first: row.firstNumber, now: now)
    }
}
