package import LedgerModel

/// CometBFT's weighted round-robin: who proposes, as a pure function of the set and how often it was asked.
///
/// Priorities rise by voting power; the highest proposes and falls by the total. They are centred and kept within twice
/// the total (`types/validator_set.go`).
package struct ProposerRotation: Equatable, Sendable {
    private var members: [(address: [UInt8], power: Int64, priority: Int64)]
    private let total: Int64

    package init(_ set: ValidatorSet) {
        members = set.members.map { ($0.address, $0.votingPower, $0.proposerPriority) }
        total = set.power
        advance(by: 1)
    }

    /// The proposer now, by address.
    package private(set) var proposer: [UInt8] = []

    /// Moves on by so many proposers.
    package mutating func advance(by times: Int) {
        for _ in 0..<times {
            rescale()
            for index in members.indices { members[index].priority += members[index].power }
            var best = 0
            for index in members.indices.dropFirst()
            where members[index].priority > members[best].priority
                || members[index].priority == members[best].priority
                    && members[index].address.lexicographicallyPrecedes(members[best].address)
            { best = index }
            members[best].priority -= total
            proposer = members[best].address
        }
    }

    private mutating func rescale() {
        let window = 2 * total
        guard let low = members.map(\.priority).min(), let high = members.map(\.priority).max() else { return }
        let spread = high - low
        if window > 0, spread > window {
            let ratio = (spread + window - 1) / window
            for index in members.indices { members[index].priority /= ratio }
        }
        let sum = members.reduce(Int64(0)) { $0 + $1.priority }
        // Go's big.Int.Div is Euclidean: the remainder is never negative.
        let count = Int64(members.count)
        let average = sum >= 0 ? sum / count : -((-sum + count - 1) / count)
        for index in members.indices { members[index].priority -= average }
    }

    package static func == (left: ProposerRotation, right: ProposerRotation) -> Bool {
        left.total == right.total && left.members.elementsEqual(right.members) { $0 == $1 }
    }
}
