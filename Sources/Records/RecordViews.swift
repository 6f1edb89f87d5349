import GatewayStore

/// One record as its owner sees it.
package struct RecordView: Sendable {
    /// How far the record is.
    package enum State: String, CaseIterable, Sendable { case accepted, anchored, erased }

    /// Where a record stands on the ledger.
    package struct Place: Equatable, Sendable {
        package let leafIndex: UInt64
        package let height: UInt64
        /// Nanoseconds since 1970.
        package let blockTime: UInt64
    }

    /// 32 bytes.
    package let recordID: [UInt8]
    package let state: State
    /// Account id of the issuer, 32 bytes, and its gapless number of this record.
    package let issuer: [UInt8]
    package let number: UInt64
    package let mediaType: String
    /// Nil until anchored.
    package let place: Place?
    /// Nanoseconds since 1970.
    package let acceptedAt: UInt64
    package let erasedAt: UInt64?
    /// What it was checked against when it was accepted first, as `ID:VERSION`: the bundled schema, then the registered
    /// one; none where that is not known.
    package let schemas: [String]

    init(_ row: RecordRow) {
        schemas =
            row.schemas.map { use in
                ["\(use.bundled):1"] + (use.name.map { ["\($0):\(use.version ?? 0)"] } ?? [])
            } ?? []
        recordID = row.rid
        state = State(row.state)
        issuer = row.issuer
        number = row.number
        mediaType = row.mediaType
        place = row.place.map { Place(leafIndex: $0.leafIndex, height: $0.height, blockTime: $0.blockTime) }
        acceptedAt = row.acceptedAt
        erasedAt = row.erasedAt
    }
}

extension RecordView.State {
    fileprivate init(_ state: RecordQuery.State) {
        switch state {
        case .accepted: self = .accepted
        case .anchored: self = .anchored
        case .erased: self = .erased
        }
    }

    /// As the store's lists name it.
    var queried: RecordQuery.State {
        switch self {
        case .accepted: .accepted
        case .anchored: .anchored
        case .erased: .erased
        }
    }
}

/// A capture job as its owner sees it.
package struct JobView: Sendable {
    /// 16 bytes.
    package let jobID: [UInt8]
    /// Nanoseconds since 1970.
    package let createdAt: UInt64
    /// Record ids in document order.
    package let recordIDs: [[UInt8]]
    /// How many of them are on the ledger.
    package let anchoredCount: Int
    /// Whether all of them are, and can be proven.
    package let isFinished: Bool

    /// `height`: the newest block's.
    init(_ row: JobRow, height: UInt64) {
        isFinished = row.anchoredCount == row.records.count && row.lastHeight ?? 0 < height
        jobID = row.id
        createdAt = row.createdAt
        recordIDs = row.records
        anchoredCount = row.anchoredCount
    }
}

/// A capture job in a list.
package struct JobSummary: Sendable {
    /// 16 bytes.
    package let jobID: [UInt8]
    /// Nanoseconds since 1970.
    package let createdAt: UInt64
    package let recordCount: Int
    /// How many of them are on the ledger.
    package let anchoredCount: Int
    /// Whether all of them are, and can be proven.
    package let isFinished: Bool

    /// `height`: the newest block's.
    init(_ head: JobHead, height: UInt64) {
        isFinished = head.anchoredCount == head.recordCount && head.lastHeight ?? 0 < height
        jobID = head.id
        createdAt = head.createdAt
        recordCount = head.recordCount
        anchoredCount = head.anchoredCount
    }
}
