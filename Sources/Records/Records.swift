// Records knows capture, statements, receipts, bundles, erasure, the event feed and webhooks.
// It must never see any one adapter, `NodeEngine`, `GatewayAPI`.
