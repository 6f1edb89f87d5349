// Cryptography knows digests, signature predicates, authenticated encryption, COSE, locked key memory.
// It must never see a ledger noun.
