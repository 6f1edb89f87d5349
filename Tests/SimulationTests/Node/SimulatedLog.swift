import Consensus
import LedgerModel
import LedgerStore

/// A node's log on a disk that loses at a crash what was not synced, but for some first part of it.
struct SimulatedLog {
    private(set) var durable: [BlockLog.Record] = []
    private var pending: [BlockLog.Record] = []
    private var blocks: [UInt64: (block: [UInt8], commit: [UInt8])] = [:]

    var hasPending: Bool { !pending.isEmpty }
    var lastHeight: UInt64 { blocks.keys.max() ?? 0 }

    mutating func append(_ record: BlockLog.Record) {
        pending.append(record)
        note(record)
    }

    mutating func sync() {
        durable += pending
        pending = []
    }

    /// The power fails: a random first part of what was not synced made it.
    mutating func crash(_ random: inout SimulatedRandom) {
        durable += pending.prefix(random.below(pending.count + 1))
        pending = []
        blocks = [:]
        for record in durable { note(record) }
    }

    private mutating func note(_ record: BlockLog.Record) {
        if case .decidedBlock(let height, let block, let commit) = record { blocks[height] = (block, commit) }
    }

    func block(_ height: UInt64) -> (block: [UInt8], commit: [UInt8])? { blocks[height] }

    /// Every vote of our own, in order.
    var votes: [[UInt8]] {
        durable.compactMap { if case .vote(_, let bytes) = $0 { bytes } else { nil } }
    }

    /// What was locked after the last decided block.
    var lastLocked: [UInt8]? {
        var locked: [UInt8]?
        for record in durable {
            switch record {
            case .lockedProposal(_, let bytes): locked = bytes
            case .decidedBlock: locked = nil
            case .vote: break
            }
        }
        return locked
    }
}
