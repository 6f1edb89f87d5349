// GatewayStore knows all SQL of the gateway.
// It must never see services, `NodeEngine`.
