package import Consensus
import Cryptography
import LedgerAccess
import LedgerModel
import LedgerStore
import Logging
package import PeerNetwork

/// What comes from other nodes, and what goes to them.
extension Node {
    /// How long a peer that broke the rules is kept out.
    static let banSeconds = 600

    func listen(to network: PeerNetworkService) async {
        for await events in network.batches() {
            for event in events { take(event) }
            checkArrivals()
        }
    }

    private func take(_ event: PeerEvent) {
        switch event {
        case .connected(let peer, _, _): receive(.peerConnected(NodeID(peer)))
        case .disconnected(let peer, _):
            snapshots?.lost(NodeID(peer))
            receive(.peerDisconnected(NodeID(peer)))
        case .received(let peer, .transactions, let bytes): keep(bytes, from: peer)
        case .received(let peer, .receipts, let bytes): takeReceipt(bytes, from: NodeID(peer))
        case .received(let peer, .snapshots, let bytes): takeSnapshotMessage(bytes, from: NodeID(peer))
        case .received(let peer, _, let bytes):
            guard let message = try? PeerMessage(decoding: bytes) else {
                return disconnect(NodeID(peer), reason: "a message that cannot be read")
            }
            if case .evidence(let found) = message, !isNews(found) { return }
            if takeCompact(message, from: NodeID(peer)) { return }
            receive(.messageReceived(message, from: NodeID(peer)))
        }
    }

    func send(_ message: PeerMessage, to receiver: NodeID?) {
        guard let network else { return }
        let lane: Lane =
            switch message.lane {
            case .votes: .votes
            case .blocks: .blocks
            case .sync: .sync
            }
        // A queue that is full drops: the replica says again what is still needed.
        if let receiver {
            _ = network.send(message.encoded, lane: lane, to: PeerID(receiver))
        } else {
            _ = network.broadcast(message.encoded, lane: lane)
        }
    }

    func sendDecided(_ height: Int64, to receiver: NodeID) throws {
        do {
            let (block, commit) = try blocks.block(UInt64(height))
            outgoing.append(Outgoing(message: .decided(block: block, commit: commit), receiver: receiver))
        } catch StoreFailure.notFound {
            // Pruned here, or without its vectors: another peer may have it.
        }
    }

    func disconnect(_ peer: NodeID, reason: String) {
        logger.warning("a peer broke the rules", metadata: ["peer": "\(PeerID(peer))", "reason": "\(reason)"])
        network?.ban(PeerID(peer), seconds: Self.banSeconds, reason: reason)
    }
}

extension NodeID {
    package init(_ peer: PeerID) { self = NodeID(peer.digest.bytes)! }
}

extension PeerID {
    init(_ node: NodeID) { self = PeerID(Digest(node.bytes)!) }
}
