package import Codec

/// Why COSE bytes are refused.
package enum COSEFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// Not CBOR of the profile.
    case cbor(CBORFailure)
    /// Not the structure: tag, list length or an element's type.
    case structure(String)
    /// A header parameter that is missing, of another type, or in both maps.
    case header(String)
    /// A key that is not one of the three kinds, or a secret that is not its own.
    case key(String)
    /// The signature does not hold.
    case signature

    package var description: String {
        switch self {
        case .cbor(let failure): "not CBOR of the profile: \(failure)"
        case .structure(let what): "not the COSE structure: \(what)"
        case .header(let what): "COSE header: \(what)"
        case .key(let what): "COSE key: \(what)"
        case .signature: "the signature does not hold"
        }
    }
}

/// COSE algorithms of statements, transactions and receipts (RFC 9053, RFC 8812).
package enum COSEAlgorithm: Int64, Sendable {
    case edDSA = -8
    case es256 = -7
    case es256K = -47

    /// The parameter's value in a protected header.
    package var cbor: CBOR { .integer(rawValue) }
}

/// A public key as COSE_Key, in exactly one shape for each kind (bundles.md).
///
/// | kind | map |
/// |---|---|
/// | Ed25519 | {1: 1, -1: 6, -2: x} |
/// | P-256 | {1: 2, -1: 1, -2: x, -3: y} |
/// | secp256k1 | {1: 2, -1: 8, -2: x, -3: y} |
///
/// Coordinates have 32 bytes.
package enum COSEKey: Hashable, Sendable {
    case ed25519(x: [UInt8])
    case p256(x: [UInt8], y: [UInt8])
    case secp256k1(x: [UInt8], y: [UInt8])

    /// Reads a map of exactly one of the three shapes.
    ///
    /// Whether the coordinates are a point is ``isPoint``'s matter: the
    /// encoding rules do not ask it, and a signature under a key that is none never holds.
    package init(cbor: CBOR) throws(COSEFailure) {
        guard let entries = cbor.map else { throw .key("not a map") }
        func bytes(_ label: Int64) throws(COSEFailure) -> [UInt8] {
            guard let value = cbor[.integer(label)]?.bytes, value.count == 32 else {
                throw .key("coordinate \(label) is not 32 bytes")
            }
            return value
        }
        switch (cbor[1]?.integer, cbor[-1]?.integer, entries.count) {
        case (1, 6, 3): self = .ed25519(x: try bytes(-2))
        case (2, 1, 4):
            self = .p256(x: try bytes(-2), y: try bytes(-3))
        case (2, 8, 4):
            self = .secp256k1(x: try bytes(-2), y: try bytes(-3))
        default: throw .key("not an Ed25519, P-256 or secp256k1 key")
        }
    }

    /// Reads the deterministic encoding of such a map.
    package init(decoding bytes: [UInt8]) throws(COSEFailure) {
        let cbor: CBOR
        do { cbor = try CBOR.decode(bytes) } catch { throw .cbor(error) }
        try self.init(cbor: cbor)
    }

    /// Whether the coordinates are a point of their curve; who lists a key asks before.
    package var isPoint: Bool {
        switch self {
        // Which encodings are points is the signature predicate's matter.
        case .ed25519: true
        case .p256(let x, let y): P256.isPoint(x: x, y: y)
        case .secp256k1(let x, let y): Secp256k1.isPoint(x: x, y: y)
        }
    }

    package var cbor: CBOR {
        switch self {
        case .ed25519(let x): [1: 1, -1: 6, -2: .bytes(x)]
        case .p256(let x, let y): [1: 2, -1: 1, -2: .bytes(x), -3: .bytes(y)]
        case .secp256k1(let x, let y): [1: 2, -1: 8, -2: .bytes(x), -3: .bytes(y)]
        }
    }

    package var encoded: [UInt8] { cbor.encoded() }

    /// SHA-256 over the deterministic map of the required members, which are all that it has (RFC 9679 §4).
    package var thumbprint: Digest {
        switch self {
        // The same, without a map: it is asked for several times a transaction.
        case .ed25519(let x) where x.count == 32: SHA256.hash(Self.ed25519Head, x)
        default: SHA256.hash(encoded)
        }
    }

    /// What stands before x in the map of an Ed25519 key.
    private static let ed25519Head = Array(COSEKey.ed25519(x: [UInt8](repeating: 0, count: 32)).encoded.dropLast(32))

    package var algorithm: COSEAlgorithm {
        switch self {
        case .ed25519: .edDSA
        case .p256: .es256
        case .secp256k1: .es256K
        }
    }

    /// Whether a signature over a message is this key's, under the strict predicate (D6).
    ///
    /// An ECDSA signature's s must be
    /// at most half the group order, unless `lowS` is false.
    package func isValid(signature: [UInt8], for message: [UInt8], lowS: Bool = true) -> Bool {
        switch self {
        case .ed25519(let x): Ed25519.isValidStrict(signature: signature, message: message, publicKey: x)
        case .p256(let x, let y):
            lowS
                ? P256.isValid(signature: signature, message: message, x: x, y: y)
                : P256.isValidAnyS(signature: signature, message: message, x: x, y: y)
        case .secp256k1(let x, let y):
            lowS
                ? Secp256k1.isValid(signature: signature, message: message, x: x, y: y)
                : Secp256k1.isValidAnyS(signature: signature, message: message, x: x, y: y)
        }
    }
}
