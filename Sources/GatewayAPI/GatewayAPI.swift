// GatewayAPI knows routes, problem documents, OpenAPI.
// It must never see `LedgerStore`, `PeerNetwork`, SQL, any adapter.
