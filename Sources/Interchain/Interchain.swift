// Interchain knows light clients of foreign ledgers, on `LedgerModel`'s header step.
// It must never see any adapter, HTTP or RPC, `LedgerRuntime`.
