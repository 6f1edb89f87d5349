// SupplyChain knows EPCIS 2.0 events (GS1 EPCIS 2.0, CBV 2.0), their three bindings, their event hash, and GS1
// identifiers. It is pure: bytes and trees come in, values and bytes go out. It must never see SQL, HTTP or
// `LedgerRuntime`.
//
// | folder | holds |
// |---|---|
// | Model | `EPCISDocument`, `EPCISEvent` and its parts: one canonical model for every binding |
// | JSONLD | reader and writer of the JSON-LD 2.0 binding, the pinned GS1 context's prefixes |
// | XML | reader and writer of XML 2.0 and 1.2 |
// | Hash | the CBV event hash: values, times, numbers, order |
// | GS1 | EPC URIs and Digital Links to one canonical Digital Link |
// | Features | what an event is compared by, and its vector |
// | Record | an event as the document that a record is made of (bundles.md, "EPCIS record") |
//
// Invariants. An event's hash does not depend on the binding it came in: reading what a writer wrote gives the same hash.
// Nothing is fetched: contexts other than prefix maps are opaque names, the GS1 context is pinned.
//
// Deviations. No JSON-LD processor: terms of other contexts stay as they are written. The header (business document
// header, master data) is not part of the model. QuantityEvent (1.2, deprecated) and event types of a user's own are
// refused.
