import Codec
import GatewayStore

extension RecordService {
    /// How often an erasure begins anew since another one of the same key group came before it.
    private static let erasureAttemptsMax = 256

    /// Erases a record (D8, privacy.md): payload, salt, captured originals and the group's key are gone when this
    /// returns, and a signed tombstone is on its way; of a record in an interval it is kept in the gateway.
    ///
    /// What others hold already stays with them.
    ///
    /// `reason`: a code, never text (privacy.md): 1 asked for by the data subject, 2 retention ended,
    ///   3 captured in error, 0 not stated.
    /// `isExpected`: whether the record, as it stands when it is erased, is what the caller saw; else
    ///   ``RecordsFailure/changedMeanwhile`` is thrown and nothing is erased.
    /// Returns false where it was erased before.
    package func erase(
        _ rid: [UInt8], tenant: String, reason: UInt64, audit: AuditLine? = nil,
        isExpected: (RecordView) -> Bool = { _ in true }
    ) async throws(RecordsFailure) -> Bool {
        for _ in 0..<Self.erasureAttemptsMax {
            guard let row = try row(rid, tenant: tenant) else { throw .notFound }
            do {
                return try await erase(row, tenant: tenant, reason: reason, audit: audit, isExpected: isExpected)
            } catch {
                // Whoever erased another record of the group, or this one, has put it under another key meanwhile.
                guard case .sealBroken = error, let now = try self.row(rid, tenant: tenant),
                    now.keyGroup != row.keyGroup || now.erasedAt != row.erasedAt
                else { throw error }
            }
        }
        throw .busy
    }

    /// Erases a record as it was read; `sealBroken` also where its key group changed since.
    private func erase(
        _ row: RecordRow, tenant: String, reason: UInt64, audit: AuditLine?, isExpected: (RecordView) -> Bool
    ) async throws(RecordsFailure) -> Bool {
        let rid = row.rid
        guard isExpected(RecordView(row)) else { throw .changedMeanwhile }
        guard row.erasedAt == nil else { return false }
        guard let old = keys.key(of: row.keyGroup) else { throw .sealBroken }
        do {
            while !keys.retire(row.keyGroup) { try await Task.sleep(for: .milliseconds(5)) }
            let time = now()
            let fresh = try keys.newGroup()
            // Of a record in an interval the ledger has no id: it would refuse the tombstone, and everybody would see one.
            let isInInterval = try store.intervalPlace(of: row.row) != nil
            let erased = try store.erase(
                rid, tenant: tenant, now: time, newGroup: fresh.group,
                tombstone: try issuer.tombstone(rid, reason: reason, now: time),
                tombstoneState: isInInterval ? .kept : .pending, audit: audit?.entry,
                event: NewEvent(
                    tenant: tenant, time: time, kind: .recordErased, subject: Hex.encode(rid),
                    data: .object([
                        .init("recordId", .string(Hex.encode(rid))), .init("reason", .integer(reason)),
                    ])),
                check: { row in
                    // Somebody else may have changed it since it was read above.
                    guard isExpected(RecordView(row)) else { throw RecordsFailure.changedMeanwhile }
                }
            ) { wraps in
                try wraps.map { wrap in
                    guard let again = SealedPayload.rewrap(wrap, from: old, to: fresh.key) else {
                        throw RecordsFailure.sealBroken
                    }
                    return again
                }
            }
            await index?.forget(row.row, tenant: tenant)
            try keys.destroy(row.keyGroup)
            try store.scrub()
            outbox.wake()
            return erased
        } catch {
            throw RecordsFailure(error)
        }
    }
}
