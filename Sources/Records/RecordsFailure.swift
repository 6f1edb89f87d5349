package import HTTPClientKit
package import LedgerAccess
package import SchemaValidation

/// Why a record was not captured, found, proven or erased.
package enum RecordsFailure: Error, Sendable {
    /// The gateway has more work than it can hold: try again in a moment.
    case busy
    /// The document cannot be read, and where and why.
    case unreadable(SchemaViolation)
    /// The document breaks its schema; at most a page of violations.
    case invalid([SchemaViolation])
    /// More events than one capture may hold.
    case tooManyEvents(count: Int, max: Int)
    /// The media type is none that captures take.
    case unsupportedMediaType(String)
    /// The tenant has no such record or job.
    case notFound
    /// The record is accepted, but not on the ledger yet.
    case notAnchored
    /// The record was erased: its payload is gone, its proof of existence stays.
    case erased
    /// A stored payload does not open: its key or its bytes are damaged.
    case sealBroken
    /// What is to be changed is no longer what the caller saw.
    case changedMeanwhile
    /// The tenant holds as many API keys as it may.
    case tooManyKeys(String)
    /// Events behind that place are no longer held; the oldest place that a reader can go on from.
    case eventsGone(oldest: EventCursor)
    /// The tenant holds as many webhooks as it may.
    case tooManyWebhooks(String)
    /// A webhook's URL is not one that is called from here.
    case addressRefused(AddressPolicy.Refusal)
    /// A schema was refused, or is not there.
    case schema(SchemaRefusal)
    /// The private index is not brought up to date yet: ask again in a moment, it goes on from where it is.
    case indexing
    /// The gateway is configured without a private index.
    case indexOff
    /// A commitment to the private index cannot be made, or nothing be proven by it.
    case commitment(CommitmentRefusal)
    /// The ledger did not answer.
    case ledger(LedgerAccessFailure)
    /// The gateway's store did not do what it was asked to.
    case store(isDiskFull: Bool, String)
}

/// Why the private index is not committed to, or nothing is proven by a commitment.
package enum CommitmentRefusal: Hashable, Sendable {
    /// The index holds no record.
    case nothingHeld
    /// Another commitment or proof is being made, of this tenant or another: there is one at a time.
    case inProgress
    /// The record that was named is no commitment.
    case noCommitment
    /// Its index cannot be made again: a record of it was erased, or is no longer among those that are compared, or the rules
    /// have changed.
    case outdated
    /// The record that was asked about is no EPCIS event: it has no vector.
    case notCompared
    /// The search's numbers are out of range, or it would prove too much; what to do.
    case search(String)
}
