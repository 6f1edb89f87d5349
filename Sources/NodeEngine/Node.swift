import CAllocator
import Codec
import Consensus
import Cryptography
import Dispatch
import LedgerAccess
import LedgerModel
import LedgerRuntime
import LedgerStore
package import Logging
import Proofs
import ServiceLifecycle
import StateTree

/// A node: one owner of the ledger's files, on a queue of its own.
package actor Node {
    /// The last decided block and what it made.
    struct Tip {
        var height: UInt64
        var time: Timestamp
        var blockID: BlockID
        var commit: Commit
        var resultsHash: Digest
        var forest: StoreForest
        var log: LogFrontier
    }

    /// A block that is being decided.
    struct Candidate {
        var block: Block
        var encoded: [UInt8]
        var blockID: BlockID
        var outcome: BlockOutcome
    }

    let configuration: NodeConfiguration
    nonisolated let identity: LedgerIdentity
    let set: ValidatorSet
    let logger: Logger
    nonisolated let view: LedgerView
    nonisolated let tiles: TileStore
    nonisolated let fanOut = CommitFanOut()
    nonisolated let receiptKey: SigningKey?
    private nonisolated let executor: QueueExecutor

    nonisolated let history: StateHistory
    let blocks: BlockLog
    let checkpoints: CheckpointStore
    let headers: HeaderLog
    /// Held for as long as the node lives.
    private let lock: FolderLock
    private let clock: ClockGuard
    var tip: Tip
    private var mempool = Mempool()
    private var rotation: ProposerRotation
    /// The last signature of all: the guard against signing twice.
    private var signState: SignState?
    private var machine: RoundStateMachine?
    /// Inputs that came up while effects were performed: they are fed after them.
    private var inputs: [RoundStateMachine.Input] = []
    private var isFeeding = false
    private var candidate: Candidate?
    private var pacing = ProposalPacing()
    private var wakeUp: Task<Void, Never>?
    private var changesSinceCheckpoint = 0
    private var isCheckpointing = false
    private var failure: NodeFailure?
    private var onFailure: CheckedContinuation<Void, any Error>?
    private var isStopping = false

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Opens the ledger's files and replays what the newest checkpoint lacks.
    package init(_ configuration: NodeConfiguration, logger: Logger) throws(NodeFailure) {
        let start = try NodeStart.open(configuration, logger: logger)
        self.configuration = configuration
        self.logger = logger
        executor = QueueExecutor(label: "vivian.node")
        identity = configuration.genesis.ledger
        set = start.set
        view = start.view
        tiles = start.tiles
        history = StateHistory(log: start.history, logger: logger)
        blocks = start.blocks
        checkpoints = start.checkpoints
        headers = start.headers
        lock = start.lock
        clock = start.clock
        tip = start.tip
        receiptKey = configuration.receiptKey
        changesSinceCheckpoint = start.replayedChanges
        signState = start.blocks.lastVote.flatMap { try? SignState(decoding: $0) }
        var rotation = ProposerRotation(start.set)
        rotation.advance(by: Int(start.tip.height % UInt64(start.set.members.count)))
        self.rotation = rotation
    }

    // MARK: Transactions

    /// Checks a transaction and queues it.
    func admit(_ bytes: [UInt8]) throws(LedgerAccessFailure) -> TransactionID {
        if let failure { throw .unavailable("the node has stopped: \(failure)") }
        let state = BlockState(tip.forest)
        let next = Height(tip.height + 1)
        let transaction: SignedTransaction
        let rules: ProtocolRules
        let time: UInt64
        do { rules = try ProtocolRules.at(next, in: state) } catch { throw .unavailable("\(error)") }
        do { time = try readClock() } catch {
            stop(because: error)
            throw .unavailable("\(error)")
        }
        guard bytes.count <= rules.transactionBytesMax else {
            throw .refused("a transaction has at most \(rules.transactionBytesMax) bytes")
        }
        do { transaction = try SignedTransaction(decoding: bytes, on: identity) } catch {
            throw .refused("the transaction cannot be read: \(error.text)")
        }
        if mempool.contains(transaction.id) { return transaction.id }
        if let code = TransactionExecution.refusal(
            of: transaction, height: next, time: time, rules: rules, in: state,
            sequencesAhead: mempool.sequenceCount(of: transaction.body.feePayer))
        {
            // What was carried out before is no failure of the caller's.
            if code == .duplicate { return transaction.id }
            throw .refused(code.text)
        }
        guard TransactionExecution.signaturesHold(transaction, height: next, in: state) else {
            throw .refused("a signature does not hold, or its key is not the account's")
        }
        switch mempool.insert(
            Mempool.Item(transaction), balance: BankLedger.balance(of: transaction.body.feePayer, in: state))
        {
        case .known: break
        case .inserted(let evicted): if !evicted.isEmpty { view.forget(evicted, count: mempool.count) }
        case .refused(let refusal): throw .unavailable(refusal.text)
        }
        view.notePending(transaction.id, count: mempool.count)
        schedule()
        return transaction.id
    }

    // MARK: One height

    private func readClock() throws(NodeFailure) -> UInt64 {
        do { return try clock.checked(wall: SystemClock.wall(), steady: SystemClock.steady()) } catch {
            throw .clock(error)
        }
    }

    /// Sees to it that the next block is begun when it is due.
    func schedule() {
        guard machine == nil, failure == nil, !isStopping else { return }
        wakeUp?.cancel()
        let now = SystemClock.steady()
        let due = pacing.due(hasWork: !mempool.isEmpty)
        wakeUp = Task {
            if due > now { try? await Task.sleep(for: .nanoseconds(Int64(due - now))) }
            guard !Task.isCancelled else { return }
            self.beginHeight()
        }
    }

    private func beginHeight() {
        guard machine == nil, failure == nil, !isStopping else { return }
        machine = RoundStateMachine(
            height: Int64(tip.height + 1), set: set,
            own: configuration.consensusKey.flatMap(Self.address), rotation: rotation, previousTime: tip.time,
            recovery: Recovery(signatures: signState.map { [$0] } ?? []))
        feed(.started)
    }

    static func address(of key: SigningKey) -> [UInt8]? {
        guard case .ed25519(let x) = key.publicKey else { return nil }
        return Address(ed25519: x).bytes
    }

    /// Gives the machine an input and performs what comes back, in order.
    private func feed(_ input: RoundStateMachine.Input) {
        inputs.append(input)
        guard !isFeeding else { return }
        isFeeding = true
        defer { isFeeding = false }
        while failure == nil, !inputs.isEmpty {
            let next = inputs.removeFirst()
            do {
                for effect in try machine?.receive(next) ?? [] { try perform(effect) }
            } catch let error as NodeFailure {
                stop(because: error)
            } catch let error as StoreFailure {
                stop(because: .store(error))
            } catch {
                logger.error("input refused by consensus", metadata: ["fault": "\(error)"])
            }
        }
        inputs = []
    }

    private func perform(_ effect: RoundStateMachine.Effect) throws {
        switch effect {
        case .requestProposal(_, let round):
            let built = try build()
            candidate = built
            feed(.proposalBuilt(round: round, built.blockID, time: built.block.header.time))
        case .execute(let blockID):
            // Blocks of others do not come here yet: the one at hand is our own, which was executed when it was built.
            guard let candidate, candidate.blockID == blockID else { break }
            feed(.proposalExecuted(blockID, time: candidate.block.header.time, isValid: true))
        case .sign(let message):
            guard let key = configuration.consensusKey else { break }
            feed(.signed(message.signed(key.sign(message.signBytes(chainID: identity.chainID.text)))))
        case .persist(let record): try persist(record)
        case .broadcast: break  // Nobody else listens yet.
        case .schedule(let timeout):
            Task {
                try? await Task.sleep(for: .milliseconds(timeout.milliseconds))
                self.feed(.timeoutElapsed(timeout))
            }
        case .decide(let decision): try decide(decision)
        case .reportEquivocation(let evidence):
            logger.critical("equivocation", metadata: ["validator": "\(Hex.encode(evidence.first.validator))"])
        case .halt(let blockID):
            throw NodeFailure.inconsistent("block \(Hex.encode(blockID.hash)) was decided, but does not execute here")
        }
    }

    /// Builds and executes the next block.
    private func build() throws(NodeFailure) -> Candidate {
        var time = Timestamp(nanosecondsSince1970: try readClock())
        if time <= tip.time { time = tip.time.advanced(byNanoseconds: 1_000_000) }
        let nanoseconds = UInt64(time.nanosecondsSince1970 ?? 0)
        mempool.remove(mempool.expired(at: nanoseconds))
        let height = Height(tip.height + 1)
        let proposer = set.members[0].address
        let context = BlockContext(
            height: height, time: time,
            proposer: Address(configuration.consensusKey.flatMap(Self.address) ?? proposer)!)
        do {
            let state = BlockState(tip.forest)
            let rules = try ProtocolRules.at(height, in: state)
            let items = mempool.next(bytesMax: rules.blockTransactionBytesMax)
            let transactions = items.map(\.bytes)
            let outcome = try BlockExecution.execute(
                transactions, context: context, on: tip.forest, ledger: identity, isVerified: mempool.isVerified)
            let header = header(at: height, time: time, transactions: transactions, proposer: context.proposer)
            let block = Block(
                header: header, transactions: transactions, lastCommit: tip.height == 0 ? Commit() : tip.commit)
            let encoded = block.encoded
            return Candidate(
                block: block, encoded: encoded, blockID: Block.id(header: header, encoded: encoded), outcome: outcome)
        } catch {
            throw .runtime(error)
        }
    }

    private func header(at height: Height, time: Timestamp, transactions: [[UInt8]], proposer: Address) -> BlockHeader {
        var header = BlockHeader()
        header.blockVersion = BlockHeader.blockProtocol
        header.appVersion = 1
        header.chainID = identity.chainID.text
        header.height = Int64(height.value)
        header.time = time
        header.lastBlockID = tip.blockID
        header.lastCommitHash = (tip.height == 0 ? Commit() : tip.commit).hash.bytes
        header.dataHash = Block.dataHash(transactions).bytes
        header.validatorsHash = set.hash.bytes
        header.nextValidatorsHash = set.hash.bytes
        header.consensusHash = ConsensusParameters.standard.hash.bytes
        header.appHash = tip.forest.appHash.bytes
        header.lastResultsHash = tip.resultsHash.bytes
        header.evidenceHash = Block.evidenceHash([]).bytes
        header.proposer = proposer.bytes
        return header
    }

    /// Queues a record for the log; one sync makes all that are queued durable before anything is sent.
    private func persist(_ record: ConsensusRecord) throws(StoreFailure) {
        switch record {
        case .signature(let state):
            signState = state
            try blocks.append([.vote(height: UInt64(state.height), bytes: state.encoded)])
        case .lock(let lock):
            guard let candidate, candidate.blockID == lock.blockID else { return }
            var writer = ByteWriter()
            writer.part(lock.encoded)
            writer.part(candidate.encoded)
            try blocks.append([.lockedProposal(height: UInt64(lock.height), bytes: writer.bytes)])
        }
    }

    private func decide(_ decision: Decision) throws {
        guard let candidate, candidate.blockID == decision.blockID else { return }
        let commit = decision.commit
        let height = tip.height + 1
        try blocks.append([.decidedBlock(height: height, block: candidate.encoded, commit: commit.encoded)])
        try blocks.sync()
        try apply(candidate, commit: commit)
        machine = nil
        self.candidate = nil
        rotation.advance(by: 1)
        // The genesis state is a change that the first block cannot prove: its proof block follows at once, too.
        pacing.blockDecided(at: SystemClock.steady(), changedState: candidate.outcome.changesState || height == 1)
        schedule()
    }

    /// Takes a decided block over: log, state, readers.
    private func apply(_ candidate: Candidate, commit: Commit) throws(StoreFailure) {
        let outcome = candidate.outcome
        let header = candidate.block.header
        try tiles.append(outcome.logEntries)
        NodeStart.note(outcome, in: history.log, logger: logger)
        tip = Tip(
            height: UInt64(header.height), time: header.time, blockID: candidate.blockID, commit: commit,
            resultsHash: outcome.resultsHash, forest: outcome.state, log: outcome.log)
        checkpoints.note(outcome.places)
        changesSinceCheckpoint += outcome.changes.reduce(0) { $0 + $1.changes.count }
        mempool.remove(outcome.results.map(\.id))
        view.publish(
            .init(
                signed: SignedHeader(header: header, commit: commit), forest: outcome.state,
                fates: outcome.results.map { ($0.id, $0.code.rawValue, $0.code.text) }, logSize: outcome.log.size,
                pendingCount: mempool.count))
        fanOut.send(
            CommitNotice(
                height: outcome.context.height, time: header.time,
                transactions: outcome.results.map { ($0.id, $0.code.rawValue) }, logSize: outcome.log.size))
        if changesSinceCheckpoint >= configuration.checkpointChanges { beginCheckpoint() }
    }

    // MARK: Checkpoints and stopping

    private func checkpointJob() -> CheckpointStore.Job {
        changesSinceCheckpoint = 0
        return checkpoints.begin(height: tip.height, forest: tip.forest, note: tip.resultsHash.bytes)
    }

    /// Writes a checkpoint beside the next blocks.
    private func beginCheckpoint() {
        guard !isCheckpointing else { return }
        isCheckpointing = true
        let job = checkpointJob()
        let tiles = tiles
        let (history, logger) = (history.log, logger)
        DispatchQueue.global(qos: .utility).async {
            let result = Result {
                try tiles.sync()
                NodeStart.sync(history, logger: logger)
                try CheckpointStore.write(job)
            }
            // Tree nodes stand between freed buffers, which the allocator keeps: what is whole pages goes back.
            malloc_trim(0)
            Task { await self.endCheckpoint(job, result) }
        }
    }

    private func endCheckpoint(_ job: CheckpointStore.Job, _ result: Result<Void, any Error>) {
        isCheckpointing = false
        switch result {
        case .success: checkpoints.end(job, succeeded: true)
        case .failure(let error):
            checkpoints.end(job, succeeded: false)
            logger.error("checkpoint failed", metadata: ["reason": "\(error)"])
        }
        prune()
    }

    /// Drops blocks that neither a checkpoint nor the configured depth needs.
    private func prune() {
        guard let kept = configuration.blocksKept, let safe = checkpoints.oldestHeight, safe > kept else { return }
        do {
            // The set's first header stays, so that `headers` can lead from any set ever trusted (D4).
            if let first = try? committed(Height(1)) {
                try headers.keep(1, SignedHeader(header: first.block.header, commit: first.commit).encoded)
            }
            try blocks.prune(below: min(safe, tip.height - min(kept, tip.height)))
            if let first = blocks.firstHeight { view.noteFirstHeight(first) }
        } catch {
            logger.error("pruning failed", metadata: ["reason": "\(error)"])
        }
    }

    private func stop(because error: NodeFailure) {
        guard failure == nil else { return }
        failure = error
        wakeUp?.cancel()
        fanOut.finish()
        logger.critical("the node stops", metadata: ["reason": "\(error)"])
        onFailure?.resume(throwing: error)
        onFailure = nil
    }

    /// Ends cleanly: no block is begun any more, and a checkpoint makes the next start short.
    private func shutDown() {
        isStopping = true
        wakeUp?.cancel()
        fanOut.finish()
        if failure == nil, !isCheckpointing, changesSinceCheckpoint > 0 {
            let job = checkpointJob()
            do {
                try tiles.sync()
                NodeStart.sync(history.log, logger: logger)
                try CheckpointStore.write(job)
                checkpoints.end(job, succeeded: true)
                // A ledger that is stopped before a checkpoint is due by itself would never drop a block.
                prune()
            } catch {
                logger.error("checkpoint failed", metadata: ["reason": "\(error)"])
            }
        }
        onFailure?.resume()
        onFailure = nil
    }

    /// Block and commit of a height, from the log.
    func committed(_ height: Height) throws(LedgerAccessFailure) -> CommittedBlock {
        do {
            let (block, commit) = try blocks.block(height.value)
            return CommittedBlock(block: try Block(decoding: block), commit: try Commit(decoding: commit))
        } catch StoreFailure.notFound {
            guard height.value <= tip.height, height.value > 0, let first = blocks.firstHeight else {
                throw .notFound("block \(height.value) is not there")
            }
            throw .pruned(nearest: Height(max(first, height.value)))
        } catch { throw .unavailable("\(error)") }
    }

    /// A header that pruning has kept.
    func keptHeader(_ height: Height) -> SignedHeader? {
        guard let bytes = try? headers.header(height.value) else { return nil }
        return try? SignedHeader(decoding: bytes)
    }

    private func waitForEnd() async throws {
        if let failure { throw failure }
        schedule()
        try await withCheckedThrowingContinuation { continuation in
            if isStopping { continuation.resume() } else { onFailure = continuation }
        }
    }
}

extension Node: Service {
    /// Runs until the process is asked to stop, another of its services has failed, or the node must.
    package nonisolated func run() async throws {
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await waitForEnd()
        } onCancelOrGracefulShutdown: {
            Task { await self.shutDown() }
        }
    }
}

extension BlockOutcome {
    /// The places in the tree that the block changed.
    var places: [CheckpointStore.Place] {
        changes.flatMap { store in
            let index = UInt8(StoreName.allCases.firstIndex(of: store.store) ?? 0)
            return store.changes.map { CheckpointStore.Place(store: index, keyHash: SHA256.hash($0.key)) }
        }
    }
}
