import Codec
import Consensus
import Cryptography
import LedgerAccess
import LedgerModel
import LedgerRuntime
import LedgerStore
import Logging
import Proofs
import StateTree

/// Recovery: from the newest whole checkpoint, or from genesis, by executing every block of the log after it.
struct NodeStart {
    var lock: FolderLock
    var blocks: BlockLog
    var checkpoints: CheckpointStore
    var headers: HeaderLog
    var tiles: TileStore
    var history: HistoryLog
    var tip: Node.Tip
    var note: ChainNote
    var view: LedgerView
    var clock: ClockGuard
    var replayedChanges: Int

    static func open(_ configuration: NodeConfiguration, logger: Logger) throws(NodeFailure) -> NodeStart {
        do {
            return try make(configuration, logger: logger)
        } catch let error as NodeFailure {
            throw error
        } catch let error as StoreFailure {
            throw .store(error)
        } catch let error as RuntimeFailure {
            throw .runtime(error)
        } catch let error as GenesisFailure {
            throw .genesis(error)
        } catch let error as ClockFailure {
            throw .clock(error)
        } catch {
            throw .inconsistent("\(error)")
        }
    }

    private static func make(_ configuration: NodeConfiguration, logger: Logger) throws -> NodeStart {
        let genesis = configuration.genesis
        let identity = genesis.ledger
        let lock = try FolderLock(folder: configuration.folder)
        let blocks = try BlockLog(folder: configuration.folder, segmentBytes: configuration.blockFileBytes)
        if blocks.report.tornBytes > 0 {
            logger.notice("a torn tail of the block log was cut off", metadata: ["bytes": "\(blocks.report.tornBytes)"])
        }
        if !blocks.report.hasMark, blocks.lastHeight != nil {
            logger.notice("blocks.mark was missing or did not hold: damage in the last batch passes for a torn tail")
        }
        let checkpoints = try CheckpointStore(
            folder: configuration.folder, stores: StoreName.allCases.map(\.rawValue))
        let headers = try HeaderLog(folder: configuration.folder)
        let checkpoint = checkpoints.load()
        // Where the ledger continues another one, its first block is not 1.
        let base = genesis.base.value
        let last = blocks.lastHeight ?? base
        // A ledger without blocks has no checkpoint to miss.
        for finding in checkpoints.findings where last > base {
            logger.notice("checkpoint", metadata: ["found": "\(finding)"])
        }

        var tip: Node.Tip
        var note: ChainNote
        if let checkpoint {
            guard base...last ~= checkpoint.height else {
                throw NodeFailure.inconsistent(
                    "the checkpoint is of block \(checkpoint.height), the block log ends at \(last); "
                        + "restore ledger/ from a backup")
            }
            let forest = checkpoint.forest
            let state = try LedgerState(forest)
            if checkpoint.height > base {
                let (block, commit) = try read(checkpoint.height, from: blocks)
                note = try self.note(checkpoint, genesis: genesis)
                tip = Node.Tip(
                    chain: ChainTip(
                        ledger: identity, height: Int64(checkpoint.height), time: block.header.time,
                        blockID: commit.blockID, commit: commit, appHash: forest.appHash,
                        resultsHash: note.tip.resultsHash, validators: note.tip.validators),
                    state: state, log: try AnchorLedger.frontier(in: BlockState(forest)))
            } else {
                tip = try beginning(genesis, with: state)
                note = ChainNote(tip.chain)
            }
        } else {
            guard genesis.continues == nil else {
                throw NodeFailure.inconsistent(
                    "no checkpoint holds, and \(identity.chainID) begins with the state of the revision before; "
                        + "import a snapshot, join from a peer's, or begin again with `vivian recover`")
            }
            guard blocks.firstWholeHeight ?? 1 == 1 else {
                throw NodeFailure.inconsistent(
                    "no checkpoint holds, and block 1 or its vectors are no longer in the block log; "
                        + "import a snapshot")
            }
            tip = try beginning(genesis, with: try genesis.state())
            note = ChainNote(tip.chain)
        }
        let tiles: TileStore
        do {
            tiles = try openTiles(configuration, tip: tip, genesis: genesis)
        } catch StoreFailure.mismatch(let found) where tip.height > 0 && blocks.firstWholeHeight == 1 {
            // Tiles follow from the blocks, and all of these are here.
            logger.notice("the record log is made again from all blocks", metadata: ["found": "\(found)"])
            tip = try beginning(genesis, with: try genesis.state())
            note = ChainNote(tip.chain)
            tiles = try openTiles(configuration, tip: tip, genesis: genesis)
        }
        let status = LedgerStatus(
            chainID: identity.chainID, genesisHash: identity.genesisHash, height: Height(tip.height),
            firstHeight: Height(blocks.firstHeight ?? base + 1), time: tip.chain.time,
            validatorsHash: tip.chain.validators.last.hash,
            logSize: tip.log.size,
            validator: configuration.signer?.address,
            pendingCount: 0)
        let history = try HistoryLog(
            folder: configuration.folder + "/history", height: tip.height, appHash: tip.forest.appHash,
            budgetBytes: configuration.historyBytes)
        for finding in history.findings { logger.notice("history of states", metadata: ["found": "\(finding)"]) }
        let view = LedgerView(
            status: status, firstWhole: Height(blocks.firstWholeHeight ?? base + 1), base: genesis.base,
            state: tip.state,
            terms: try ValidatorRegistry.terms(in: BlockState(tip.forest)),
            retainedBytes: configuration.retainedBytes, history: history)
        if tip.height > base {
            let (block, commit) = try read(tip.height, from: blocks)
            // After a proof block the state before it is the same one, and is provable at once.
            if block.header.appHash == tip.forest.appHash.bytes, tip.height > base + 1,
                let (before, commit) = try? read(tip.height - 1, from: blocks)
            {
                view.publish(
                    .init(
                        signed: SignedHeader(header: before.header, commit: commit), state: tip.state,
                        fates: [], logSize: tip.log.size, pendingCount: 0))
            }
            view.publish(
                .init(
                    signed: SignedHeader(header: block.header, commit: commit), state: tip.state,
                    fates: [], logSize: tip.log.size, pendingCount: 0))
        }

        var replayedChanges = 0
        var height = tip.height
        while height < last {
            height += 1
            let (block, commit) = try read(height, from: blocks, orStripped: false)
            let outcome = try replay(block, after: tip)
            try tiles.append(outcome.logEntries)
            self.note(outcome, in: history, logger: logger)
            checkpoints.note(outcome.places)
            replayedChanges += outcome.changes.reduce(0) { $0 + $1.changes.count }
            tip.chain.advance(
                to: ProposedBlock(block), commit: commit, result: result(of: outcome))
            tip.state = outcome.state
            tip.log = outcome.log
            note.advance(to: tip.chain)
            view.publish(
                .init(
                    signed: SignedHeader(header: block.header, commit: commit), state: outcome.state,
                    fates: outcome.fates, logSize: outcome.log.size, pendingCount: 0))
        }
        let clock = try ClockGuard(
            wall: SystemClock.wall(), steady: SystemClock.steady(),
            lastBlock: tip.chain.time.nanosecondsSince1970.map { UInt64($0) },
            isConfirmed: configuration.isClockConfirmed)
        logger.info(
            "ledger opened",
            metadata: [
                "height": "\(tip.height)", "logSize": "\(tip.log.size)",
                "checkpoint": "\(checkpoint?.height ?? 0)",
                "replayedBlocks": "\(tip.height - (checkpoint?.height ?? 0))",
            ])
        return NodeStart(
            lock: lock, blocks: blocks, checkpoints: checkpoints, headers: headers, tiles: tiles, history: history,
            tip: tip, note: note, view: view, clock: clock, replayedChanges: replayedChanges)
    }

