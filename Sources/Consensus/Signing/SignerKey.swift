package import Cryptography

/// A validator's consensus key (Ed25519), wherever its secret is.
///
/// The one thing that a signer knows of its key: a file's key in locked memory conforms below; a token would conform by
/// its session. `sign` is called only after ``SigningGuard`` has agreed, for messages and bindings alike.
package protocol SignerKey: Sendable {
    /// 32 bytes.
    var ed25519: [UInt8] { get }
    /// The 64 bytes of RFC 8032's Ed25519 (not Ed25519ph) over the bytes as they are.
    /// - Throws: what keeps the key from signing now; nothing is noted as signed then.
    func signature(over bytes: [UInt8]) throws -> [UInt8]
}

extension SigningKey: SignerKey {
    package var ed25519: [UInt8] {
        guard case .ed25519(let x) = publicKey else { preconditionFailure("consensus keys are Ed25519") }
        return x
    }

    package func signature(over bytes: [UInt8]) throws -> [UInt8] { sign(bytes) }
}
