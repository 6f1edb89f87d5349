// SupplyChain knows EPCIS 2.0 events, their bindings and their hash, and GS1 identifiers. It must never see SQL, HTTP or
// `LedgerRuntime`.
