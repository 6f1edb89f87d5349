package import LedgerModel
package import Proofs

/// Why a light client does not take something over.
///
/// Nothing has changed then.
package enum ClientFailure: Error, Equatable, Sendable {
    /// Bytes that are not the message in its one spelling.
    case malformed(LedgerModelFailure)
    /// A field of a client state, and what is wrong with it.
    case clientState(String)
    /// A field of a consensus state, and what is wrong with it.
    case consensusState(String)
    /// A field of an update or of misbehaviour, and what is wrong with it.
    case message(String)
    /// A header that its validators or the trusted ones did not sign as they must.
    case header(VerificationFailure)
    /// The client is frozen or expired.
    case status(ClientStatus)
    /// The client has no state for this height.
    case unknownHeight(ClientHeight)
    /// The trusted state is older than the trusting period.
    case trustExpired(ClientHeight)
    /// A height above the client's latest one.
    case notYetKnown(ClientHeight)
    /// A proof of presence or absence that does not hold.
    case proof(ProofFailure)
    /// An upgrade that the foreign ledger did not announce so.
    case upgrade(String)
    /// A substitute that this client cannot be pointed to.
    case substitute(String)
    /// What the store holds under a key of the client cannot be read.
    case corrupt(key: String)
}

/// Whether a client can be used.
package enum ClientStatus: String, Hashable, Sendable {
    case active = "Active"
    case frozen = "Frozen"
    case expired = "Expired"
}
