package import LedgerModel

/// Why a ledger did not answer.
package enum LedgerAccessFailure: Error, Equatable, Sendable {
    /// There is no such block, leaf or tile.
    case notFound(String)
    /// The state or block of that height is no longer held; `nearest` is the nearest height that is served.
    case pruned(nearest: Height)
    /// The height lies above the newest provable one.
    case notYet(newest: Height)
    /// The transaction can never be included, and why.
    case refused(String)
    /// No header of the trusted set leads to what was asked for: it never validated here, or only from `first` on.
    case unknownTrustedSet(first: Height?)
    /// The collection does not take a search like this one, and why.
    case searchRefused(String)
    /// Queries of a batch that the collection does not take; at least one.
    case queriesRefused([QueryRefusal])
    /// More than one request may do: of queries like these so many are answered at once.
    case batchTooLarge(queriesMax: Int)
    /// Try again later, and why: the queue is full, the node is stopping.
    case unavailable(String)
}
