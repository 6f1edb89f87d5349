// HTTPClientKit knows outbound HTTPS.
// It must never see any ledger noun.
