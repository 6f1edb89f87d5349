import Codec
import Cryptography
import Foundation
package import GatewayStore
package import LedgerAccess
import LedgerModel
import Proofs
import SupplyChain

/// Captures records, hands out receipts and bundles, and erases: the gateway's side of journey 1.
///
/// A document becomes one record an event: checked, hashed, sealed and signed here, durable before the caller hears of
/// it, then anchored by the ``Outbox``.
package final class RecordService: Sendable {
    /// Events in one capture.
    ///
    /// The answer names the limit.
    package static let eventsPerCaptureMax = 10_000

    let store: GatewayStore
    let keys: GroupKeyFile
    let issuer: Issuer
    let ledger: any LedgerAccess
    let outbox: Outbox
    let reader: CaptureReader
    let now: @Sendable () -> UInt64
    let trees: IntervalTrees
    /// Nil where it is switched off.
    let index: PrivateIndex?
    private let queue: AcceptanceQueue

    package init(
        store: GatewayStore, keys: GroupKeyFile, issuer: Issuer, ledger: any LedgerAccess, outbox: Outbox,
        reader: CaptureReader, anchoring: AnchorPlan = .record, index: PrivateIndex? = nil,
        now: @escaping @Sendable () -> UInt64
    ) {
        self.store = store
        self.keys = keys
        self.issuer = issuer
        self.ledger = ledger
        self.outbox = outbox
        self.reader = reader
        self.now = now
        self.index = index
        trees = IntervalTrees(store: store)
        queue = AcceptanceQueue { captures in
            let time = now()
            guard let intervals = anchoring.intervals else {
                return try store.accept(captures, issuer: issuer.account.bytes, now: time) { first, records in
                    try issuer.sign(records, first: first, now: time)
                }
            }
            return try store.accept(
                captures, issuer: issuer.account.bytes, now: time, draw: intervals.draw
            ) { number, records in issuer.sign(records, interval: number) }
        }
    }

    /// Whether the key file is the one under which the newest record was sealed, as far as there is a record.
    ///
    /// With another's, no stored document could be opened, and repeated captures would become new records.
    package func keysBelong() throws(RecordsFailure) -> Bool {
        do {
            guard let newest = try store.newestWrap() else { return true }
            guard let key = keys.key(of: newest.keyGroup) else { return false }
            return SealedPayload.opens(newest.wrap, groupKey: key)
        } catch { throw RecordsFailure(error) }
    }

    /// Takes a document in: every event of it becomes a record, durable when this returns.
    ///
    /// `schema`: what it must satisfy besides the bundled schema.
    /// `audit`: its line in the audit log, durable with it; the job becomes its target.
    /// - Throws: ``RecordsFailure``; nothing is stored then.
    package func capture(
        _ document: [UInt8], mediaType: String, tenant: String, schema: AppliedSchema? = nil, audit: AuditLine? = nil
    ) async throws(RecordsFailure) -> CaptureReceipt {
        let prepared = try reader.read(document, mediaType: mediaType, schema: schema)
        return try await accept(document, prepared, tenant: tenant) { capture in
            var line = audit
            line?.target = Hex.encode(capture.jobID)
            return line
        }
    }

    /// Takes a document in that was read before.
    ///
    /// `audit`: the line in the audit log of what is about to be stored.
    func accept(
        _ document: [UInt8], _ prepared: PreparedCapture, tenant: String, audit: (NewCapture) -> AuditLine?
    ) async throws(RecordsFailure) -> CaptureReceipt {
        let receipt: CaptureReceipt
        do {
            var capture = try seal(document, prepared, tenant: tenant)
            capture.audit = audit(capture)?.entry
            defer { keys.release(capture.records.map(\.keyGroup) + [capture.original.keyGroup]) }
            let fresh = try await queue.accept(capture)
            receipt = CaptureReceipt(
                jobID: capture.jobID, recordIDs: try recordIDs(of: capture, tenant: tenant), newCount: fresh)
        } catch {
            throw RecordsFailure(error)
        }
        outbox.wake()
        return receipt
    }

    /// One capture job; nil where the tenant has none of that id.
    package func job(_ id: [UInt8], tenant: String) async throws(RecordsFailure) -> JobView? {
        do {
            // The state of a block is proven by the next one's header (D4).
            let height = try await ledger.status().height.value
            return try store.job(id, tenant: tenant).map { JobView($0, height: height) }
        } catch { throw RecordsFailure(error) }
    }

    /// One record; nil where the tenant has none of that id.
    package func record(_ rid: [UInt8], tenant: String) throws(RecordsFailure) -> RecordView? {
        guard let row = try row(rid, tenant: tenant) else { return nil }
        return RecordView(row)
    }

    /// Refuses where a capture of so many bytes could not be stored now.
    package func checkRoom(_ bytes: Int) throws(RecordsFailure) {
        do { try store.checkRoom(bytes) } catch { throw RecordsFailure(error) }
    }

    /// How many transactions are on their way to the ledger.
    package func pendingCount() throws(RecordsFailure) -> Int {
        do { return try store.pendingOutboxCount() } catch { throw RecordsFailure(error) }
    }

    func row(_ rid: [UInt8], tenant: String) throws(RecordsFailure) -> RecordRow? {
        do { return try store.record(rid, tenant: tenant) } catch { throw RecordsFailure(error) }
    }

    /// The ids of a stored capture's records: those under which they were accepted first, where an older secret is kept.
    private func recordIDs(of capture: NewCapture, tenant: String) throws -> [[UInt8]] {
        guard capture.records.contains(where: { !$0.earlierIDs.isEmpty }),
            let job = try store.job(capture.jobID, tenant: tenant)
        else { return capture.records.map(\.rid) }
        return job.records
    }

    private func seal(_ document: [UInt8], _ prepared: PreparedCapture, tenant: String) throws -> NewCapture {
        let records = try prepared.records.map { record -> NewRecord in
            let (group, key) = try keys.next()
            let sealed = SealedPayload(record.document, groupKey: key)
            let file = RecordFile(salt: sealed.salt, mediaType: record.mediaType, document: record.document)
            let ids = keys.recordIDs(
                source: record.source, stream: tenant, key: record.businessKey, canonical: record.canonical)
            return NewRecord(
                rid: ids[0], mediaType: record.mediaType, payload: sealed.payload, keyGroup: group, wrap: sealed.wrap,
                commitment: SHA256.hash(file.encoded).bytes, earlierIDs: Array(ids.dropFirst()))
        }
        let (group, key) = try keys.next()
        let sealed = SealedPayload(document, groupKey: key)
        let original = NewOriginal(
            mediaType: prepared.mediaType, payload: sealed.payload, keyGroup: group, wrap: sealed.wrap)
        var capture = NewCapture(
            jobID: SecureRandom.bytes(16), tenant: tenant, original: original, records: records)
        capture.schemas = prepared.bundled.map { NewSchemaUse(bundled: $0, version: prepared.schema) }
        return capture
    }
}

