// Consensus is Tendermint (arXiv:1807.04938, Algorithm 1) as a pure state machine: inputs in, ordered effects out, no
// clock, no I/O, no randomness. It knows votes, quorums, rounds and evidence; it must never see `StateTree`,
// `LedgerRuntime`, NIO or clocks.
//
// How a host runs one height: make a `RoundStateMachine`, feed `.started`, and perform the effects in order. What the
// machine asks for comes back as an input: a block that was built or checked, a vote that was signed, a timeout that
// elapsed. A host signs and persists what `castVote` says before it sends it; only then it feeds the vote back, like
// anybody's. With one validator a height decides within the answers to `.started`.
//
// Deviations from the paper: nobody prevotes a block that failed to execute (D4), so `valid(v)` is the host's answer; a
// proposal is re-requested in each round; votes more than `roundsAheadMax` rounds ahead are ignored.
