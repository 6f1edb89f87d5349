import Consensus
import Cryptography
import Synchronization

/// The predicate of votes with a memory of what held, so that the precommits of a commit, which came as votes before, are
/// not checked again with the next block.
///
/// What is remembered is the very key, message and signature; what did not hold is not.
final class RememberedSignatures: Sendable {
    /// Some heights of a hundred validators; the oldest are forgotten.
    static let countMax = 4_096

    private struct State {
        var held: Set<Digest> = []
        var order: [Digest] = []
        var head = 0

        mutating func insert(_ hash: Digest) {
            guard held.insert(hash).inserted else { return }
            if order.count < countMax { return order.append(hash) }
            held.remove(order[head])
            order[head] = hash
            head = (head + 1) % countMax
        }
    }

    private let state = Mutex(State())
    private let isValid: SignaturePredicate

    init(_ isValid: @escaping SignaturePredicate = voteSignaturePredicate) { self.isValid = isValid }

    /// The same answer as the predicate's.
    func holds(_ signature: [UInt8], _ message: [UInt8], _ publicKey: [UInt8]) -> Bool {
        // Of fixed lengths but the message, which stands last.
        guard signature.count == Ed25519.signatureBytes, publicKey.count == Ed25519.publicKeyBytes else { return false }
        var hash = SHA256()
        hash.update(signature)
        hash.update(publicKey)
        hash.update(message)
        let digest = hash.finalize()
        if state.withLock({ $0.held.contains(digest) }) { return true }
        guard isValid(signature, message, publicKey) else { return false }
        state.withLock { $0.insert(digest) }
        return true
    }
}
