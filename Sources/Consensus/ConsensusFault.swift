package import LedgerModel

/// An input that is refused, or bytes that are not what they should be.
package enum ConsensusFault: Error, Equatable, Sendable {
    /// Bytes that are no message or record in its one spelling.
    case malformed
    /// A field out of its range, and which.
    case invalid(String)
    /// For another height than the machine's.
    case wrongHeight(Int64)
    /// By nobody in the set, or under another place than its own.
    case notAValidator
    /// By somebody else than the round's proposer.
    case notTheProposer
    /// A signature that does not hold.
    case signature
    /// Votes for a certificate that are of another step or block, out of set order, or too few.
    case notAQuorum
    /// A commit that does not hold.
    case commit(VerificationFailure)
    /// An answer to something that the machine did not ask for.
    case notAskedFor
}