    /// Adds to the history what leads back from a block's state; a failure costs older states, never the block.
    static func note(_ outcome: BlockOutcome, in history: HistoryLog, logger: Logger) {
        do {
            try history.append(height: outcome.context.height.value, outcome.undo)
        } catch {
            logger.error("the history of states begins anew", metadata: ["reason": "\(error)"])
        }
    }

    /// Makes the history durable before a checkpoint; a failure costs older states, never the checkpoint.
    static func sync(_ history: HistoryLog, logger: Logger) {
        do { try history.sync() } catch {
            logger.error("the history of states begins anew", metadata: ["reason": "\(error)"])
        }
    }

    /// Before the first block, with the state there.
    static func beginning(_ genesis: Genesis, with state: LedgerState) throws -> Node.Tip {
        Node.Tip(
            chain: ChainTip(
                beginning: genesis.ledger, after: Int64(genesis.base.value),
                time: Timestamp(nanosecondsSince1970: genesis.time), appHash: state.forest.appHash,
                resultsHash: TransactionResult.root(of: []), validators: try genesis.validatorSet()), state: state,
            log: try AnchorLedger.frontier(in: BlockState(state)))
    }

    /// What a checkpoint says of the chain; earlier ones knew a single set and wrote only the results' hash.
    private static func note(_ checkpoint: CheckpointStore.Checkpoint, genesis: Genesis) throws -> ChainNote {
        if let note = ChainNote(decoding: checkpoint.note) { return note }
        if let entry = ChainNote.decode(entry: checkpoint.note) { return ChainNote(tip: entry, before: entry) }
        guard let resultsHash = Digest(checkpoint.note) else {
            throw NodeFailure.inconsistent("the checkpoint's note cannot be read; remove ledger/checkpoint-a and -b")
        }
        var validators = ValidatorSchedule(genesis: try genesis.validatorSet())
        let set = validators.current
        for _ in 0..<checkpoint.height % UInt64(set.members.count) { validators.advance(naming: set) }
        let entry = ChainNote.Entry(resultsHash: resultsHash, validators: validators)
        return ChainNote(tip: entry, before: entry)
    }

