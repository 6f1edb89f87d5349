// SchemaValidation reads XML safely and checks documents: JSON against JSON Schema (draft 2020-12 and draft-07), XML
// against XML Schema 1.0.
//
// Invariants: nothing is ever fetched, from a network or a file: what a schema refers to is handed in beforehand. Every
// parse, match and validation is bounded. A document with a DOCTYPE is refused before any of it is read.
//
// It must never see HTTP, and no file of it imports Foundation, whose headers clash with libxml2's.
