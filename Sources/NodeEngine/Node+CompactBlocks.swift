import Consensus
import LedgerModel
import PeerNetwork

/// Proposed blocks in their compact form: put together from transactions that were checked here, which are then not sent,
/// read or checked again.
extension Node {
    /// Takes what is about compact blocks; false for any other message.
    func takeCompact(_ message: PeerMessage, from sender: NodeID) -> Bool {
        switch message {
        case .compactBlock(let block):
            guard block.height > tip.chain.height else { break }
            finish(compactBlocks.take(block, from: sender) { verified.transaction(hash: $0)?.encoded }, from: sender)
        case .transactions(let hash, let transactions):
            finish(compactBlocks.take(transactions, of: hash, from: sender), from: sender)
        case .wantTransactions(let wish):
            guard let found = replica.transactions(wish) else { break }
            send(.transactions(hash: wish.hash, found), to: sender)
        default: return false
        }
        return true
    }

    private func finish(_ outcome: CompactBlocks.Outcome, from sender: NodeID) {
        switch outcome {
        case .complete(let bytes): receive(.messageReceived(.block(bytes), from: sender))
        case .ask(let wish): send(.wantTransactions(wish), to: sender)
        case .unexpected: break
        case .broken: disconnect(sender, reason: "transactions that its block does not name")
        }
    }
}