/// What a caller gets for a document.
package struct CaptureReceipt: Sendable {
    /// 16 bytes.
    package let jobID: [UInt8]
    /// Record ids in document order.
    package let recordIDs: [[UInt8]]
    /// How many of them had not been captured before.
    package let newCount: Int
}

/// A document, read and checked: what becomes of each of its parts.
package struct PreparedCapture: Sendable {
    /// One record to be.
    package struct Record: Sendable {
        package var mediaType: String
        /// What the record file will hold.
        package var document: [UInt8]
        /// The parts of the keyed record id (privacy.md).
        package var source: String
        package var businessKey: [UInt8]
        package var canonical: [UInt8]
    }

    package var mediaType: String
    package var records: [Record]
    /// Name of the bundled schema that it satisfies, and row of the registered one, or 0.
    var bundled: String?
    var schema: Int64 = 0
}

extension RecordsFailure {
    /// Folds what the parts throw.
    init(_ error: any Error) {
        switch error {
        case let failure as RecordsFailure: self = failure
        case let failure as GatewayStoreFailure where failure.code == .backlog: self = .busy
        case let failure as GatewayStoreFailure:
            self = .store(isDiskFull: failure.code == .diskFull, failure.description)
        case let failure as LedgerAccessFailure: self = .ledger(failure)
        case let failure as KeyFileFailure: self = .store(isDiskFull: false, failure.description)
        default: self = .store(isDiskFull: false, "the gateway failed: \(type(of: error))")
        }
    }
}