    /// What an executed block means for the headers after it.
    static func result(of outcome: BlockOutcome) -> ExecutionResult {
        ExecutionResult(
            appHash: outcome.appHash, resultsHash: outcome.resultsHash, nextValidators: outcome.nextValidators,
            changesState: outcome.changesState)
    }

    /// The replica at the end of the log, with what the log holds of the next height.
    func replica(
        _ configuration: NodeConfiguration, node: NodeID?, logger: Logger
    ) throws(NodeFailure) -> Replica {
        let signer = configuration.signer
        var recovery = Recovery()
        // All of the open height: a vote that reached nobody has to be said again, or the others may wait for it for ever.
        let votes = blocks.openVotes.isEmpty ? [blocks.lastVote].compactMap { $0 } : blocks.openVotes
        for bytes in votes {
            do { recovery.add(try SignState(decoding: bytes)) } catch {
                throw .inconsistent("the last vote in the block log cannot be read; restore ledger/ from a backup")
            }
        }
        var locked: ProposedBlock?
        if let record = blocks.lastLocked, record.height == tip.height + 1 {
            do {
                let found = try LockRecord(decoding: record.bytes)
                (recovery.lock, locked) = (found.lock, found.block)
            } catch {
                throw .inconsistent("the lock of block \(record.height) in the block log cannot be read")
            }
        }
        if let record = blocks.lastCertificate, record.height == tip.height + 1 {
            do { recovery.certificate = try RoundCertificate(decoding: record.bytes) } catch {
                throw .inconsistent("why a round of block \(record.height) began cannot be read in the block log")
            }
        }
        if let height = recovery.join(signer?.lastSigned, decided: Int64(tip.height)) {
            locked = nil
            try bar(through: height, by: recovery, logger: logger)
        }
        return Replica(
            tip: tip.chain, own: signer?.address,
            binding: node.flatMap { signer?.binding(of: $0, on: tip.chain.ledger) }, recovery: recovery,
            lockedBlock: locked, isClockConfirmed: configuration.isClockConfirmed,
            isSignedElsewhere: signer?.isElsewhere ?? false, isValid: RememberedSignatures().holds)
    }

    /// The signer has signed what this log never asked for: the log is a restored backup (D23).
    private func bar(through height: Int64, by recovery: Recovery, logger: Logger) throws(NodeFailure) {
        do {
            try blocks.append(recovery.signatures.map { .vote(height: UInt64($0.height), bytes: $0.encoded) })
            try blocks.sync()
        } catch { throw .store(error) }
        logger.critical(
            """
            this ledger folder is older than what its signer has signed: it is a restored backup, or another node has \
            used the signer; nothing is signed at or below that height
            """, metadata: ["height": "\(height)"])
    }

    /// A header of the ledger, from its block or where pruning has kept it; nil where neither is there.
    func header(_ height: UInt64) throws -> SignedHeader? {
        if let bytes = try headers.header(height) { return try SignedHeader(decoding: bytes) }
        guard height >= blocks.firstHeight ?? .max else { return nil }
        let (block, commit) = try Self.read(height, from: blocks)
        return SignedHeader(header: block.header, commit: commit)
    }

    private static func read(
        _ height: UInt64, from blocks: BlockLog, orStripped: Bool = true
    ) throws -> (Block, Commit) {
        let (block, commit) = try blocks.block(height, orStripped: orStripped)
        return (try Block(decoding: block), try Commit(decoding: commit))
    }

    /// Executes one block of the log and checks that it follows from the state before it.
    private static func replay(_ block: Block, after tip: Node.Tip) throws -> BlockOutcome {
        let header = block.header
        // The log holds decided blocks: a quorum has checked their signatures, and the frames' checksums hold.
        if let reason = tip.chain.refusal(of: block, isValid: { _, _, _ in true }) {
            throw NodeFailure.inconsistent(
                "block \(header.height) of the log does not follow from the state before it: \(reason)")
        }
        guard let proposer = Address(header.proposer) else {
            throw NodeFailure.inconsistent("block \(header.height) of the log has no proposer")
        }
        return try BlockExecution.execute(
            block.transactions,
            context: BlockContext(
                height: Height(UInt64(header.height)), time: header.time, proposer: proposer,
                misbehaviour: try EvidenceJudge.judge(block.evidence, on: tip.chain, in: BlockState(tip.forest))),
            on: tip.state, ledger: tip.chain.ledger,
            checked: { try? SignedTransaction(decoding: $0, on: tip.chain.ledger) })
    }

    /// The record log's files at the state's size.
    ///
    /// At the beginning they hold the genesis hash.
    private static func openTiles(_ configuration: NodeConfiguration, tip: Node.Tip, genesis: Genesis) throws
        -> TileStore
    {
        let folder = configuration.folder
        guard tip.height == 0 else {
            return try TileStore(folder: folder, size: tip.log.size, root: tip.log.root)
        }
        let tiles = try TileStore(folder: folder, size: 0, root: LogFrontier().root)
        try tiles.append([genesis.hash])
        return tiles
    }
}
