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
        case .sign(let message): try sign(message)
        case .append(let record): try append(record)
        case .commit(let block, let commit): try self.commit(block, commit)
        case .schedule(let timer, let delay): schedule(timer, after: delay)
        case .disconnect(let peer, let reason): disconnect(peer, reason: reason)
        case .reportEquivocation(let evidence):
            logger.critical("equivocation", metadata: ["validator": "\(Hex.encode(evidence.first.validator))"])
        case .reportRestoredBackup(let height):
            if let known = replica.lastOwnMessage { configuration.signer?.know(known) }
            logger.critical(
                """
                this ledger folder is a restored backup: its key voted later than its log says, and signs nothing at or \
                below that height
                """, metadata: ["height": "\(height)"])
        case .halt(let blockID):
            throw NodeFailure.inconsistent("block \(Hex.encode(blockID.hash)) was decided, but does not execute here")
        }
    }

    /// Signs at once, or notes what a signer in another process is asked, since that keeps it whatever happens here.
    private func sign(_ message: SignedMessage) throws(StoreFailure) {
        guard let signer = configuration.signer else { return }
        if let signed = signer.sign(message, on: identity) { return receive(.signed(signed)) }
        try append(.signature(SignState(message)))
        asked.append(message)
    }

    /// Feeds what such a signer answers.
    func listen(to signer: any ConsensusSigner) async {
        for await signed in signer.signatures { receive(.signed(signed)) }
    }

    /// Queues for the log; one sync makes all that is queued durable before anything is sent.
    private func append(_ record: Replica.Record) throws(StoreFailure) {
        switch record {
        case .signature(let state):
            // Of what a signer elsewhere signed the note is on disk, and it gives the last signature again.
            let isNote = state.message?.signature.isEmpty ?? true
            if isNote || configuration.signer?.isElsewhere != true { hasUnsynced = true }
            try blocks.append([.vote(height: UInt64(state.height), bytes: state.encoded)])
        case .lock(let lock, let block):
            hasUnsynced = true
            try blocks.append([.lockedProposal(height: UInt64(lock.height), bytes: LockRecord(lock, block).encoded)])
        case .certificate(let certificate):
            hasUnsynced = true
            try blocks.append([
                .roundCertificate(height: UInt64(certificate.height), bytes: certificate.encoded)
            ])
        }
    }

    private func schedule(_ timer: Replica.Timer, after nanoseconds: UInt64) {
        Task {
            try? await Task.sleep(for: .nanoseconds(Int64(clamping: nanoseconds)))
            self.receive(.timerElapsed(timer))
        }
    }

    /// Makes what was queued durable, then asks and sends what waited for it.
    func flush() throws(StoreFailure) {
        guard !outgoing.isEmpty || !asked.isEmpty else { return }
        if hasUnsynced {
            try blocks.sync()
            hasUnsynced = false
        }
        for message in asked { configuration.signer?.ask(message) }
        asked = []
        for item in outgoing { send(item.message, to: item.receiver) }
        outgoing = []
    }
}
