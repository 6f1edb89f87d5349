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

    init() {}

    /// What a log holds after a start.
    init(_ log: SimulatedLog) {
        for record in log.durable {
            switch record {
            case .vote(_, let bytes): if let state = try? SignState(decoding: bytes) { take(.signature(state)) }
            case .lockedProposal(_, let bytes):
                if let record = LockRecord(decoding: bytes) { take(.lock(record.lock, record.block)) }
            case .decidedBlock: break
            }
        }
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
        }
    }

    func holds(_ message: SignedMessage) -> Bool { messages.contains(message) }

    func holdsLock(of vote: Vote) -> Bool {
        locks.contains(LockPlace(height: vote.height, round: vote.round, blockID: vote.blockID))
    }
}
