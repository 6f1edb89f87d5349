import Cryptography

/// Why a header, commit or set is not believed.
package enum VerificationFailure: Error, Equatable, Sendable {
    /// A header's field, and which.
    case header(String)
    /// A commit's field or entry.
    case commit(String)
    /// A validator set's member, power or hash.
    case validators(String)
    /// An invalid signature, met before there was enough power (D6).
    case signature(index: Int)
    /// A counted entry under another address than that of the validator at its place.
    case address(index: Int)
    /// Too little power signed.
    case notEnoughPower(tallied: Int64, total: Int64)
    /// Too little of the trusted set signed.
    case notEnoughTrust(tallied: Int64, total: Int64)
    /// One validator is counted twice.
    case doubleVote
    /// Height, time or hash does not follow from the header before.
    case step(String)
}

/// How far a commit was counted.
package struct VoteCount: Equatable, Sendable {
    package var voters: Int
    package var power: Int64
    package var total: Int64
}

/// A share of voting power: more than numerator / denominator is wanted.
package struct TrustLevel: Hashable, Sendable {
    package var numerator: UInt64
    package var denominator: UInt64

    package init(numerator: UInt64, denominator: UInt64) {
        self.numerator = numerator
        self.denominator = denominator
    }

    package static let oneThird = TrustLevel(numerator: 1, denominator: 3)
    package static let twoThirds = TrustLevel(numerator: 2, denominator: 3)

    /// floor(total x share); the tally must be above it.
    package func threshold(of total: Int64) -> Int64 {
        let product = UInt64(total).multipliedFullWidth(by: numerator)
        // total < 2^60 and the share is at most 1, so the quotient fits.
        return Int64(denominator.dividingFullWidth(product).quotient)
    }
}

/// Counting a commit as CometBFT (0.38.21 and later) does: in set order, up to the quorum; an invalid signature or a
/// wrong address met before that refuses; what comes after is not looked at.
///
/// Signatures by ZIP-215 (D6).
package enum CommitVerification {
    /// Whether an Ed25519 signature (64 bytes) holds for a message under a key (32 bytes).
    package typealias Predicate =
        @Sendable (_ signature: [UInt8], _ message: [UInt8], _ publicKey: [UInt8]) -> Bool

    /// The predicate of votes and foreign headers (D6).
    package static let zip215: Predicate = { Ed25519.isValidZIP215(signature: $0, message: $1, publicKey: $2) }

    /// More than 2/3 of the header's own set signed: entries matched by index, addresses compared.
    package static func verify(
        _ signed: SignedHeader, by set: ValidatorSet, isValid: Predicate = zip215
    ) throws(VerificationFailure) -> VoteCount {
        let commit = signed.commit
        guard commit.signatures.count == set.members.count else {
            throw .commit("\(commit.signatures.count) entries for \(set.members.count) validators")
        }
        let needed = TrustLevel.twoThirds.threshold(of: set.power)
        var count = VoteCount(voters: 0, power: 0, total: set.power)
        for (index, (entry, validator)) in zip(commit.signatures, set.members).enumerated()
        where entry.flag == .commit {
            guard entry.validator == validator.address else { throw .address(index: index) }
            try check(entry, at: index, of: validator, in: signed, isValid: isValid)
            count.voters += 1
            count.power += validator.votingPower
            if count.power > needed { return count }
        }
        throw .notEnoughPower(tallied: count.power, total: count.total)
    }

    /// More than the trust level of a trusted set signed: entries matched by address, a double vote refused.
    package static func verifyTrusting(
        _ signed: SignedHeader, by trusted: ValidatorSet, level: TrustLevel = .oneThird
    ) throws(VerificationFailure) -> VoteCount {
        let needed = level.threshold(of: trusted.power)
        var count = VoteCount(voters: 0, power: 0, total: trusted.power)
        var seen = Set<Int>()
        for (index, entry) in signed.commit.signatures.enumerated() where entry.flag == .commit {
            guard let member = trusted.index(of: entry.validator) else { continue }
            guard seen.insert(member).inserted else { throw .doubleVote }
            try check(entry, at: index, of: trusted.members[member], in: signed, isValid: zip215)
            count.voters += 1
            count.power += trusted.members[member].votingPower
            if count.power > needed { return count }
        }
        throw .notEnoughTrust(tallied: count.power, total: count.total)
    }

    /// One counted entry's signature.
    static func check(
        _ entry: CommitSignature, at index: Int, of validator: Validator, in signed: SignedHeader,
        isValid: Predicate = zip215
    ) throws(VerificationFailure) {
        let commit = signed.commit
        let message = CanonicalVote.signBytes(
            type: .precommit, chainID: signed.header.chainID, height: commit.height, round: commit.round,
            blockID: commit.blockID, timestamp: entry.timestamp)
        guard let key = validator.publicKey.ed25519,
            isValid(entry.signature, message, key)
        else { throw .signature(index: index) }
    }
}
