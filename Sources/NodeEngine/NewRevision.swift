import Consensus
import Cryptography
package import LedgerModel
package import LedgerRuntime
import LedgerStore
package import Logging
import Proofs
import StateTree

/// A ledger that goes on as a new revision (D23): `vivian recover --new-revision`.
///
/// For a ledger whose validators can decide no block any more, since keys are lost or nobody can vouch for what they have
/// signed. Its operators agree on one genesis that continues the newest block, and each of them begins it here from its own
/// state: nothing is taken from anybody else. What is left of the old revision is moved aside, never removed.
package enum NewRevision {
    /// Where a stopped node's ledger ends.
    package struct End: Sendable {
        package var head: LedgerHead
        /// Of the last block.
        package var time: Timestamp
        package var state: LedgerState
        /// Who decides the next block but one, by the order of the set.
        package var validators: [ValidatorSeat]
    }

    /// Reads where it ends, executing what the log holds after the newest checkpoint.
    package static func end(of configuration: NodeConfiguration, logger: Logger) throws(NodeFailure) -> End {
        try end(of: NodeStart.open(configuration, logger: logger), configuration)
    }

    /// Puts a ledger that begins with `genesis` in the place of the one that it continues.
    ///
    /// - Returns: the folder in which the old one stands now.
    /// - Throws: `revision` where the genesis does not continue what the folder holds; nothing is changed then.
    package static func begin(
        _ genesis: Genesis, from configuration: NodeConfiguration, logger: Logger
    ) throws(NodeFailure) -> String {
        let start = try NodeStart.open(configuration, logger: logger)
        let end = try end(of: start, configuration)
        let state = try state(genesis, after: end)
        let place = LedgerPlace(ledger: configuration.folder)
        do {
            try place.recover()
            try write(genesis, state, tiles: start.tiles, into: place.made)
            return try withExtendedLifetime(start.lock) {
                try place.replace(keeping: end.head.ledger.chainID.text, genesis: genesis.encoded()) ?? place.ledger
            }
        } catch { throw NodeFailure(wrapping: error) }
    }

    private static func end(of start: NodeStart, _ configuration: NodeConfiguration) throws(NodeFailure) -> End {
        let tip = start.tip
        guard tip.height > configuration.genesis.base.value else {
            throw .revision("the ledger has no block yet; make a new one instead")
        }
        do {
            return End(
                head: LedgerHead(
                    ledger: tip.chain.ledger, height: Height(tip.height), appHash: tip.forest.appHash,
                    logSize: tip.log.size, logRoot: tip.log.root),
                time: tip.chain.time, state: tip.state,
                validators: try ValidatorRegistry.seats(in: BlockState(tip.forest)))
        } catch { throw .runtime(error) }
    }

    /// The state with which the new revision begins, once all of the genesis fits what is here.
    private static func state(_ genesis: Genesis, after end: End) throws(NodeFailure) -> LedgerState {
        guard let head = genesis.continues else { throw .revision("the genesis continues no ledger") }
        guard head.ledger == end.head.ledger else {
            throw .revision(
                "the genesis continues \(head.ledger.chainID), genesis hash \(head.ledger.genesisHash.hex); here is "
                    + "\(end.head.ledger.chainID), \(end.head.ledger.genesisHash.hex)")
        }
        guard end.head.height >= head.height else {
            throw .revision(
                "the genesis continues block \(head.height) and here is only block \(end.head.height); start the node "
                    + "beside one that has the rest until it has caught up, or let it join the new revision from a "
                    + "snapshot")
        }
        guard end.head.height <= head.height else {
            throw .revision(
                "the genesis continues block \(head.height) and here is block \(end.head.height), which would be lost: "
                    + "agree on a genesis that this node makes")
        }
        guard Timestamp(nanosecondsSince1970: genesis.time) > end.time else {
            throw .revision("the genesis' time is not after the last block's, \(end.time.rfc3339)")
        }
        do { return try genesis.state(continuing: end.state) } catch { throw .genesis(error) }
    }

    private static func write(
        _ genesis: Genesis, _ state: LedgerState, tiles: TileStore, into folder: String
    ) throws {
        let tip = try NodeStart.beginning(genesis, with: state)
        let files = try TileStore(folder: folder, size: 0, root: LogFrontier().root)
        for first in stride(from: 0, to: tip.log.size, by: 1 << 16) {
            try files.append(try tiles.entries(from: first, count: min(1 << 16, tip.log.size - first)))
        }
        try files.sync()
        // Opening again compares the root.
        _ = try TileStore(folder: folder, size: tip.log.size, root: tip.log.root)
        let checkpoints = try CheckpointStore(folder: folder, stores: StoreName.allCases.map(\.rawValue))
        try CheckpointStore.write(
            checkpoints.begin(
                height: tip.height, forest: state.forest, note: ChainNote(tip.chain).encoded))
    }
}
