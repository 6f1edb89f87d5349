import Consensus
import Cryptography
import Dispatch
import LedgerAccess
import LedgerModel
import LedgerRuntime
import LedgerStore
import Logging
import Proofs
import StateTree

/// Blocks: built and executed beside the votes, and taken over once decided.
extension Node {
    func build(_ order: Replica.BuildOrder) throws {
        _ = try readClock()
        let nanoseconds = UInt64(order.time.nanosecondsSince1970 ?? 0)
        forget(mempool.expired(at: nanoseconds))
        let rules = try ProtocolRules.at(Height(tip.height + 1), in: BlockState(tip.forest))
        let transactions = mempool.next(bytesMax: rules.blockTransactionBytesMax).map(\.bytes)
        let (chain, state, verified) = (tip.chain, tip.state, verified)
        execution.async {
            let evidence = EvidenceJudge.items(order.evidence, on: chain, in: BlockState(state))
            let header = chain.header(
                time: order.time, transactions: transactions, evidence: evidence, lastCommit: order.lastCommit,
                proposer: order.proposer.bytes)
            let block = ProposedBlock(
                Block(header: header, transactions: transactions, evidence: evidence, lastCommit: order.lastCommit))
            let result = Result { try Self.execute(block, on: state, after: chain, verified: verified) }
            Task { await self.built(order, block, result) }
        }
    }

    private func built(
        _ order: Replica.BuildOrder, _ block: ProposedBlock, _ result: Result<BlockOutcome, any Error>
    ) {
        guard block.block.header.height == tip.chain.height + 1 else { return }
        switch result {
        case .success(let outcome):
            keep(outcome, of: block.id)
            receive(.built(round: order.round, block, self.result(of: outcome)))
        case .failure(let error): stop(because: .inconsistent("a block of our own does not execute: \(error)"))
        }
    }

    func execute(_ block: ProposedBlock) {
        let (chain, state, verified) = (tip.chain, tip.state, verified)
        execution.async {
            let result = Result { try Self.execute(block, on: state, after: chain, verified: verified) }
            Task { await self.executed(block, result) }
        }
    }

    private func executed(_ block: ProposedBlock, _ result: Result<BlockOutcome, any Error>) {
        guard block.block.header.height == tip.chain.height + 1 else { return }
        switch result {
        case .success(let outcome):
            keep(outcome, of: block.id)
            receive(.executed(block.id, self.result(of: outcome)))
        case .failure(RuntimeFailure.invalidBlock(let reason)):
            logger.warning(
                "a block was refused",
                metadata: ["height": "\(block.block.header.height)", "reason": "\(reason)"])
            receive(.executed(block.id, nil))
        case .failure(let error):
            stop(because: (error as? RuntimeFailure).map { .runtime($0) } ?? .inconsistent("\(error)"))
        }
    }

    static func execute(
        _ block: ProposedBlock, on state: LedgerState, after chain: ChainTip, verified: VerifiedTransactions
    ) throws(RuntimeFailure) -> BlockOutcome {
        let header = block.block.header
        guard let proposer = Address(header.proposer) else { throw .invalidBlock("no proposer") }
        let before = BlockState(state)
        let height = Height(UInt64(header.height))
        let misbehaviour = try EvidenceJudge.judge(block.block.evidence, on: chain, in: before)
        return try BlockExecution.execute(
            block.block.transactions,
            context: BlockContext(
                height: height, time: header.time, proposer: proposer, misbehaviour: misbehaviour),
            on: state, ledger: chain.ledger,
            checked: { verified.transaction($0, on: chain.ledger, checkedFor: height, in: before) })
    }

    private func keep(_ outcome: BlockOutcome, of blockID: BlockID) {
        outcomes.append((blockID, outcome))
        if outcomes.count > Self.outcomesMax { outcomes.removeFirst() }
    }

    private func result(of outcome: BlockOutcome) -> ExecutionResult {
        NodeStart.result(of: outcome)
    }

    // MARK: Decided

    func commit(_ block: ProposedBlock, _ commit: Commit) throws {
        let height = UInt64(block.block.header.height)
        try blocks.append([.decidedBlock(height: height, block: block.encoded, commit: commit.encoded)])
        hasUnsynced = true
        // Alone, this is the first that leaves the node; among others, more than 2/3 hold the lock on their disks.
        if tip.chain.validators.current.members.count == 1 {
            try blocks.sync()
            hasUnsynced = false
        }
        // An overlay that was dropped is made again.
        let outcome =
            try outcomes.last { $0.blockID == block.id }?.outcome
            ?? Self.execute(block, on: tip.state, after: tip.chain, verified: verified)
        try apply(block, commit, outcome)
        receive(.workChanged(!mempool.isEmpty))
    }

    /// Takes a decided block over: log, state, readers.
    private func apply(_ block: ProposedBlock, _ commit: Commit, _ outcome: BlockOutcome) throws(StoreFailure) {
        let header = block.block.header
        try tiles.append(outcome.logEntries)
        NodeStart.note(outcome, in: history.log, logger: logger)
        let result = result(of: outcome)
        tip.chain.advance(to: block, commit: commit, result: result)
        tip.state = outcome.state
        tip.log = outcome.log
        outcomes = []
        note.advance(to: tip.chain)
        checkpoints.note(outcome.places)
        changesSinceCheckpoint += outcome.changes.reduce(0) { $0 + $1.changes.count }
        clear(outcome, of: block.block.transactions)
        compactBlocks.decided(block.block.header.height)
        view.publish(
            .init(
                signed: SignedHeader(header: header, commit: commit), state: outcome.state, fates: outcome.fates,
                logSize: outcome.log.size, pendingCount: mempool.count))
        fanOut.send(
            CommitNotice(
                height: outcome.context.height, time: header.time,
                transactions: outcome.fates.map { ($0.id, $0.code) }, logSize: outcome.log.size))
        continueSnapshots(after: block, commit)
        if changesSinceCheckpoint >= configuration.checkpointChanges { beginCheckpoint() }
    }
}
