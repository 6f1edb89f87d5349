// Consensus knows votes, quorums, rounds, evidence and certificates.
// It must never see `StateTree`, `LedgerRuntime`, NIO, clocks.
