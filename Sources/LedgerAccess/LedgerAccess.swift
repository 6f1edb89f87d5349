// LedgerAccess knows the port through which services see a node.
// It must never see anything above the core.
