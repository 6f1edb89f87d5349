package import Cryptography

/// A header that may be anybody's: as it was read.
package struct UnverifiedHeader: Sendable {
    package var signed: SignedHeader
    package var validators: ValidatorSet

    package init(signed: SignedHeader, validators: ValidatorSet) {
        self.signed = signed
        self.validators = validators
    }
}

/// A header whose own set signed it, reached from one that is trusted.
///
/// Only ``HeaderStep`` makes one.
package struct VerifiedHeader: Sendable {
    package let signed: SignedHeader
    package let validators: ValidatorSet
    package let count: VoteCount

    package var header: BlockHeader { signed.header }

    fileprivate init(_ unverified: UnverifiedHeader, count: VoteCount) {
        signed = unverified.signed
        validators = unverified.validators
        self.count = count
    }
}

/// How a light client gets from one header to the next (CometBFT `light/verifier.go`).
package enum HeaderStep {
    /// A header taken as the beginning: its set must be the trusted one.
    package static func begin(
        _ header: UnverifiedHeader, chainID: String, trustedValidatorsHash: Digest
    ) throws(VerificationFailure) -> VerifiedHeader {
        guard header.signed.header.validatorsHash == trustedValidatorsHash.bytes else {
            throw .validators("the first set is not the trusted one")
        }
        return try accept(header, chainID: chainID)
    }

    /// A header reached from a verified one: adjacent heights by the announced set, else by more than the trust level
    /// of the neighbour's own set (or of the set that it announces, where that is given).
    ///
    /// Height and time rise.
    package static func follow(
        _ header: UnverifiedHeader, from before: VerifiedHeader, level: TrustLevel = .oneThird
    ) throws(VerificationFailure) -> VerifiedHeader {
        let old = before.header
        let new = header.signed.header
        try checkForm(header, chainID: old.chainID)
        guard new.height > old.height else { throw .step("height does not rise from \(old.height)") }
        guard new.time > old.time else { throw .step("time does not rise from height \(old.height)") }
        if new.height == old.height + 1 {
            guard new.validatorsHash == old.nextValidatorsHash else {
                throw .step("not the validators that \(old.height) announced")
            }
        } else {
            _ = try CommitVerification.verifyTrusting(header.signed, by: before.validators, level: level)
        }
        return VerifiedHeader(header, count: try CommitVerification.verify(header.signed, by: header.validators))
    }

    private static func accept(_ header: UnverifiedHeader, chainID: String) throws(VerificationFailure)
        -> VerifiedHeader
    {
        try checkForm(header, chainID: chainID)
        return VerifiedHeader(header, count: try CommitVerification.verify(header.signed, by: header.validators))
    }

    /// Header, commit and set are well-formed and belong together.
    package static func checkForm(_ header: UnverifiedHeader, chainID: String) throws(VerificationFailure) {
        let signed = header.signed
        try signed.header.validate()
        try signed.commit.validate()
        guard signed.header.chainID.utf8.elementsEqual(chainID.utf8) else {
            throw .header("the header is of another chain")
        }
        guard signed.commit.height == signed.header.height else { throw .commit("the commit is for another height") }
        guard signed.commit.blockID.hash == signed.header.hash.bytes else {
            throw .commit("the commit is for another header")
        }
        try header.validators.validate()
        guard header.validators.hash.bytes == signed.header.validatorsHash else {
            throw .validators("the set does not hash to validators_hash")
        }
    }
}
