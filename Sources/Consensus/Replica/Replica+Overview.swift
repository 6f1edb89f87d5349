package import LedgerModel

/// Where a replica stands, for those who watch it.
package struct ReplicaOverview: Hashable, Sendable {
    package enum Phase: Hashable, Sendable {
        /// After a start: the others have not said yet what this validator signed last (D23). That many have.
        case askingForLastVotes(answers: Int)
        /// A peer is two heights ahead or more: blocks are fetched.
        case catchingUp(toward: Int64)
        /// The height's first round has not begun: there is nothing to do, or its time has not come.
        case idle
        case propose, prevote, precommit
    }

    package struct Peer: Hashable, Sendable {
        package var node: NodeID
        /// The last height that it has decided, as far as it said.
        package var height: Int64
        /// For whom it acts, once that is proven.
        package var validator: Address?
    }

    /// The height that is being decided; one above the last block.
    package var height: Int64
    package var round: Int32
    package var phase: Phase
    package var proposer: [UInt8]
    package var set: ValidatorSet
    /// Power that voted in this round, for whatever.
    package var prevoted: Int64
    package var precommitted: Int64
    /// The height of each validator's last vote that was heard, or that stands in the last commit.
    package var lastHeard: [Address: Int64]
    /// Whose votes of the step that is waited in were not heard; empty in any other phase than prevote and precommit.
    package var silent: Set<Address>
    package var peers: [Peer]
}

extension Replica {
    package var overview: ReplicaOverview {
        let set = tip.validators.current
        let round = max(machine.round, 0)
        return ReplicaOverview(
            height: tip.height + 1, round: round, phase: phase,
            proposer: machine.proposer(of: round) ?? tip.validators.rotation.proposer, set: set,
            prevoted: machine.votes.power(.prevote, round: round),
            precommitted: machine.votes.power(.precommit, round: round), lastHeard: lastHeard, silent: silent(in: set),
            peers: peers.sorted { $0.key < $1.key }.map {
                ReplicaOverview.Peer(node: $0.key, height: $0.value.height, validator: $0.value.validator)
            })
    }

    private var phase: ReplicaOverview.Phase {
        if let startRule, startRule.isOpen { return .askingForLastVotes(answers: startRule.answerCount) }
        let highest = peers.values.lazy.map(\.height).max() ?? 0
        if highest > tip.height + 1 { return .catchingUp(toward: highest) }
        guard machine.round >= 0 else { return .idle }
        return switch machine.step {
        case .propose: .propose
        case .prevote: .prevote
        case .precommit: .precommit
        }
    }

    private func silent(in set: ValidatorSet) -> Set<Address> {
        let step: SignState.Step
        switch phase {
        case .prevote: step = .prevote
        case .precommit: step = .precommit
        case .askingForLastVotes, .catchingUp, .idle, .propose: return []
        }
        let place = VotePlace(height: tip.height + 1, round: machine.round, step: step)
        return Set(
            set.members.compactMap { Address($0.address) }.filter { address in
                address != own && lastVotes[address].map { $0.place < place } ?? true
            })
    }

    private var lastHeard: [Address: Int64] {
        var heights = lastVotes.mapValues(\.height)
        if let own, let last = signState?.height { heights[own] = max(heights[own] ?? 0, last) }
        for entry in tip.commit.signatures where entry.flag != .absent {
            guard let address = Address(entry.validator) else { continue }
            heights[address] = max(heights[address] ?? 0, tip.height)
        }
        return heights
    }
}
