import Cryptography
import Synchronization

/// Transactions whose signatures this node has checked, by the hash of their bytes, so that none is checked twice.
///
/// By bytes, not by id: an id does not cover the signatures.
final class VerifiedTransactions: Sendable {
    /// As many as the mempool may hold, and the last blocks' beside them; the oldest are forgotten.
    static let countMax = 65_536

    private struct State {
        var known: Set<Digest> = []
        var order: [Digest] = []
        var head = 0
    }

    private let state = Mutex(State())

    func insert(_ hash: Digest) {
        state.withLock { state in
            guard state.known.insert(hash).inserted else { return }
            if state.order.count < Self.countMax { return state.order.append(hash) }
            state.known.remove(state.order[state.head])
            state.order[state.head] = hash
            state.head = (state.head + 1) % Self.countMax
        }
    }

    func contains(_ bytes: [UInt8]) -> Bool {
        let hash = SHA256.hash(bytes)
        return state.withLock { $0.known.contains(hash) }
    }
}
