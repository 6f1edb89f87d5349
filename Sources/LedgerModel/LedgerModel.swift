// LedgerModel knows the ledger's nouns: heights, accounts and transactions; CometBFT's headers, votes, commits and
// validator sets byte for byte (D1), and how a light client follows them; the values that stand in the state; statements,
// receipts, record files and bundles.
//
// Folders: `CometBFT` (formats and commit verification), `Transactions` (D5), `State` (values under keys), `Records`
// (statements and receipts, D7), `Bundles` (what a user hands on). Every format is described once, next to its codec.
//
// It must never see `StateTree`, `Consensus` or `LedgerRuntime`.
