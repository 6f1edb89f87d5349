import Cryptography
import GatewayStore
import LedgerModel
import Logging

/// A ledger that went on as a new revision (D23) takes nothing that was signed for the one before: what had not arrived
/// there is signed again, with the same numbers and record ids.
///
/// What had arrived stays as it is, and proves with the state's word on the earlier revision.
extension Outbox {
    /// Records whose statements one SQL transaction replaces.
    static let renewedAtOnce = 1_000

    /// Signs anew what waits and names an earlier revision; killed anywhere, the next start goes on.
    func renew(_ earlier: EarlierRevisions, onLedger: UInt64) throws {
        guard !earlier.all.isEmpty else { return }
        let statements = try renewStatements(earlier, onLedger: onLedger)
        let transactions = try renewTransactions(earlier)
        guard statements + transactions > 0 else { return }
        logger.notice(
            "the ledger goes on as a new revision: what waited for the one before is signed again",
            metadata: [
                "ledger": "\(issuer.ledger.chainID)", "statements": "\(statements)",
                "transactions": "\(transactions)",
            ])
    }

    private func renewStatements(_ earlier: EarlierRevisions, onLedger: UInt64) throws -> Int {
        let signer = StatementSigner(issuer: issuer.account, ledger: issuer.ledger, key: issuer.key)
        var (count, last) = (0, Int64(0))
        while true {
            let page = try store.waitingStatements(
                of: issuer.account.bytes, from: onLedger, after: last, limit: Self.renewedAtOnce)
            guard let end = page.last else { return count }
            last = end.row
            let renewed = try page.compactMap { row -> (row: Int64, statement: [UInt8])? in
                let statement = try Statement.decode(row.statement)
                guard earlier.hold(statement) else { return nil }
                return (row.row, signer.sign(statement.recordHash, sequence: statement.sequence))
            }
            try store.replaceStatements(renewed)
            count += renewed.count
        }
    }

    /// Tombstones and schemas: each is one message, which stays.
    private func renewTransactions(_ earlier: EarlierRevisions) throws -> Int {
        var count = 0
        for row in try store.pendingOutbox(limit: .max) where row.kind != .anchor {
            guard let message = earlier.message(in: try store.outboxBytes(row.row), by: issuer.key.publicKey)
            else { continue }
            let fresh = try issuer.transaction([message], first: 0, count: 0, now: now())
            try store.replaceOutbox(row.row, with: fresh)
            count += 1
        }
        return count
    }
}
