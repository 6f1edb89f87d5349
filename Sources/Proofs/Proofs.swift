// Proofs makes and checks Merkle proofs; it knows trees and hashes, never what they hold.
//
// - `ICS23`: presence and absence in one tree and along a path of trees (cosmos/ics23), for the IAVL, Tendermint, SMT and
//   Jellyfish specs. Never laxer than the reference; where stricter, the line says so.
// - `Jellyfish`: the hash rules of our stores' trees, and proofs from a path in one.
// - `SimpleMerkle`: CometBFT's tree over byte strings (RFC 6962 shape): headers, validator sets, the tree of stores.
// - `TransparencyLog`: RFC 9162 inclusion and consistency, and the frontier that a log is appended to by.
//
// It must never see ledger nouns or files.
