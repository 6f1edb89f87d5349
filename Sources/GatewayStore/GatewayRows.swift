// The gateway's rows as values. All bytes that could tell something are ciphertext or wrapped here.

/// One record as it is handed in for acceptance.
package struct NewRecord: Sendable {
    /// Keyed record id, 32 bytes.
    package var rid: [UInt8]
    package var mediaType: String
    /// The document, encrypted under the record's payload key.
    package var payload: [UInt8]
    package var keyGroup: Int64
    /// Salt and payload key, wrapped under the group's key.
    package var wrap: [UInt8]
    /// SHA-256 of the record file: what the statement is about.
    ///
    /// Not stored.
    package var commitment: [UInt8]
    /// Its ids under older secrets, by which it may be known already; the newest of them first.
    package var earlierIDs: [[UInt8]]

    package init(
        rid: [UInt8], mediaType: String, payload: [UInt8], keyGroup: Int64, wrap: [UInt8], commitment: [UInt8],
        earlierIDs: [[UInt8]] = []
    ) {
        self.rid = rid
        self.earlierIDs = earlierIDs
        self.mediaType = mediaType
        self.payload = payload
        self.keyGroup = keyGroup
        self.wrap = wrap
        self.commitment = commitment
    }
}

/// A captured document as it came in, encrypted.
package struct NewOriginal: Sendable {
    package var mediaType: String
    package var payload: [UInt8]
    package var keyGroup: Int64
    package var wrap: [UInt8]

    package init(mediaType: String, payload: [UInt8], keyGroup: Int64, wrap: [UInt8]) {
        self.mediaType = mediaType
        self.payload = payload
        self.keyGroup = keyGroup
        self.wrap = wrap
    }
}

/// One capture: a job, its original and its records in document order.
package struct NewCapture: Sendable {
    /// 16 random bytes.
    package var jobID: [UInt8]
    package var tenant: String
    package var original: NewOriginal
    package var records: [NewRecord]
    /// Its line in the audit log, written in the same transaction.
    package var audit: AuditEntry?
    /// What it was checked against.
    package var schemas: NewSchemaUse?

    package init(jobID: [UInt8], tenant: String, original: NewOriginal, records: [NewRecord]) {
        self.jobID = jobID
        self.tenant = tenant
        self.original = original
        self.records = records
    }
}

/// What the issuer signed for the records that are new: statements in the order of their numbers, and the transactions
/// that anchor them, each with how many of them it takes.
package struct SignedBatch: Sendable {
    package var statements: [[UInt8]]
    package var anchors: [NewOutboxTransaction]

    package init(statements: [[UInt8]], anchors: [NewOutboxTransaction]) {
        self.statements = statements
        self.anchors = anchors
    }
}

/// A signed transaction to be submitted until the ledger has answered for good.
package struct NewOutboxTransaction: Sendable {
    package var id: [UInt8]
    /// Nanoseconds since 1970.
    package var validUntil: UInt64
    package var bytes: [UInt8]
    package var firstNumber: UInt64
    package var count: Int

    package init(id: [UInt8], validUntil: UInt64, bytes: [UInt8], firstNumber: UInt64, count: Int) {
        self.id = id
        self.validUntil = validUntil
        self.bytes = bytes
        self.firstNumber = firstNumber
        self.count = count
    }
}

/// What a transaction in the outbox is for.
package enum OutboxKind: Int64, Sendable {
    case anchor = 1
    case tombstone = 2
    case schema = 3
}

/// How far a transaction in the outbox is.
package enum OutboxState: Int64, Sendable {
    /// Signed, and submitted until the ledger has answered for good.
    case pending = 0
    case included = 1
    /// An interval that takes records; its anchor is not signed yet.
    case forming = 2
    /// Signed and kept here; never submitted, or not again.
    case kept = 3
}

/// A transaction in the outbox, without its bytes: they are long, and looked at once.
package struct OutboxRow: Sendable {
    package var row: Int64
    package var kind: OutboxKind
    package var id: [UInt8]
    package var validUntil: UInt64
    package var firstNumber: UInt64
    package var count: Int
}

/// An anchor and its first record: enough to look it up on the ledger.
package struct IncludedAnchor: Sendable {
    /// Under which the ledger keeps its first leaf.
    package var rid: [UInt8]
    /// That of its first record; nil for an interval of padding alone.
    package var statement: [UInt8]?
    package var firstNumber: UInt64
    package var count: Int
    /// Where its first record is noted to stand.
    package var place: RecordPlace
    /// The number after its last.
    package var endNumber: UInt64 { firstNumber + UInt64(count) }
}

/// Where a record stands on the ledger.
package struct RecordPlace: Equatable, Sendable {
    package var leafIndex: UInt64
    package var height: UInt64
    /// Nanoseconds since 1970.
    package var blockTime: UInt64

    package init(leafIndex: UInt64, height: UInt64, blockTime: UInt64) {
        self.leafIndex = leafIndex
        self.height = height
        self.blockTime = blockTime
    }
}

/// A record as the gateway holds it.
package struct RecordRow: Sendable {
    package var row: Int64
    package var rid: [UInt8]
    package var tenant: String
    package var issuer: [UInt8]
    package var number: UInt64
    package var statement: [UInt8]
    package var mediaType: String
    /// Nil after erasure.
    package var payload: [UInt8]?
    package var keyGroup: Int64
    package var wrap: [UInt8]?
    /// Nil until anchored.
    package var place: RecordPlace?
    /// Nanoseconds since 1970.
    package var acceptedAt: UInt64
    package var erasedAt: UInt64?
    /// What it was checked against; nil where that is not known.
    package var schemas: SchemaUseRow?
}

/// A capture job and how far it is.
package struct JobRow: Sendable {
    package var id: [UInt8]
    package var tenant: String
    package var createdAt: UInt64
    /// Record ids in document order.
    package var records: [[UInt8]]
    /// How many of them are on the ledger.
    package var anchoredCount: Int
    /// The height of the block that took the last of them; nil before.
    package var lastHeight: UInt64?
}
