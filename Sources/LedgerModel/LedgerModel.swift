// LedgerModel knows heights, transactions, CometBFT headers, votes, commits and validator sets, record statements, bundles and the ports of a node.
// It must never see `StateTree`, `Consensus`, `LedgerRuntime`.
