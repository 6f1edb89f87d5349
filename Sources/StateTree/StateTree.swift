// StateTree is the ledger's persistent authenticated map (D3, D4): one Jellyfish tree a store under a simple Merkle root
// of stores. It knows keys, values and hashes; it must never see `LedgerModel` or files.
//
// Versions share nodes: a root is immutable, an update makes new nodes along the changed paths only, and a root that
// nobody holds frees what it alone had. So a proposal's state, a checkpoint being written and an old height being proven
// are all just roots.
//
// Invariants: the shape of a tree follows from its leaves alone; a subtree with one leaf is that leaf; no value is empty;
// every store holds its two sentinels from genesis, so every absent key has a neighbour with a path.
