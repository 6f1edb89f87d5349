// LedgerRuntime knows the state transition: accounts, the anchor log, the validator registry.
// It must never see `Consensus`, every engine, clocks.
