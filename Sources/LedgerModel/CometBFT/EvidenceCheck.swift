/// Why evidence proves nothing.
package enum EvidenceFailure: Error, Equatable, Sendable {
    /// A field, and which (CometBFT's ValidateBasic).
    case malformed(String)
    /// Its height is above the last decided one.
    case notDecided
    /// Older than both limits.
    case tooOld
    /// Not the time of its height's block.
    case timestamp
    /// Who is accused was not in the set of its height.
    case notAValidator
    /// The votes differ in height, round or type.
    case notOneStep
    /// The votes are of two validators.
    case notOneValidator
    /// The votes are for the same block.
    case sameBlock
    /// A power that is not the set's.
    case power
    /// A vote's signature does not hold: 1 or 2.
    case signature(vote: Int)
    /// The conflicting block does not hold by itself.
    case conflictingBlock(VerificationFailure)
    /// The conflicting header is the ledger's own, or one that could follow it.
    case notConflicting
    /// The listed validators are not those that the commits convict.
    case accused
    /// The header does not hold that shall prove what the ledger had.
    case header(VerificationFailure)
    /// The log is not proven under the header.
    case proof(String)
    /// The ledger had the log that was signed.
    case rightLog
    /// No receipt key of the accused has signed it.
    case receiptSignature
}

/// Judges evidence as CometBFT does (`evidence/verify.go`), with its limits of age.
///
/// Knows the last decided block; what was decided at the evidence's height is handed in.
package struct EvidenceCheck: Sendable {
    /// Evidence is too old once it exceeds both.
    package static let ageBlocksMax: Int64 = 100_000
    /// 48 hours.
    package static let ageNanosecondsMax: UInt64 = 172_800_000_000_000

    package var chainID: String
    package var lastHeight: Int64
    package var lastTime: Timestamp

    package init(chainID: String, lastHeight: Int64, lastTime: Timestamp) {
        self.chainID = chainID
        self.lastHeight = lastHeight
        self.lastTime = lastTime
    }

    /// Whether evidence of a block of that height and time is too old to be heard.
    package func isTooOld(height: Int64, time: Timestamp) -> Bool {
        lastHeight - height > Self.ageBlocksMax && lastTime > time.advanced(byNanoseconds: Self.ageNanosecondsMax)
    }

    /// Two votes of one validator for one step.
    ///
    /// `validators` are the set of the votes' height, `blockTime` is the time of the block decided at it.
    /// Throws why it proves nothing.
    package func verify(
        _ evidence: DuplicateVoteEvidence, validators: ValidatorSet, blockTime: Timestamp,
        isValid: CommitVerification.Predicate = CommitVerification.zip215
    ) throws(EvidenceFailure) -> ValidatorMisbehaviour {
        let (first, second) = (evidence.first, evidence.second)
        try first.validateAsEvidence()
        try second.validateAsEvidence()
        guard first.height == second.height, first.round == second.round, first.type == second.type else {
            throw .notOneStep
        }
        guard first.validator == second.validator else { throw .notOneValidator }
        guard first.blockID != second.blockID else { throw .sameBlock }
        guard first.blockID.key.lexicographicallyPrecedes(second.blockID.key) else {
            throw .malformed("order of votes")
        }
        try checkAge(height: first.height, claimed: evidence.timestamp, blockTime: blockTime)
        guard let index = validators.index(of: first.validator), let address = Address(first.validator),
            let key = validators.members[index].publicKey.ed25519
        else { throw .notAValidator }
        let power = validators.members[index].votingPower
        guard evidence.validatorPower == power, evidence.totalPower == validators.power else { throw .power }
        for (number, vote) in [first, second].enumerated() {
            guard isValid(vote.signature, vote.signBytes(chainID: chainID), key) else {
                throw .signature(vote: number + 1)
            }
        }
        return ValidatorMisbehaviour(
            kind: .duplicateVote, validator: address, power: power, height: Height(UInt64(first.height)),
            time: blockTime, totalPower: validators.power)
    }

    func checkAge(height: Int64, claimed: Timestamp, blockTime: Timestamp) throws(EvidenceFailure) {
        guard height <= lastHeight else { throw .notDecided }
        guard claimed == blockTime, blockTime.isValid else { throw .timestamp }
        guard !isTooOld(height: height, time: blockTime) else { throw .tooOld }
    }
}

extension Vote {
    /// CometBFT's Vote.ValidateBasic.
    fileprivate func validateAsEvidence() throws(EvidenceFailure) {
        guard height > 0 else { throw .malformed("height is not positive") }
        guard round >= 0 else { throw .malformed("round is negative") }
        guard blockID.isZero || blockID.isComplete else { throw .malformed("block id") }
        guard validator.count == Address.byteCount else { throw .malformed("an address is not 20 bytes") }
        guard validatorIndex >= 0 else { throw .malformed("validator index is negative") }
        guard 1...64 ~= signature.count else { throw .malformed("a signature is empty or longer than 64 bytes") }
    }
}
