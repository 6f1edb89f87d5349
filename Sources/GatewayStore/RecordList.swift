/// Which of a tenant's records a list holds, and in which order.
package struct RecordQuery: Sendable {
    /// How far a record is.
    package enum State: String, CaseIterable, Sendable { case accepted, anchored, erased }

    package var tenant: String
    /// Only the records of one job, in document order.
    package var job: [UInt8]?
    package var state: State?
    /// Only what was accepted after this time, in nanoseconds since 1970.
    package var acceptedAfter: UInt64?
    package var isNewestFirst: Bool

    package init(
        tenant: String, job: [UInt8]? = nil, state: State? = nil, acceptedAfter: UInt64? = nil,
        isNewestFirst: Bool = true
    ) {
        self.tenant = tenant
        self.job = job
        self.state = state
        self.acceptedAfter = acceptedAfter
        self.isNewestFirst = isNewestFirst
    }

    /// Whether a record belongs into the list.
    func holds(_ record: RecordRow) -> Bool {
        record.tenant == tenant && record.acceptedAt > acceptedAfter ?? 0 && (state ?? record.state) == record.state
    }
}

/// The place of a row in a list: what comes after it is the next page.
///
/// Rows never change their place, so rows that come meanwhile neither hide others nor show them twice.
package struct ListPlace: Equatable, Sendable {
    /// Nanoseconds since 1970; 0 where the order is by row alone.
    package var time: UInt64
    /// The row, or the index within a job.
    package var row: UInt64

    package init(time: UInt64, row: UInt64) {
        self.time = time
        self.row = row
    }
}

/// Some records of a list, without statements, payloads and wraps.
package struct RecordPage: Sendable {
    package var records: [RecordRow]
    /// Where the next page begins; nil where there is none.
    package var next: ListPlace?
}

extension RecordRow {
    /// How far it is, as lists tell them apart.
    package var state: RecordQuery.State { erasedAt != nil ? .erased : place == nil ? .accepted : .anchored }
}
