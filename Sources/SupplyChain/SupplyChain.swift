// SupplyChain knows EPCIS 2.0 events, their bindings and their hash, and GS1 identifiers. It must never see SQL, HTTP or
// `LedgerRuntime`.
//
// The canonical model of an event is its JSON-LD 2.0 form (EPCIS 2.0 §10, CBV 2.0): bare words for CBV values, EPCs as
// they were written, extensions under the document's prefixes. JSON-LD is read in place; XML 2.0 and 1.2 are turned into
// it (`XMLEvents`). So a record's document can be read and hashed alone by whoever is handed it (bundles.md).
//
// Remote contexts are opaque and never fetched: the GS1 context is known, other ones only name prefixes.
