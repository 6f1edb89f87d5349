// Proofs knows ICS-23 (all specs), RFC 9162 and Jellyfish proofs: making and checking.
// It must never see ledger nouns, files.
