// Consensus is Tendermint (arXiv:1807.04938, Algorithm 1) as a pure state machine for one height, for any number of
// validators: inputs in, ordered effects out, no clock, no I/O, no randomness. It knows votes, quorums, rounds, locks and
// evidence; it must never see `StateTree`, `LedgerRuntime`, NIO or clocks. Blocks are ids and times to it: building,
// executing, storing and sending them is the host's.
//
// How a host runs a height:
//   1. When `ProposalPacing` says so, make a `RoundStateMachine` (with what the log holds of this height as `Recovery`),
//      and feed `.started`. Messages of others may be fed before.
//   2. Perform the effects in order, each by its doc comment; what an effect asks for comes back as an input. An input that
//      arises while effects are performed is fed after them.
//   3. `persist` is an append to the log; before any later `broadcast` or `decide` the log must be on disk (D17).
//   4. Messages of others are checked first, anywhere (`VerifiedVote`, `VerifiedProposal`, `VerifiedCommit`); the machine
//      takes nothing else. `needs(_:)` says whether a vote is worth its check.
//   5. After `decide`, the proposer of the next height may wait a little for slow precommits: `CommitAssembler`.
//   6. About once a second without progress, broadcast `republication`; to a validator that is behind by a height, send the
//      block and its commit.
// `Signing/` is the other side of `sign` where the key is in another process: its guard, its wire, and how its memory and
// the log are held against each other.
//
// `StateSync/` is how a node begins from another's state: the wire, who is asked and believed, whose turn it is to be served.
//
// A validator that is alone, with its key at hand, is asked for no `broadcast` and no `persist` and decides within the answers: started, then
// proposalBuilt, then three times signed.
//
// Invariants: a validator sends at most one message for a height, round and step, ever (`SignState`); it prevotes only what
// it executed, in time, and what its lock allows; a lock is on disk before the precommit that rests on it is sent.
//
// Deviations from the paper, each at its line:
//   - valid(v) is the host's answer (D4), and proposer-based timestamps decide whether a new proposal is timely.
//   - "proposal received" (lines 36, 49) is "block at hand and valid": of a block with a quorum, some correct validator has
//     checked the proposal.
//   - line 55 counts a validator's votes of later rounds too, so that a bounded memory never strands a late validator.
//   - one vote a validator, round and type is counted, the first one. A polka or commit that was counted elsewhere is taken
//     whole, as its votes, so that an equivocator cannot keep it from anybody.
//   - a proposer that may not sign any more in this round waits like the others.
//   - links lose messages and nodes forget others' votes: why a round above 0 was entered is on disk, and is said again
//     (`RoundCertificate`).
