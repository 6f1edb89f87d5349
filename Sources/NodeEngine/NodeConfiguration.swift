package import Cryptography
package import LedgerRuntime
package import LedgerStore
import StateTree

/// What a node is started with.
package struct NodeConfiguration: Sendable {
    /// `ledger/` of the data folder.
    package var folder: String
    package var genesis: Genesis
    /// Who signs for this node's validator; nil follows without voting.
    package var signer: (any ConsensusSigner)?
    /// The validator's receipt key.
    package var receiptKey: SigningKey?
    /// Memory for old states, in bytes (D4).
    package var retainedBytes: Int
    /// Disk for what leads back to older states, in bytes (D4); 0 keeps nothing.
    package var historyBytes: Int
    /// Changed keys after which a checkpoint is due: about what two seconds of replay make good.
    package var checkpointChanges: Int
    /// Blocks to keep below the older checkpoint; nil keeps all.
    package var blocksKept: UInt64?
    /// Blocks to keep with their vectors, below the older checkpoint; nil keeps all vectors.
    package var vectorBlocksKept: UInt64?
    /// Size at which a file of the block log is closed, in bytes: pruning deletes or strips whole files.
    package var blockFileBytes: Int
    /// Blocks from one snapshot for others to the next, where there are others; 0 makes none.
    package var snapshotInterval: UInt64
    /// Whether a ledger that nobody can lead on from is left for a snapshot of another node.
    package var leavesWhenBehind: Bool
    /// Whether the operator has confirmed a clock that is far ahead of the last block.
    package var isClockConfirmed: Bool

    package static let checkpointChangesDefault = 200_000

    /// What a node that joins executes in less than a minute; at 50 blocks a second a snapshot every 200 s, when idle one a
    /// day.
    package static let snapshotIntervalDefault: UInt64 = 10_000

    package init(
        folder: String, genesis: Genesis, signer: (any ConsensusSigner)?, receiptKey: SigningKey?,
        retainedBytes: Int = RetainedStates.budgetBytesDefault, historyBytes: Int = HistoryLog.budgetBytesDefault,
        checkpointChanges: Int = checkpointChangesDefault, blocksKept: UInt64? = nil,
        vectorBlocksKept: UInt64? = nil,
        blockFileBytes: Int = BlockLog.segmentBytesDefault, snapshotInterval: UInt64 = snapshotIntervalDefault,
        leavesWhenBehind: Bool = true, isClockConfirmed: Bool = false
    ) {
        self.folder = folder
        self.genesis = genesis
        self.signer = signer
        self.receiptKey = receiptKey
        self.retainedBytes = retainedBytes
        self.historyBytes = historyBytes
        self.checkpointChanges = checkpointChanges
        self.blocksKept = blocksKept
        self.vectorBlocksKept = vectorBlocksKept
        self.blockFileBytes = blockFileBytes
        self.snapshotInterval = snapshotInterval
        self.leavesWhenBehind = leavesWhenBehind
        self.isClockConfirmed = isClockConfirmed
    }
}

/// Why a node stops.
package enum NodeFailure: Error, Sendable {
    case store(StoreFailure)
    case runtime(RuntimeFailure)
    case clock(ClockFailure)
    case genesis(GenesisFailure)
    /// No peer holds the block after the last one any more, and snapshots of later ones are offered.
    case behind(height: UInt64)
    /// A genesis does not continue the ledger that is here, and why.
    case revision(String)
    /// The files do not fit together, and how.
    case inconsistent(String)
}
