// Cryptography knows digests, signature predicates, authenticated encryption, COSE and locked key memory. It alone wraps
// the C libraries; it knows no ledger noun and must never see any module of ours but `Codec`.
//
// | what | library | why |
// |---|---|---|
// | SHA-256 | OpenSSL libcrypto, low-level context calls | SHA extensions; five times as fast as EVP on Merkle nodes |
// | HMAC-SHA256 | on SHA-256 above (RFC 2104) | one hash, no context of its own |
// | Ed25519 | libsodium 1.0.18 | the strict predicate is defined by it (D6) |
// | ZIP-215 | libsodium, else `EdwardsPoint` | what libsodium refuses goes to the cofactored equation |
// | ECDSA P-256, X.509 | OpenSSL libcrypto | |
// | X.509 of an Ed25519 key over itself | written here, signed by libsodium | the secret stays in locked memory |
// | RSA (checking only), for tokens (`JOSE/`, RFC 7515 to 7519) | OpenSSL libcrypto | what authorization servers sign with |
// | ECDSA secp256k1 | libsecp256k1 | |
// | XChaCha20-Poly1305, random bytes, locked memory | libsodium | |
