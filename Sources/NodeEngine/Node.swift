import Codec
import Consensus
import Cryptography
import Dispatch
import LedgerAccess
import LedgerModel
import LedgerRuntime
import LedgerStore
package import Logging
package import PeerNetwork
import Proofs
import ServiceLifecycle
import StateTree

/// A node: one owner of the ledger's files, on a queue of its own.
///
/// What happens on the chain is `Replica`'s to say; here its effects are performed.
package actor Node {
    /// The last decided block and what it made.
    struct Tip {
        var chain: ChainTip
        var state: LedgerState
        var log: LogFrontier

        var height: UInt64 { UInt64(chain.height) }
        var forest: StoreForest { state.forest }
    }

    let configuration: NodeConfiguration
    nonisolated let identity: LedgerIdentity
    let logger: Logger
    nonisolated let view: LedgerView
    nonisolated let tiles: TileStore
    nonisolated let fanOut = CommitFanOut()
    nonisolated let receiptKey: SigningKey?
    private nonisolated let executor: QueueExecutor
    /// Where blocks are built and executed: votes do not wait for it (D4).
    nonisolated let execution = DispatchQueue(label: "vivian.execution", qos: .userInitiated)
    /// Where transactions of peers are read and their signatures checked, after everything more urgent.
    nonisolated let admission = DispatchQueue(label: "vivian.admission", qos: .utility)

    nonisolated let history: StateHistory
    nonisolated let network: PeerNetworkService?
    nonisolated let verified = VerifiedTransactions()
    nonisolated let searches = SearchDesk()
    nonisolated let receipts = ReceiptExchange()
    /// Snapshots for others, where there are others.
    nonisolated let snapshots: SnapshotServer?
    /// What the next snapshot is made from, once the next header proves it.
    var snapshotMaterial: NodeSnapshot.Material?
    var isMakingSnapshot = false
    var behindWatch = BehindWatch(at: SystemClock.steady())
    let blocks: BlockLog
    let checkpoints: CheckpointStore
    let headers: HeaderLog
    /// Held for as long as the node lives.
    private let lock: FolderLock
    private let clock: ClockGuard
    var tip: Tip
    /// What a checkpoint says of the tip, and of the block before it.
    var note: ChainNote
    var mempool = Mempool()
    var arrivals = Arrivals()
    var compactBlocks = CompactBlocks()
    var replica: Replica
    /// Inputs that came up while effects were performed: they are fed after them.
    private var inputs: [Replica.Input] = []
    private var isFeeding = false
    /// What waits to be sent until the log is on disk.
    var outgoing: [Outgoing] = []
    var hasUnsynced = false
    /// What waits to be asked of a signer in another process until the log is on disk.
    var asked: [SignedMessage] = []
    /// What executing blocks on the tip made: at most ``outcomesMax``.
    var outcomes: [(blockID: BlockID, outcome: BlockOutcome)] = []
    var changesSinceCheckpoint = 0
    var isCheckpointing = false
    var isStripping = false
    private(set) var failure: NodeFailure?
    private var onFailure: CheckedContinuation<Void, any Error>?
    private(set) var isStopping = false

    /// Overlays that live at once (D4).
    static let outcomesMax = 3

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Opens the ledger's files and replays what the newest checkpoint lacks.
    ///
    /// `network`: the links to other nodes, which the caller runs; nil for a ledger of one.
    package init(
        _ configuration: NodeConfiguration, network: PeerNetworkService? = nil, logger: Logger
    ) throws(NodeFailure) {
        let start = try NodeStart.open(configuration, logger: logger)
        self.configuration = configuration
        self.network = network
        self.logger = logger
        executor = QueueExecutor(label: "vivian.node")
        identity = configuration.genesis.ledger
        view = start.view
        tiles = start.tiles
        history = StateHistory(log: start.history, logger: logger)
        blocks = start.blocks
        checkpoints = start.checkpoints
        headers = start.headers
        lock = start.lock
        clock = start.clock
        tip = start.tip
        note = start.note
        receiptKey = configuration.receiptKey
        snapshots = network.map { network in
            SnapshotServer(
                folder: configuration.folder + "/snapshots", interval: configuration.snapshotInterval,
                network: network, view: start.view, logger: logger)
        }
        changesSinceCheckpoint = start.replayedChanges
        replica = try start.replica(configuration, node: (network?.id).map { NodeID($0) }, logger: logger)
        if let known = replica.lastOwnMessage { configuration.signer?.know(known) }
    }

    // MARK: The chain

    func readClock() throws(NodeFailure) -> UInt64 {
        do { return try clock.checked(wall: SystemClock.wall(), steady: SystemClock.steady()) } catch {
            throw .clock(error)
        }
    }

    private var now: Replica.Moment {
        Replica.Moment(
            steady: SystemClock.steady(), wall: Timestamp(nanosecondsSince1970: SystemClock.wall()))
    }

    /// Gives the replica an input, performs what comes back in order, and sends once all of it is on disk (D17).
    func receive(_ input: Replica.Input) {
        guard failure == nil, !isStopping else { return }
        inputs.append(input)
        guard !isFeeding else { return }
        isFeeding = true
        defer { isFeeding = false }
        do {
            while !inputs.isEmpty {
                let next = inputs.removeFirst()
                for effect in replica.receive(next, at: now) { try perform(effect) }
            }
            try flush()
        } catch let error as NodeFailure {
            stop(because: error)
        } catch let error as StoreFailure {
            stop(because: .store(error))
        } catch {
            stop(because: .inconsistent("\(error)"))
        }
    }

    // MARK: Life

    func stop(because error: NodeFailure) {
        guard failure == nil else { return }
        failure = error
        fanOut.finish()
        logger.critical("the node stops", metadata: ["reason": "\(error)"])
        onFailure?.resume(throwing: error)
        onFailure = nil
    }

    /// Ends cleanly: no block is begun any more, and a checkpoint makes the next start short.
    private func shutDown() {
        isStopping = true
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
            let (block, commit) = try blocks.block(height.value, orStripped: true)
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
        receive(.opened)
        // A file may have been closed, or the setting made, since the last checkpoint.
        stripBlocks()
        let listening = network.map { network in Task { await self.listen(to: network) } }
        let signing = configuration.signer.map { signer in Task { await self.listen(to: signer) } }
        let watching = Task { await self.watchBehind() }
        defer {
            watching.cancel()
            listening?.cancel()
            signing?.cancel()
        }
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
