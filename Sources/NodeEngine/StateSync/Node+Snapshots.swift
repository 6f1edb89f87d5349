import Consensus
import LedgerModel
import LedgerStore
import Logging
import PeerNetwork

/// Snapshots for others: of every `snapshotInterval`th block, once the next header proves its state (D4).
extension Node {
    /// After a block: notes what a snapshot is made from, or has the one that waited for this header written.
    func continueSnapshots(after block: ProposedBlock, _ commit: Commit) {
        guard let snapshots, snapshots.isMaking else { return }
        if let material = snapshotMaterial {
            snapshotMaterial = nil
            writeSnapshot(material, proving: SignedHeader(header: block.block.header, commit: commit), in: snapshots)
        } else if tip.height % snapshots.interval == 0, !isMakingSnapshot {
            snapshotMaterial = NodeSnapshot.Material(
                height: tip.height, forest: tip.forest, log: tip.log, note: note.tip, block: block.encoded,
                commit: commit.encoded)
        }
    }

    private func writeSnapshot(
        _ material: NodeSnapshot.Material, proving header: SignedHeader, in snapshots: SnapshotServer
    ) {
        isMakingSnapshot = true
        Task {
            do {
                var headers: [SignedHeader] = []
                // One at a time, each after whatever the node has to do meanwhile.
                for height in try material.headerHeights { headers.append(try await self.signedHeader(Height(height))) }
                let manifest = try material.manifest(self.configuration.genesis, headers: headers + [header])
                await snapshots.make(manifest, of: material, tiles: self.tiles)
            } catch {
                self.logger.error(
                    "snapshot failed", metadata: ["height": "\(material.height)", "reason": "\(error)"])
            }
            self.isMakingSnapshot = false
        }
    }

    /// The longest message that a running node has a use for: offers.
    private static let messageBytesMax = 4_096

    func takeSnapshotMessage(_ bytes: [UInt8], from peer: NodeID) {
        // A chunk that this node asked for before it was a node is dropped unread: its sender has done nothing wrong.
        guard bytes.count <= Self.messageBytesMax else { return }
        guard let message = try? SnapshotMessage(decoding: bytes) else {
            return disconnect(peer, reason: "a snapshot message that cannot be read")
        }
        switch message {
        case .ask: if let snapshots { say(.offers(snapshots.offers), to: peer) }
        case .wantManifest(let content, let part):
            snapshots?.take(.manifest(content: content, part: part), from: peer)
        case .wantChunk(let content, let index): snapshots?.take(.chunk(content: content, index: index), from: peer)
        case .wantHeader(let height): answerHeader(height, to: peer)
        case .offers(let offers): behindWatch.answered(peer, offers)
        case .manifest, .chunk, .gone, .header: break
        }
    }

    /// Only of headers that memory holds: a look-up on disk is not for others to cause.
    private func answerHeader(_ height: UInt64, to peer: NodeID) {
        guard let signed = view.header(Height(height)), let set = try? validators(at: Height(height)) else { return }
        say(
            .header(
                height: height, signed: signed.encoded, validators: set.encoded(proposer: signed.header.proposer)),
            to: peer)
    }

    // MARK: Left behind

    /// How often it is looked whether peers can still lead on.
    static let behindInterval: Duration = .seconds(5)

    /// Looks until the node ends whether peers can still lead on, and stops it where they cannot.
    func watchBehind() async {
        guard configuration.leavesWhenBehind, let network else { return }
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.behindInterval)
            let peers = Set(network.peers().map { NodeID($0.id) })
            switch behindWatch.look(height: tip.height, peers: peers, at: SystemClock.steady()) {
            case .wait: break
            case .ask: _ = network.broadcast(SnapshotMessage.ask.encoded, lane: .snapshots)
            case .behind: return leave()
            }
        }
    }

    private func leave() {
        do {
            try LedgerPlace(ledger: configuration.folder).markBehind()
            stop(because: .behind(height: tip.height))
        } catch { stop(because: NodeFailure(wrapping: error)) }
    }

    private func say(_ message: SnapshotMessage, to peer: NodeID) {
        _ = network?.send(message.encoded, lane: .snapshots, to: PeerID(peer))
    }
}
