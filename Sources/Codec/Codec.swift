// Codec knows bytes and their encodings, and nothing of what they mean.
//
// - CBOR (RFC 8949): the deterministic profile that every signed or stored value uses, and the general one for what
//   others wrote.
// - Protocol Buffers wire format, as gogoproto and prost write it.
// - JSON (RFC 8259) as a flat tape over its source, JSON Pointer (RFC 6901), JSON Canonicalization (RFC 8785).
// - Hex, base64 and base64url (RFC 4648), each with one accepted spelling.
// - Big-endian fixed-width parts for storage formats of our own.
//
// Invariants: a decoder consumes its whole input or throws; every recursion and count has a limit; text is compared by
// its bytes, never by Swift's canonical equivalence. Codec must never see any module of ours.
