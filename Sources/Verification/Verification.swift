// Verification knows the offline check of a bundle, and what it rests on.
// It must never see NIO, SQL, wasmtime, every engine.
