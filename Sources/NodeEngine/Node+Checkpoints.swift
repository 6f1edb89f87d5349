import CAllocator
import Cryptography
import Dispatch
import LedgerAccess
import LedgerModel
import LedgerRuntime
import LedgerStore
import Logging
import StateTree

/// Checkpoints beside the next blocks, and what need not be kept after them.
extension Node {
    func checkpointJob() -> CheckpointStore.Job {
        changesSinceCheckpoint = 0
        return checkpoints.begin(height: tip.height, forest: tip.forest, note: note.encoded)
    }

    /// Writes a checkpoint beside the next blocks.
    func beginCheckpoint() {
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
        stripBlocks()
    }

    /// Drops blocks that neither a checkpoint nor the configured depth needs.
    func prune() {
        guard let kept = configuration.blocksKept, let floor = blocksFloor(keeping: kept) else { return }
        do {
            // They stay, so that `headers` can lead from any set ever trusted (D4).
            for height in HeaderPath.bounds(of: view.terms) where height < floor && !headers.holds(height) {
                guard height >= blocks.firstHeight ?? .max else { continue }
                let kept = try committed(Height(height))
                try headers.keep(height, SignedHeader(header: kept.block.header, commit: kept.commit).encoded)
            }
            try blocks.prune(below: floor)
            noteFirstHeights()
        } catch {
            logger.error("pruning failed", metadata: ["reason": "\(error)"])
        }
    }

    /// The lowest block that checkpoints, snapshots or the newest so many blocks need; nil where that is all of them.
    private func blocksFloor(keeping kept: UInt64) -> UInt64? {
        guard let safe = checkpoints.oldestHeight, safe > kept else { return nil }
        return min(safe, tip.height - min(kept, tip.height), snapshots?.blocksFloor(at: tip.height) ?? .max)
    }

    private func noteFirstHeights() {
        if let first = blocks.firstHeight { view.noteFirstHeight(first, whole: blocks.firstWholeHeight) }
    }

    /// Takes the vectors out of blocks that nobody executes any more, a file at a time beside the next blocks.
    func stripBlocks() {
        guard !isStripping, !isStopping, failure == nil, let kept = configuration.vectorBlocksKept,
            let floor = blocksFloor(keeping: kept), let segment = blocks.stripping(below: floor)
        else { return }
        isStripping = true
        DispatchQueue.global(qos: .utility).async {
            let result = Result { try segment.write(strip: Block.stripped) }
            Task { await self.endStripping(result) }
        }
    }

    private func endStripping(_ result: Result<SegmentStripping.Written, any Error>) {
        isStripping = false
        do {
            try blocks.replace(try result.get())
        } catch { return logger.error("old vectors stay", metadata: ["reason": "\(error)"]) }
        noteFirstHeights()
        logger.info("old vectors are gone", metadata: ["firstWhole": "\(blocks.firstWholeHeight ?? 0)"])
        stripBlocks()
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
