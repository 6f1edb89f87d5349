// VectorIndex is search by similarity over state that a root commits to, and the update of that state. It knows bytes and
// integers; no ledger noun, no file, no floating point. Two halves: `Search` is a function of a `SearchSource` and runs the
// same on a live `VectorCollection` and on the bytes of a `SearchProof`; `VectorCollection` is the update.
//
// Read in this order: `CollectionParameters` (what a collection is), `EntryCode` (what is scanned), `VectorCollection` and
// its extensions (insert, delete, split, merge, commit), `Commitment` (what the root is), `Search`, `SearchProof`.
//
// A collection is a two-level inverted file: super-centroids, under each its centroids, under each a list of entries.
// Everything is a function of the sequence of operations. A list keeps, for each entry, a code of one bit a dimension (the
// sign of vector minus centroid, with two numbers that correct it) and the vector. A search scans the codes of the probed
// lists and compares only the best few, the finalists, by their vectors.
//
// What is state (all keys begin with "v", the collection's number (u32) and the letter of the row):
//
// | letter, then | value | written |
// |---|---|---|
// | `p` | `CollectionParameters` | once |
// | `h` | `CollectionHead`: counters and the root | once a block |
// | `r` u64 id | subject kind (u16), subject id (32), tag (u32), owner number (u32), vector | once a vector |
// | `s` u16 kind, 32 bytes | u64 id of the subject's vector | once a vector |
// | `o` 32 bytes | u32 number of an owner | once an owner |
// | `n` u32 number | the owner, 32 bytes | once an owner |
// | `c` u32 list, u16 chunk | ids of the chunk's entries in order, u64 each | when the chunk changes |
// | `l` u32 list | u32 super, centroid | when a list is split or merged |
// | `u` u32 super | centroid | when a super is split |
//
// All integers in keys and values are big-endian. Codes and hashes follow from these entries, so they are not state: a
// node that starts reads the entries, builds the index and compares its root with the head's. One root, held by one entry,
// authenticates a whole search: a proof has one ICS-23 path, and no path a list (docs/decisions/0030).
//
// Bounds: a list has at most `IndexRules.listMax` entries at any time, because the insert that would exceed it splits it;
// a split costs at most `IndexRules.splitDistances` distances; nothing that an operation starts starts another.
