// LightProxy is the light client's host: it follows gateways by skipping verification, keeps what it learned on disk, and
// answers on loopback with what is proven, and with nothing else. It must never see a node, a ledger's files or SQL: all
// that it knows of a ledger comes from gateways that it does not trust.
//
// Start with `LightFollower`; `Verification/LightClient` decides what is believed.
