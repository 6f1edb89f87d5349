// NodeEngine runs a node: it feeds `Consensus`, performs its effects, applies blocks, and serves `LedgerAccess` to the
// services in the same process. It must never see adapters, services or HTTP.
//
// `Node` is the one owner of the ledger's files and decides nothing that `Consensus` or `LedgerRuntime` decides. What
// readers need is published as values in `LedgerView` after every block, so a proof never waits for a block.
//
// Read `Node` (a height from proposal to publication), `NodeStart` (recovery by replay), `LedgerView` (reading),
// `StateHistory` (states that memory no longer holds).
//
// `StateSync/` makes and serves snapshots, and begins a ledger from one before there is a `Node`. `NewRevision` lets a ledger
// go on as a new revision while its node is stopped.
