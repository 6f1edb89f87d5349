import Consensus
import Cryptography
import LedgerModel

/// A key of the simulation and what follows from it: made once, used by every seed.
struct Identity: Sendable {
    let key: SigningKey
    let publicKey: [UInt8]
    let address: Address
    let node: NodeID

    private init(_ index: Int) {
        let key = (try? SigningKey(.edDSA, secret: [UInt8](repeating: UInt8(index + 1), count: 32)))!
        guard case .ed25519(let x) = key.publicKey else { preconditionFailure("an Ed25519 key") }
        self.key = key
        publicKey = x
        address = Address(ed25519: x)
        node = NodeID(SHA256.hash(x).bytes)!
    }

    static let all = (0..<204).map(Identity.init)

    /// A member of a set with that power.
    func validator(power: Int64) -> Validator { Validator(publicKey: publicKey, votingPower: power) }
}

/// How votes are signed: real Ed25519, or a keyed hash that costs a hundredth.
///
/// The hash is keyed with the public key: whoever wants can forge it, and no participant does.
struct SignatureScheme: Sendable {
    let isReal: Bool

    func sign(_ message: [UInt8], by identity: Identity) -> [UInt8] {
        isReal ? identity.key.sign(message) : Self.keyedHash(message, identity.publicKey)
    }

    var isValid: SignaturePredicate {
        if isReal { return voteSignaturePredicate }
        return { signature, message, key in signature == Self.keyedHash(message, key) }
    }

    private static func keyedHash(_ message: [UInt8], _ key: [UInt8]) -> [UInt8] {
        let digest = SHA256.hash(key + message).bytes
        return digest + digest
    }
}
