import Cryptography
import LedgerModel
import LedgerRuntime
import Synchronization

/// Transactions that this node has read and whose signatures it has checked, by the hash of their bytes, so that neither is
/// done twice, whether the queue or a block brings them first.
///
/// By bytes, not by id: an id does not cover the signatures.
final class VerifiedTransactions: Sendable {
    /// More than the mempool may hold; the oldest are forgotten.
    static let countMax = 32_768
    /// Of their bytes, as the mempool's.
    static let bytesMax = 64 << 20

    private struct State {
        var known: [Digest: SignedTransaction] = [:]
        /// In the order in which they came, those before `head` and some others forgotten.
        var order: [Digest] = []
        var head = 0
        var byteCount = 0

        mutating func forget(_ hash: Digest) {
            guard let transaction = known.removeValue(forKey: hash) else { return }
            byteCount -= transaction.encoded.count
        }
    }

    private let state = Mutex(State())

    /// `hash`: of its bytes.
    func insert(_ transaction: SignedTransaction, hash: Digest) {
        state.withLock { state in
            guard state.known.updateValue(transaction, forKey: hash) == nil else { return }
            state.order.append(hash)
            state.byteCount += transaction.encoded.count
            while state.known.count > Self.countMax || state.byteCount > Self.bytesMax {
                state.forget(state.order[state.head])
                state.head += 1
            }
            guard state.order.count > 2 * Self.countMax else { return }
            state.order = state.order[state.head...].filter { state.known[$0] != nil }
            state.head = 0
        }
    }

    /// The transaction with just these bytes.
    func transaction(_ bytes: [UInt8]) -> SignedTransaction? { transaction(hash: SHA256.hash(bytes)) }

    func transaction(hash: Digest) -> SignedTransaction? { state.withLock { $0.known[hash] } }

    /// The same; one that nobody has checked is checked for a height, and remembered if it is in order.
    func transaction(
        _ bytes: [UInt8], on ledger: LedgerIdentity, checkedFor height: Height, in state: BlockState
    ) -> SignedTransaction? {
        let hash = SHA256.hash(bytes)
        if let known = transaction(hash: hash) { return known }
        guard let transaction = try? SignedTransaction(decoding: bytes, on: ledger),
            TransactionExecution.signaturesHold(transaction, height: height, in: state)
        else { return nil }
        insert(transaction, hash: hash)
        return transaction
    }

    /// Forgets what a decided block holds: no later one will.
    func remove(_ block: [[UInt8]]) {
        let hashes = block.map { SHA256.hash($0) }
        state.withLock { state in for hash in hashes { state.forget(hash) } }
    }
}
