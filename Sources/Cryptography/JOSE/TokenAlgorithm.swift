/// The algorithms of RFC 7518 and RFC 8037 that a token may be signed with.
///
/// There is no other: `none` and the HMACs cannot be named, so no key can be taken for a secret.
package enum TokenAlgorithm: String, CaseIterable, Sendable {
    case rs256 = "RS256"
    case ps256 = "PS256"
    case es256 = "ES256"
    case edDSA = "EdDSA"
}

/// Why a token or a key set is not read.
///
/// Holds nothing of a token but its algorithm's name.
package enum TokenFailure: Error, Hashable, Sendable {
    /// More bytes or keys than are read.
    case tooLarge
    /// Not three parts of strict base64url, or not the JSON objects that they must be.
    case malformed
    /// An algorithm that is none of ours, such as `none` or `HS256`.
    case algorithm(String)
    /// The header names an extension that must be understood (RFC 7515 §4.1.11).
    case critical
}
