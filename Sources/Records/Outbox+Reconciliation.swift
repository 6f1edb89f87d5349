import GatewayStore
import LedgerAccess
import LedgerModel
import Logging

/// Compares the store with the ledger at start (D17): whichever was restored from an older state is noticed here.
///
/// An issuer's numbers are gapless and its anchors stand in the log in their order, so one look suffices while both are
/// whole: the newest anchor that is noted as arrived stands on the ledger where it is noted. A ledger that lost its end
/// gets what it lost once more, with the same statements and numbers; a ledger that holds something else under a number
/// of ours is refused, since both histories are signed.
extension Outbox {
    /// Looks at both sides, puts back what the ledger does not hold any more, and says what it found.
    /// - Throws: ``OutboxFailure`` where the two cannot be brought together.
    func reconcile() async throws {
        let pending = try store.pendingOutboxCount()
        let assigned = try store.nextNumber(of: issuer.account.bytes)
        let onLedger = try await ledgerNextNumber()
        logger.info(
            "outbox compared with the ledger",
            metadata: [
                "pending": "\(pending)", "assigned": "\(assigned)", "onLedger": "\(onLedger)",
            ])
        guard onLedger <= assigned else {
            throw OutboxFailure.storeIsOlder(assigned: assigned, onLedger: onLedger)
        }
        do {
            let earlier = try await EarlierRevisions.of(issuer.ledger, on: ledger)
            try await checkOldestPending(onLedger: onLedger, earlier)
            try await putBackAnchors(onLedger: onLedger, earlier)
            try await putBackLost(.tombstone)
            try await putBackLost(.schema)
            try renew(earlier, onLedger: onLedger)
        } catch let error as LedgerAccessFailure {
            throw RecordsFailure.ledger(error)
        }
        wake()
    }

    private func ledgerNextNumber() async throws -> UInt64 {
        do {
            return try await IssuerState.nextNumber(of: issuer.account, on: ledger)
        } catch {
            throw RecordsFailure.ledger(error)
        }
    }

    /// What waits under a number that the ledger has given away must be what stands there.
    private func checkOldestPending(onLedger: UInt64, _ earlier: EarlierRevisions) async throws {
        guard let oldest = try store.oldestPendingAnchor(of: issuer.account.bytes) else { return }
        try checkLedger(of: oldest, earlier)
        guard oldest.firstNumber < onLedger else { return }
        _ = try await place(of: oldest, onLedger: onLedger)
    }

    /// Puts back the anchors that the ledger lost, or holds at another place than noted.
    private func putBackAnchors(onLedger: UInt64, _ earlier: EarlierRevisions) async throws {
        guard let newest = try store.includedAnchor(below: .max, of: issuer.account.bytes) else { return }
        try checkLedger(of: newest, earlier)
        let first = try await firstAstray(onLedger: onLedger)
        guard first < newest.endNumber else { return }
        let (anchors, records) = try store.putBackAnchors(from: first, of: issuer.account.bytes)
        logger.warning(
            "the ledger was cut back: records that it had taken are anchored again; what was shown of the log since may not fit the new one",
            metadata: [
                "anchors": "\(anchors)", "records": "\(records)", "firstNumber": "\(first)",
                "onLedger": "\(onLedger)",
            ])
    }

    /// The number from which on the ledger does not hold our anchors where they are noted.
    ///
    /// - Complexity: one look at the ledger where all is well or only the end is missing; O(log n) looks where anchors
    ///   that came again stand at another place.
    private func firstAstray(onLedger: UInt64) async throws -> UInt64 {
        let account = issuer.account.bytes
        guard let last = try store.includedAnchor(below: onLedger, of: account) else { return onLedger }
        guard try await place(of: last, onLedger: onLedger) != last.place else { return onLedger }
        // Below `good` all are in place, from `bad` on none.
        var (good, bad) = (UInt64(0), last.firstNumber)
        while good < bad {
            let middle = good + (bad - good) / 2
            guard let anchor = try store.includedAnchor(below: middle + 1, of: account), anchor.endNumber > good else {
                good = middle + 1
                continue
            }
            if try await place(of: anchor, onLedger: onLedger) == anchor.place {
                good = anchor.endNumber
            } else {
                bad = anchor.firstNumber
            }
        }
        return bad
    }

    /// Where the ledger holds an anchor that begins below its next number.
    private func place(of anchor: IncludedAnchor, onLedger: UInt64) async throws -> RecordPlace {
        guard anchor.endNumber <= onLedger, let record = try await anchored(anchor.rid),
            record.issuer == issuer.account, record.number == anchor.firstNumber
        else { throw OutboxFailure.ledgerDiffers(number: anchor.firstNumber) }
        return record.place
    }

    /// Statements name their ledger, or an earlier revision of it: they are never handed to another one.
    private func checkLedger(of anchor: IncludedAnchor, _ earlier: EarlierRevisions) throws {
        guard let bytes = anchor.statement else { return }
        let statement = try Statement.decode(bytes)
        let isOurs =
            statement.chainID == issuer.ledger.chainID.text
            && statement.genesisHash == issuer.ledger.genesisHash
        guard isOurs || earlier.hold(statement) else {
            throw OutboxFailure.otherLedger(stated: statement.chainID, found: issuer.ledger.chainID.text)
        }
    }

    /// Puts back the transactions of a kind that the ledger lost: from the newest on, until one is there.
    private func putBackLost(_ kind: OutboxKind) async throws {
        var lost: [Int64] = []
        var below = Int64.max
        walk: while true {
            let page = try store.included(kind, below: below, limit: 100)
            for (row, bytes) in page {
                guard try await isLost(bytes) else { break walk }
                lost.append(row)
                below = row
            }
            if page.isEmpty { break }
        }
        guard !lost.isEmpty else { return }
        try store.putBack(lost)
        logger.warning(
            "the ledger was cut back: what it had taken is handed in again",
            metadata: ["kind": "\(kind)", "count": "\(lost.count)"])
    }

    /// Whether the ledger does not hold what a transaction of ours wrote.
    private func isLost(_ bytes: [UInt8]) async throws -> Bool {
        if let message = issuer.tombstone(in: bytes), message.issuer == issuer.account {
            return try await tombstoneHeight(of: message.rid) == nil
        }
        if let message = issuer.registration(in: bytes), message.account == issuer.account {
            return try await registered(message) == nil
        }
        return false
    }
}

/// Why the gateway will not go on with this store and this ledger.
package enum OutboxFailure: Error, Equatable, CustomStringConvertible {
    /// The ledger holds numbers that the store never assigned: going on would assign them twice.
    case storeIsOlder(assigned: UInt64, onLedger: UInt64)
    /// The ledger holds another record under a number of ours, or ours under another number.
    case ledgerDiffers(number: UInt64)
    /// The store's statements are about another ledger.
    case otherLedger(stated: String, found: String)

    package var description: String {
        switch self {
        case .storeIsOlder(let assigned, let onLedger):
            "gateway/ is older than the ledger: it assigned \(assigned) numbers, the ledger has \(onLedger); "
                + "restore the newest backup of gateway/"
        case .ledgerDiffers(let number):
            "ledger/ and gateway/ went different ways: the ledger does not hold the record that gateway/ stated as "
                + "number \(number). Nothing was changed; restore ledger/ and gateway/ from backups of the same time"
        case .otherLedger(let stated, let found):
            "gateway/ belongs to another ledger: its statements name \(stated) with another genesis than this \(found); "
                + "start it on the ledger that it was made for, or restore the right gateway/"
        }
    }
}
