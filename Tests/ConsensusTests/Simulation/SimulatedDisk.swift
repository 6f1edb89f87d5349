import Consensus
import LedgerModel

/// A validator's log on a disk that loses at a crash what was not synced, but for some first part of it.
struct SimulatedDisk {
    enum Record {
        case signature(SignState)
        case lock(LockedBlock, Block)
        case decided(Block, Commit)
    }

    private(set) var durable: [Record] = []
    private(set) var pending: [Record] = []

    mutating func append(_ record: Record) { pending.append(record) }

    mutating func sync() {
        durable += pending
        pending = []
    }

    /// The power fails: a random first part of what was not synced made it.
    mutating func crash(_ random: inout SimulatedRandom) {
        durable += pending.prefix(Int.random(in: 0...pending.count, using: &random))
        pending = []
    }

    var chain: [(block: Block, commit: Commit)] {
        durable.compactMap { if case .decided(let block, let commit) = $0 { (block, commit) } else { nil } }
    }

    /// What it holds of a height that is not decided.
    func recovery(of height: Int64) -> (recovery: Recovery, block: Block?) {
        var recovery = Recovery()
        var block: Block?
        for record in durable {
            switch record {
            case .signature(let state): recovery.signatures.append(state)
            case .lock(let lock, let locked) where lock.height == height:
                recovery.lock = lock
                block = locked
            default: break
            }
        }
        return (recovery, block)
    }

    func holds(_ message: SignedMessage) -> Bool {
        durable.contains { if case .signature(let state) = $0 { state.message == message } else { false } }
    }

    func holdsLock(height: Int64, round: Int32, blockID: BlockID) -> Bool {
        durable.contains {
            if case .lock(let lock, _) = $0 {
                lock.height == height && lock.round == round && lock.blockID == blockID
            } else {
                false
            }
        }
    }
}
