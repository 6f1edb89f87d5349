/// When the next block is due (D2): blocks at least an interval apart; after a state-changing block exactly one proof
/// block, under whose header the new state is proven; then a heartbeat, unless there is work.
///
/// Times are nanoseconds of any clock that only rises, and are given in.
package struct ProposalPacing: Equatable, Sendable {
    /// Blocks are at least this far apart: 20 ms.
    package static let blockIntervalMin: UInt64 = 20_000_000
    /// An idle ledger shows that it lives: 10 s.
    package static let heartbeatInterval: UInt64 = 10_000_000_000

    private var lastBlock: UInt64?
    /// Whether the last state has no header above it yet, as after a start, when nobody remembers.
    private var owesProof = true

    package init() {}

    /// A block was decided at a time; whether it moved a store's root.
    ///
    /// An empty block never does, so that the chain of proof blocks ends after one.
    package mutating func blockDecided(at time: UInt64, changedState: Bool) {
        lastBlock = time
        owesProof = changedState
    }

    /// When the next block may be proposed.
    ///
    /// Work is whatever makes a block non-empty: a transaction, a timer that is due, clock excess, queued index work.
    package func due(hasWork: Bool) -> UInt64 {
        guard let lastBlock else { return 0 }
        return lastBlock + (hasWork || owesProof ? Self.blockIntervalMin : Self.heartbeatInterval)
    }
}
