package import Cryptography
package import LedgerModel
package import Proofs
package import StateTree

/// What a block's execution may know of the block: no more than ABCI's FinalizeBlock carries (D18).
package struct BlockContext: Equatable, Sendable {
    package var height: Height
    package var time: Timestamp
    package var proposer: Address
    /// What the block's evidence proves, in its order; checked before (`EvidenceCheck`).
    package var misbehaviour: [ValidatorMisbehaviour]

    package init(height: Height, time: Timestamp, proposer: Address, misbehaviour: [ValidatorMisbehaviour] = []) {
        self.height = height
        self.time = time
        self.proposer = proposer
        self.misbehaviour = misbehaviour
    }

    /// The block's time in nanoseconds since 1970; a ledger's blocks are all later than that.
    var nanoseconds: UInt64 { UInt64(time.nanosecondsSince1970 ?? 0) }
}

/// What a block makes of the state before it.
package struct BlockOutcome: Sendable {
    package let context: BlockContext
    /// The state after the block: its root is the next header's app_hash.
    package let state: LedgerState
    package let appHash: Digest
    package let results: [TransactionResult]
    package let resultsHash: Digest
    /// The log's new entries (statement hashes) and the log after them.
    package let logEntries: [Digest]
    package let log: LogFrontier
    /// The set of the next block but one: header h + 1 carries its hash as `next_validators_hash`.
    package let nextValidators: ValidatorSet
    /// What changed, for checkpoints.
    package let changes: [StoreChanges]
    /// What the new state added to the tree, for the budget of retained states.
    package let work: TreeWork
    /// What leads back to the state before, for the history.
    package let undo: ForestUndo
    /// Whether the state root moved: if so, exactly one proof block follows (D2).
    package var changesState: Bool { !changes.isEmpty }
}

/// What a block makes beside state entries, until it ends.
struct BlockWork {
    var log: LogWriter
    var vectors: VectorWriter

    /// Goes back to where a failed transaction began.
    mutating func takeBack(to before: BlockWork) {
        log = before.log
        vectors.takeBack(to: before.vectors)
    }
}

/// One block: its transactions in order over the state of the block before.
package enum BlockExecution {
    /// Decodes and executes.
    ///
    /// Transactions that any node can refuse by their bytes alone make the whole block invalid; those that only the
    /// state refuses stand in it with their code.
    ///
    /// `checked`: a transaction that this node has read from just these bytes before, and whose signatures it has checked,
    ///   so that neither is done twice; only a hint, never a different answer. The id does not tell: it leaves signatures
    ///   out.
    /// Throws `invalidBlock` where nobody may vote for the block, else a fault of our own state.
    package static func execute(
        _ transactions: [[UInt8]], context: BlockContext, on state: LedgerState, ledger: LedgerIdentity,
        checked: ([UInt8]) -> SignedTransaction? = { _ in nil }
    ) throws(RuntimeFailure) -> BlockOutcome {
        let block = BlockState(state.forest, remembersReads: true)
        let rules = try ProtocolRules.at(context.height, in: block)
        guard transactions.reduce(0, { $0 + $1.count }) <= rules.blockTransactionBytesMax else {
            throw .invalidBlock("transactions exceed \(rules.blockTransactionBytesMax) bytes")
        }
        if rules.isNetwork, !context.misbehaviour.isEmpty {
            var first = TransactionState(over: block)
            try ValidatorRegistry.convict(context, state: &first)
            first.commit()
        }
        var work = BlockWork(
            log: LogWriter(frontier: try AnchorLedger.frontier(in: block)), vectors: VectorWriter(state.collections))
        var results: [TransactionResult] = []
        for (index, bytes) in transactions.enumerated() {
            let transaction = try decode(
                bytes, at: index, context: context, rules: rules, ledger: ledger, in: block, checked: checked)
            results.append(
                TransactionExecution.execute(transaction, context: context, rules: rules, work: &work, block: block))
        }
        if !transactions.isEmpty {
            var last = TransactionState(over: block)
            ReplayGuard(rules: rules).deleteExpired(at: context.nanoseconds, in: &last)
            if !work.log.entries.isEmpty { AnchorLedger.write(work.log.frontier, to: &last) }
            if let vectors = rules.vectors, !work.vectors.isUntouched { work.vectors.finish(vectors, in: &last) }
            last.commit()
        }
        if rules.isNetwork { try BankLedger.checkSupply(after: block) }
        let nextValidators = try ValidatorRegistry.current(in: block)
        let changes = block.sortedChanges()
        let update = try block.committed(changes)
        return BlockOutcome(
            context: context, state: LedgerState(forest: update.forest, collections: work.vectors.collections),
            appHash: update.forest.appHash, results: results,
            resultsHash: TransactionResult.root(of: results), logEntries: work.log.entries,
            log: work.log.frontier,
            nextValidators: nextValidators, changes: changes, work: update.work, undo: update.undo)
    }

    private static func decode(
        _ bytes: [UInt8], at index: Int, context: BlockContext, rules: ProtocolRules, ledger: LedgerIdentity,
        in state: BlockState, checked: ([UInt8]) -> SignedTransaction?
    ) throws(RuntimeFailure) -> SignedTransaction {
        guard bytes.count <= rules.transactionBytesMax else { throw .invalidBlock("transaction \(index) is too large") }
        let known = checked(bytes)
        let transaction: SignedTransaction
        do {
            transaction = try known ?? SignedTransaction(decoding: bytes, on: ledger)
        } catch {
            throw .invalidBlock("transaction \(index): \(error)")
        }
        guard rules.knows(transaction.body) else {
            throw .invalidBlock("transaction \(index): asks for what rules \(rules.version) do not have")
        }
        let isSigned =
            known != nil
            || (rules.isNetwork
                ? TransactionExecution.noSignatureIsWrong(transaction, height: context.height, in: state)
                : TransactionExecution.signaturesHold(transaction, height: context.height, in: state))
        guard isSigned else { throw .invalidBlock("transaction \(index): a signature does not hold") }
        return transaction
    }
}
