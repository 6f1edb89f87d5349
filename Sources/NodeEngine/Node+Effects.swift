import Codec
import Consensus
import Cryptography
import LedgerModel
import LedgerStore
import Logging

/// The replica's effects, a line each.
extension Node {
    /// What waits for the disk before it is sent.
    struct Outgoing {
        var message: PeerMessage
        var receiver: NodeID?
    }

    func perform(_ effect: Replica.Effect) throws {
        switch effect {
        case .send(let message, let receiver): outgoing.append(Outgoing(message: message, receiver: receiver))
        case .sendDecided(let height, let receiver): try sendDecided(height, to: receiver)
        case .build(let order): try build(order)
        case .execute(let block): execute(block)
        case .sign(let message): sign(message)
        case .append(let record): try append(record)
        case .commit(let block, let commit): try self.commit(block, commit)
        case .schedule(let timer, let delay): schedule(timer, after: delay)
        case .disconnect(let peer, let reason): disconnect(peer, reason: reason)
        case .reportEquivocation(let evidence):
            logger.critical("equivocation", metadata: ["validator": "\(Hex.encode(evidence.first.validator))"])
        case .reportRestoredBackup(let height):
            logger.critical(
                """
                this ledger folder is a restored backup: its key voted later than its log says, and signs nothing at or \
                below that height
                """, metadata: ["height": "\(height)"])
        case .halt(let blockID):
            throw NodeFailure.inconsistent("block \(Hex.encode(blockID.hash)) was decided, but does not execute here")
        }
    }

    private func sign(_ message: SignedMessage) {
        guard let key = configuration.consensusKey else { return }
        receive(.signed(message.signed(key.sign(message.signBytes(chainID: identity.chainID.text)))))
    }

    /// Queues for the log; one sync makes all that is queued durable before anything is sent.
    private func append(_ record: Replica.Record) throws(StoreFailure) {
        hasUnsynced = true
        switch record {
        case .signature(let state): try blocks.append([.vote(height: UInt64(state.height), bytes: state.encoded)])
        case .lock(let lock, let block):
            try blocks.append([.lockedProposal(height: UInt64(lock.height), bytes: LockRecord(lock, block).encoded)])
        }
    }

    private func schedule(_ timer: Replica.Timer, after nanoseconds: UInt64) {
        Task {
            try? await Task.sleep(for: .nanoseconds(Int64(clamping: nanoseconds)))
            self.receive(.timerElapsed(timer))
        }
    }

    /// Makes what was queued durable, then sends what waited for it.
    func flush() throws(StoreFailure) {
        guard !outgoing.isEmpty else { return }
        if hasUnsynced {
            try blocks.sync()
            hasUnsynced = false
        }
        for item in outgoing { send(item.message, to: item.receiver) }
        outgoing = []
    }
}
