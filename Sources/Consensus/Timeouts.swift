/// How long each step waits, growing with the round so that a bad setting cannot halt the ledger.
package struct Timeouts: Equatable, Sendable {
    package var proposeMilliseconds: Int64
    package var prevoteMilliseconds: Int64
    package var precommitMilliseconds: Int64
    /// Added to each, each round.
    package var growthMilliseconds: Int64

    /// A block of the largest size, sent and executed.
    package static let proposeMillisecondsDefault: Int64 = 1_000
    /// Some round trips between continents, and the votes' two writes to disk.
    package static let voteMillisecondsDefault: Int64 = 300
    package static let growthMillisecondsDefault: Int64 = 200

    package init(
        proposeMilliseconds: Int64 = proposeMillisecondsDefault, prevoteMilliseconds: Int64 = voteMillisecondsDefault,
        precommitMilliseconds: Int64 = voteMillisecondsDefault, growthMilliseconds: Int64 = growthMillisecondsDefault
    ) {
        self.proposeMilliseconds = proposeMilliseconds
        self.prevoteMilliseconds = prevoteMilliseconds
        self.precommitMilliseconds = precommitMilliseconds
        self.growthMilliseconds = growthMilliseconds
    }

    /// The wait of a step in a round, 0 or later.
    package func milliseconds(_ step: Timeout.Step, round: Int32) -> Int64 {
        let base =
            switch step {
            case .propose: proposeMilliseconds
            case .prevote: prevoteMilliseconds
            case .precommit: precommitMilliseconds
            }
        // A round is below 2^31: with settings below 2^31 ms the sum fits.
        return base + growthMilliseconds * Int64(round)
    }
}

/// A timeout that the host reports once it elapses.
///
/// One of a round or height that is over does nothing.
package struct Timeout: Hashable, Sendable {
    package enum Step: Hashable, Sendable { case propose, prevote, precommit }
    package var step: Step
    package var height: Int64
    package var round: Int32
    package var milliseconds: Int64

    package init(step: Step, height: Int64, round: Int32, milliseconds: Int64) {
        self.step = step
        self.height = height
        self.round = round
        self.milliseconds = milliseconds
    }
}
