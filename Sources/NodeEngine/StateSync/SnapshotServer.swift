import Consensus
import Cryptography
import Dispatch
import Glibc
import LedgerAccess
import LedgerModel
import LedgerStore
import Logging
import PeerNetwork
import Synchronization

/// The snapshots of a running node: written beside its blocks, and read for peers that ask, in turns (``SnapshotDesk``).
///
/// Neither is done on the node. What fails is logged, and the node goes on.
final class SnapshotServer: Sendable {
    /// Blocks from one snapshot to the next; 0 makes and serves none.
    let interval: UInt64
    private let shelf: SnapshotShelf?
    private let network: PeerNetworkService
    private let view: LedgerView
    private let logger: Logger
    private let making = DispatchQueue(label: "vivian.snapshots.making", qos: .utility)
    private let serving = DispatchQueue(label: "vivian.snapshots.serving", qos: .utility)
    private let state = Mutex((desk: SnapshotDesk(), isServing: false))

    init(folder: String, interval: UInt64, network: PeerNetworkService, view: LedgerView, logger: Logger) {
        self.interval = interval
        self.network = network
        self.view = view
        self.logger = logger
        do {
            shelf = interval > 0 ? try SnapshotShelf(folder: folder) : nil
        } catch {
            shelf = nil
            logger.error("no snapshots are made", metadata: ["reason": "\(error)"])
        }
    }

    /// Whether snapshots are made.
    var isMaking: Bool { shelf != nil }

    /// The height of the newest snapshot.
    var newestHeight: UInt64? { shelf?.items.last?.height }

    /// The lowest block that pruning must leave: whoever begins from a snapshot needs those after it.
    ///
    /// A snapshot that has none after it for so long holds nothing up: a full disk must not keep the blocks as well.
    func blocksFloor(at height: UInt64) -> UInt64 {
        guard let oldest = shelf?.items.first?.height, height < oldest + 4 * interval else { return .max }
        return oldest + 1
    }

    // MARK: Making

    /// Writes a snapshot and says when that has ended, well or not.
    func make(_ manifest: Snapshot.Manifest, of material: NodeSnapshot.Material, tiles: TileStore) async {
        guard let shelf else { return }
        let logger = logger
        await withCheckedContinuation { continuation in
            making.async {
                let begin = SystemClock.steady()
                do throws(StoreFailure) {
                    // What is read of the log is on the disk before anybody builds on it.
                    try tiles.sync()
                    try shelf.add(manifest) { folder throws(StoreFailure) in
                        try Snapshot.export(
                            manifest, forest: material.forest, tiles: tiles, to: folder, rest: Self.rest())
                    }
                    logger.info(
                        "snapshot written",
                        metadata: [
                            "height": "\(manifest.height)",
                            "milliseconds": "\((SystemClock.steady() - begin) / 1_000_000)",
                        ])
                } catch {
                    logger.error(
                        "snapshot failed", metadata: ["height": "\(manifest.height)", "reason": "\(error)"])
                }
                continuation.resume()
            }
        }
    }

    /// After each chunk a pause as long as the chunk took: half of a core and of the disk is the most that it costs.
    private static func rest() -> () -> Void {
        var begin = SystemClock.steady()
        return {
            usleep(UInt32(clamping: min((SystemClock.steady() - begin) / 1_000, 200_000)))
            begin = SystemClock.steady()
        }
    }

    // MARK: Serving

    /// What is offered now.
    var offers: SnapshotOffers {
        let status = view.status
        let newest = status.height.value
        let items = (shelf?.items ?? []).filter { $0.height < newest }.suffix(SnapshotOffers.countMax)
        return SnapshotOffers(
            first: newest == 0 ? 0 : min(view.firstWholeHeight.value, newest), newest: newest,
            offers: items.map {
                SnapshotOffer(
                    height: $0.height, content: $0.content, chunkCount: UInt32($0.chunks.count),
                    manifestBytes: UInt32($0.manifestBytes))
            })
    }

    /// Takes an ask; it is answered when its turn comes.
    func take(_ ask: SnapshotDesk.Ask, from peer: NodeID) {
        let begins = state.withLock { state in
            guard state.desk.take(ask, from: peer, at: SystemClock.steady()), !state.isServing else { return false }
            state.isServing = true
            return true
        }
        if begins { serving.async { self.serve() } }
    }

    func lost(_ peer: NodeID) { state.withLock { $0.desk.lost(peer) } }

    /// Serves until nobody waits, or nobody may be served for a while.
    private func serve() {
        while true {
            let now = SystemClock.steady()
            let turn = state.withLock { state in
                let turn = state.desk.next(at: now) { peer in
                    network.queuedBytes(in: .snapshots, to: PeerID(peer)) == 0
                }
                if turn == .idle { state.isServing = false }
                return turn
            }
            switch turn {
            case .idle: return
            case .wait(let time):
                let delay = Int(clamping: time - min(now, time))
                return serving.asyncAfter(deadline: .now() + .nanoseconds(delay)) { self.serve() }
            case .serve(let ask, let peer):
                let bytes = answer(ask).encoded
                _ = network.send(bytes, lane: .snapshots, to: PeerID(peer))
                state.withLock { $0.desk.served(bytes.count, to: peer, at: SystemClock.steady()) }
            }
        }
    }

    private func answer(_ ask: SnapshotDesk.Ask) -> SnapshotMessage {
        do throws(StoreFailure) {
            switch ask {
            case .manifest(let content, let part):
                let (offset, count) = (Int(part) * SnapshotMessage.partBytes, SnapshotMessage.partBytes)
                guard let bytes = try shelf?.manifest(content, from: offset, count: count) else {
                    return .gone(content: content)
                }
                return .manifest(content: content, part: part, bytes: bytes)
            case .chunk(let content, let index):
                guard let bytes = try shelf?.chunk(content, Int(index)) else { return .gone(content: content) }
                return .chunk(content: content, index: index, bytes: bytes)
            }
        } catch {
            logger.error("a snapshot is withdrawn", metadata: ["reason": "\(error)"])
            return .gone(content: ask.content)
        }
    }
}

extension SnapshotDesk.Ask {
    fileprivate var content: Digest {
        switch self {
        case .manifest(let content, _), .chunk(let content, _): content
        }
    }
}
