// Records knows capture, statements, receipts, bundles, erasure.
// It must never see any one adapter, `NodeEngine`, `GatewayAPI`.
