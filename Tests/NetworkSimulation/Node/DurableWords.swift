import Consensus
import LedgerModel

/// What of a node's own signatures and locks is on its disk: counted beside the log, so that sending before syncing shows.
struct DurableWords {
    private struct LockPlace: Hashable {
        var height: Int64
        var round: Int32
        var blockID: BlockID
    }

    private var messages: Set<SignedMessage> = []
    private var locks: Set<LockPlace> = []
    private var pending: [Replica.Record] = []

    /// After a start: what was on disk still is, and the log may hold a little more.
    mutating func restart(_ recovery: Recovery, _ locked: ProposedBlock?) {
        pending = recovery.signatures.map(Replica.Record.signature)
        if let lock = recovery.lock, let locked { pending.append(.lock(lock, locked)) }
        sync()
    }

    mutating func append(_ record: Replica.Record) { pending.append(record) }

    mutating func sync() {
        for record in pending { take(record) }
        pending = []
    }

    private mutating func take(_ record: Replica.Record) {
        switch record {
        case .signature(let state): if let message = state.message { messages.insert(message) }
        case .lock(let lock, _):
            locks.insert(LockPlace(height: lock.height, round: lock.round, blockID: lock.blockID))
        case .certificate: break
        }
    }

    func holds(_ message: SignedMessage) -> Bool { messages.contains(message) }

    func holdsLock(of vote: Vote) -> Bool {
        locks.contains(LockPlace(height: vote.height, round: vote.round, blockID: vote.blockID))
    }
}
