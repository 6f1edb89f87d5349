// Verification is the offline check of a bundle and of what it rests on (D22), a product of its own: it needs no network,
// no account and no trust in whoever handed the file over. It must never see NIO, SQL, wasmtime or any engine.
//
// Start with `Verifier.verify`. Each check adds a line to the report; the first thing that does not hold ends it. Nothing
// in a file is believed but bytes that hash or sign up to what the verifier was given in `TrustPolicy`. The rules are
// those of docs/protocols/bundles.md; an independent checker in Python agrees on every accepted and every damaged file.
