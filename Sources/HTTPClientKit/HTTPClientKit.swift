// HTTPClientKit knows outbound HTTPS: to servers that we chose, and, guarded, to those that others name.
// It must never see any ledger noun.
