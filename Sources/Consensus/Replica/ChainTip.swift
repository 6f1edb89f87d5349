package import Cryptography
package import LedgerModel

/// Where a ledger stands after its last decided block: everything that the next header follows from.
package struct ChainTip: Hashable, Sendable {
    package var ledger: LedgerIdentity
    /// Before the first block 0, or where a revision that this one continues ended (D23).
    package var height: Int64
    package var time: Timestamp
    package var blockID: BlockID
    /// The commit for the last block; empty before the first, as that block's last commit is.
    package var commit: Commit
    /// Of the state after the last block.
    package var appHash: Digest
    package var resultsHash: Digest
    package var validators: ValidatorSchedule

    package init(
        ledger: LedgerIdentity, height: Int64, time: Timestamp, blockID: BlockID, commit: Commit, appHash: Digest,
        resultsHash: Digest, validators: ValidatorSchedule
    ) {
        self.ledger = ledger
        self.height = height
        self.time = time
        self.blockID = blockID
        self.commit = commit
        self.appHash = appHash
        self.resultsHash = resultsHash
        self.validators = validators
    }

    /// A tip before the first block: `height` is 0 unless the ledger continues an earlier revision of it.
    package init(
        beginning ledger: LedgerIdentity, after height: Int64, time: Timestamp, appHash: Digest, resultsHash: Digest,
        validators: ValidatorSet
    ) {
        self.init(
            ledger: ledger, height: height, time: time, blockID: BlockID(), commit: Commit(), appHash: appHash,
            resultsHash: resultsHash, validators: ValidatorSchedule(genesis: validators))
    }

    /// Whether the first block is still to come.
    package var isBeginning: Bool { commit == Commit() }

    /// The header of a next block with these contents.
    package func header(
        time: Timestamp, transactions: [[UInt8]], evidence: [[UInt8]], lastCommit: Commit, proposer: [UInt8]
    ) -> BlockHeader {
        var header = BlockHeader()
        header.blockVersion = BlockHeader.blockProtocol
        header.appVersion = 1
        header.chainID = ledger.chainID.text
        header.height = height + 1
        header.time = time
        header.lastBlockID = blockID
        header.lastCommitHash = lastCommit.hash.bytes
        header.dataHash = Block.dataHash(transactions).bytes
        header.validatorsHash = validators.current.hash.bytes
        header.nextValidatorsHash = validators.next.hash.bytes
        header.consensusHash = ConsensusParameters.standard.hash.bytes
        header.appHash = appHash.bytes
        header.lastResultsHash = resultsHash.bytes
        header.evidenceHash = Block.evidenceHash(evidence).bytes
        header.proposer = proposer
        return header
    }

    /// Why a block does not follow from this one, or nil where it does; its transactions are execution's matter.
    package func refusal(of block: Block, isValid: SignaturePredicate = voteSignaturePredicate) -> String? {
        let header = block.header
        guard let lastCommit = block.lastCommit else { return "it has no last commit" }
        guard header.time > time else { return "its time is not after the last block's" }
        guard validators.current.index(of: header.proposer) != nil else { return "its proposer is no validator" }
        let expected = self.header(
            time: header.time, transactions: block.transactions, evidence: block.evidence, lastCommit: lastCommit,
            proposer: header.proposer)
        guard header == expected else { return "its header does not follow from the last block" }
        return refusal(of: lastCommit, isValid: isValid)
    }

    private func refusal(of lastCommit: Commit, isValid: SignaturePredicate) -> String? {
        guard !isBeginning else { return lastCommit == Commit() ? nil : "the first block has a commit" }
        // The commit at hand was counted already.
        if lastCommit == commit { return nil }
        guard lastCommit.height == height, lastCommit.blockID == blockID else {
            return "its commit is of another block"
        }
        do throws(ConsensusFault) {
            _ = try VerifiedCommit(
                checking: lastCommit, by: validators.last, on: ledger.chainID.text, isValid: isValid)
            return nil
        } catch { return "its commit does not hold: \(error)" }
    }

    /// Moves on to a decided block.
    package mutating func advance(to block: ProposedBlock, commit: Commit, result: ExecutionResult) {
        height = block.block.header.height
        time = block.block.header.time
        blockID = block.id
        self.commit = commit
        appHash = result.appHash
        resultsHash = result.resultsHash
        validators.advance(naming: result.nextValidators)
    }
}
