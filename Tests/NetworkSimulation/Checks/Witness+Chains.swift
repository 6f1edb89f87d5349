import Consensus
import Cryptography
import LedgerModel

/// What an outsider makes of the chains when the run is over.
extension Witness {
    /// Every commit that a correct node holds verifies by the set that the plan has in force, and the headers hang
    /// together; where signatures are real, both light clients follow.
    func checkChains(of simulation: Simulation) {
        var checked: Set<Digest> = []
        for node in simulation.correct {
            var before: (header: BlockHeader, id: BlockID)?
            for height in 1...max(node.height, 1) where node.height > 0 {
                guard let (bytes, commitBytes) = (try? node.disk.block(height)) ?? nil,
                    let block = try? ProposedBlock(decoding: bytes), let commit = try? Commit(decoding: commitBytes)
                else {
                    // A bad disk may lose what it had; then the log refuses to give it.
                    if node.isOnBadDisk { break }
                    return violate("node \(node.index) lacks block \(height)")
                }
                checkStep(from: before, to: block, height: height, scheme: simulation.scheme)
                before = (block.block.header, block.id)
                guard checked.insert(SHA256.hash(bytes + commitBytes)).inserted else { continue }
                check(block, commit, by: simulation.ledger.plan.inForce(at: height), scheme: simulation.scheme)
            }
        }
        if simulation.scheme.isReal, let node = simulation.correct.first(where: { !$0.isOnBadDisk }) {
            follow(node, in: simulation)
        }
    }

    private func checkStep(
        from before: (header: BlockHeader, id: BlockID)?, to block: ProposedBlock, height: Int64,
        scheme: SignatureScheme
    ) {
        let header = block.block.header
        if header.height != height { violate("block \(height) says that it is \(header.height)") }
        if header.validatorsHash != ledger.plan.inForce(at: height).hash.bytes {
            violate("wrong validators at \(height)")
        }
        if header.nextValidatorsHash != ledger.plan.inForce(at: height + 1).hash.bytes {
            violate("wrong next validators at \(height)")
        }
        guard let before else { return }
        if header.time <= before.header.time { violate("time stands still at \(height)") }
        if header.lastBlockID != before.id { violate("block \(height) does not follow from the one before") }
        if header.appHash != appHash(after: height - 1)?.bytes { violate("block \(height) claims another state") }
        guard let lastCommit = block.block.lastCommit, lastCommit.blockID == before.id,
            (try? CommitVerification.verify(
                SignedHeader(header: before.header, commit: lastCommit), by: ledger.plan.inForce(at: height - 1),
                isValid: scheme.isValid)) != nil
        else { return violate("block \(height) holds no commit of the one before") }
    }

    private func check(_ block: ProposedBlock, _ commit: Commit, by set: ValidatorSet, scheme: SignatureScheme) {
        let height = block.block.header.height
        let signed = SignedHeader(header: block.block.header, commit: commit)
        if commit.blockID != block.id { violate("the commit of \(height) is for another block") }
        do throws(VerificationFailure) {
            try HeaderStep.checkForm(
                UnverifiedHeader(signed: signed, validators: set), chainID: ledger.identity.chainID.text)
            _ = try CommitVerification.verify(signed, by: set, isValid: scheme.isValid)
        } catch { violate("commit of \(height): \(error)") }
    }

    /// The light client of our verifier follows a node's chain block by block, and IBC's skips heights.
    private func follow(_ node: SimulatedNode, in simulation: Simulation) {
        var last: VerifiedHeader?
        var foreign: ForeignClient?
        do {
            for height in 1...max(node.height, 1) {
                guard let (bytes, commitBytes) = try node.disk.block(height) else { return }
                let header = try Block(decoding: bytes).header
                let signed = SignedHeader(header: header, commit: try Commit(decoding: commitBytes))
                let next = UnverifiedHeader(signed: signed, validators: ledger.plan.inForce(at: height))
                if let before = last {
                    last = try HeaderStep.follow(next, from: before)
                } else {
                    last = try HeaderStep.begin(
                        next, chainID: header.chainID, trustedValidatorsHash: ledger.plan.genesis.hash)
                    foreign = try ForeignClient(
                        header, plan: ledger.plan, chainID: ledger.identity.chainID,
                        now: simulation.nodes[0].clock.wall(at: simulation.now))
                }
                // Between sets that have too little in common there is no skipping.
                if height > 1, height % 3 == 0 || ledger.plan.sets.count > 1 { try foreign?.follow(signed) }
            }
        } catch { return violate("a light client does not follow: \(error)") }
        count("chains followed by light clients")
    }
}
