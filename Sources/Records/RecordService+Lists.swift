import Codec
import GatewayStore
import LedgerAccess
import LedgerModel

/// Which of a tenant's records a list holds, and in which order.
package struct RecordFilter: Sendable {
    /// Only the records of one job (16 bytes), in document order.
    package var job: [UInt8]?
    package var state: RecordView.State?
    /// Only what was accepted after this time, in nanoseconds since 1970.
    package var acceptedAfter: UInt64?
    package var isNewestFirst: Bool

    package init(
        job: [UInt8]? = nil, state: RecordView.State? = nil, acceptedAfter: UInt64? = nil, isNewestFirst: Bool = true
    ) {
        self.job = job
        self.state = state
        self.acceptedAfter = acceptedAfter
        self.isNewestFirst = isNewestFirst
    }
}

/// One page of a list, and where the next one begins.
package struct ListPage<Item: Sendable>: Sendable {
    package let items: [Item]
    /// Bytes that lead to the next page of the same list; nil where there is none.
    package let next: [UInt8]?
}

extension RecordService {
    /// Bytes of a place in a list of records: u64 time and u64 row, big-endian.
    package static let recordPlaceBytes = 16
    /// Bytes of a place in a list of jobs: u64 time and the job's id.
    package static let jobPlaceBytes = 24

    /// One page of a tenant's records.
    ///
    /// It may hold fewer than `limit`, or none, and yet be followed by another one.
    /// - Throws: ``RecordsFailure``, `notFound` where the tenant has no such job.
    package func records(
        _ filter: RecordFilter, tenant: String, after place: [UInt8]?, limit: Int
    ) throws(RecordsFailure) -> ListPage<RecordView> {
        let query = RecordQuery(
            tenant: tenant, job: filter.job, state: filter.state?.queried, acceptedAfter: filter.acceptedAfter,
            isNewestFirst: filter.isNewestFirst)
        let start = place.map {
            ListPlace(time: UInt64(bigEndianBytes: $0.prefix(8)), row: UInt64(bigEndianBytes: $0.dropFirst(8)))
        }
        let page: RecordPage?
        do { page = try store.records(query, after: start, limit: limit) } catch { throw RecordsFailure(error) }
        guard let page else { throw .notFound }
        return ListPage(
            items: page.records.map(RecordView.init),
            next: page.next.map { $0.time.bigEndianBytes + $0.row.bigEndianBytes })
    }

    /// One page of a tenant's capture jobs, the newest first.
    package func jobs(
        tenant: String, after place: [UInt8]?, limit: Int
    ) async throws(RecordsFailure) -> ListPage<JobSummary> {
        let start = place.map { JobPlace(createdAt: UInt64(bigEndianBytes: $0.prefix(8)), id: Array($0.dropFirst(8))) }
        do {
            let height = try await ledger.status().height.value
            let page = try store.jobs(tenant: tenant, after: start, limit: limit)
            return ListPage(
                items: page.jobs.map { JobSummary($0, height: height) },
                next: page.next.map { $0.createdAt.bigEndianBytes + $0.id })
        } catch { throw RecordsFailure(error) }
    }
}
