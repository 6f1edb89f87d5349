package import LedgerModel

/// After a decision: waits a little for precommits that are still on their way, so that a slow validator is seen in the
/// commit (D2).
///
/// Only the proposer of the next height need wait. Times are nanoseconds of any clock that only rises.
package struct CommitAssembler: Sendable {
    package enum Verdict: Equatable, Sendable {
        /// Propose with this commit.
        case assembled(Commit)
        /// Ask again at this time, or when another precommit has come.
        case wait(until: UInt64)
    }

    private let set: ValidatorSet
    private let decidedAt: UInt64
    private let deadline: UInt64
    private let expected: [Bool]
    private var commit: Commit
    /// How long after the decision each validator's precommit came, in nanoseconds; nil while it has not.
    private(set) var lateness: [UInt64?]

    /// Begins at the decision; `grace` says how long to wait, and for whom.
    package init(_ decision: Decision, by set: ValidatorSet, decidedAt: UInt64, grace: PrecommitGrace) {
        self.set = set
        self.decidedAt = decidedAt
        commit = decision.commit
        let entries = decision.commit.signatures
        lateness = entries.map { $0.flag == .absent ? nil : 0 }
        expected = grace.expected
        deadline = decidedAt + grace.allowance(missing: entries.indices.filter { entries[$0].flag == .absent })
    }

    /// Whether a precommit could be entered: asked before its signature is checked.
    package func needs(_ vote: Vote) -> Bool {
        guard vote.height == commit.height, vote.round == commit.round, let index = Int(exactly: vote.validatorIndex),
            lateness.indices.contains(index)
        else { return false }
        return lateness[index] == nil
    }

    /// Enters a precommit of the decided height and round, for the block or for nil; ignores any other.
    ///
    /// One that comes after the commit was used still teaches how late its validator is.
    package mutating func voteReceived(_ verified: VerifiedVote, at now: UInt64) {
        let vote = verified.vote
        guard vote.type == .precommit, vote.height == commit.height, vote.round == commit.round,
            vote.blockID.isZero || vote.blockID == commit.blockID, lateness[verified.index] == nil
        else { return }
        lateness[verified.index] = now - decidedAt
        var precommits: [Vote?] = set.members.map { _ in nil }
        precommits[verified.index] = vote
        let entry = Commit(
            height: commit.height, round: commit.round, blockID: commit.blockID, precommits: precommits)
        commit.signatures[verified.index] = entry.signatures[verified.index]
    }

    /// Entries in set order, whatever the order in which they came.
    package func verdict(at now: UInt64) -> Verdict {
        let isWaiting = lateness.indices.contains { lateness[$0] == nil && expected[$0] }
        return isWaiting && now < deadline ? .wait(until: deadline) : .assembled(commit)
    }
}

/// How long the next commit waits for whom: learned from how late each validator's precommits came before.
package struct PrecommitGrace: Equatable, Sendable {
    /// The longest wait: 10 ms (D2).
    package static let graceMax: UInt64 = 10_000_000
    /// Added to twice the usual lateness: 1 ms of scheduling.
    package static let slack: UInt64 = 1_000_000
    /// Whoever was missing so many heights in a row is not waited for until it is seen again.
    package static let missesMax = 3

    private struct Habit: Equatable, Sendable {
        /// In nanoseconds: rises at once, falls by an eighth a height.
        ///
        /// Nil before the first precommit.
        var lateness: UInt64?
        var misses = 0

        var isExpected: Bool { misses < missesMax && (lateness ?? 0) < graceMax }
    }

    private var habits: [Habit]

    package init(memberCount: Int) { habits = Array(repeating: Habit(), count: memberCount) }

    var memberCount: Int { habits.count }

    var expected: [Bool] { habits.map(\.isExpected) }

    /// How long to wait for the validators at these places, in nanoseconds: twice the usual lateness of the slowest
    /// that is worth it.
    ///
    /// Of one that was never seen nothing is known, so it gets the whole.
    func allowance(missing: [Int]) -> UInt64 {
        missing.filter { habits[$0].isExpected }
            .map { habits[$0].lateness.map { min(2 * $0 + Self.slack, Self.graceMax) } ?? Self.graceMax }.max() ?? 0
    }

    /// Learns from a height, once the next one is decided.
    package mutating func learn(from assembler: CommitAssembler) {
        for (index, lateness) in assembler.lateness.enumerated() {
            guard let lateness else {
                habits[index].misses = min(habits[index].misses + 1, Self.missesMax)
                continue
            }
            let before = habits[index].lateness ?? 0
            habits[index].misses = 0
            habits[index].lateness = lateness > before ? lateness : before - before / 8 + lateness / 8
        }
    }
}
