import Codec
import Cryptography
import LedgerAccess
import LedgerModel
import Proofs
import Synchronization

/// One block's log, and whose signatures of it are receipts.
struct ReceiptSubject: Sendable {
    struct Signer: Sendable {
        var key: COSEKey
        var power: Int64
    }

    var ledger: LedgerIdentity
    var height: Height
    var log: LogState
    /// The set of the next header, by consensus address, as far as the registry lists one key of theirs for the height.
    var signers: [Address: Signer]
    /// Power of the whole set.
    var power: Int64

    /// A validator's signature as a receipt; nil where it does not hold.
    func signature(_ bytes: [UInt8], of validator: Address) -> ReceiptSignature? {
        guard let key = signers[validator]?.key else { return nil }
        let protected = Receipt.protectedHeader(
            treeSize: log.size, height: height, ledger: ledger, validator: validator, key: key)
        guard
            key.isValid(
                signature: bytes, for: COSESign1.toBeSigned(protected: protected, payload: log.root.bytes))
        else { return nil }
        return ReceiptSignature(
            validator: validator, height: height, treeSize: log.size, protected: protected, signature: bytes)
    }
}

/// Receipts of the other validators: asked for when somebody wants them, checked, and remembered for a while.
final class ReceiptExchange: Sendable {
    /// Blocks whose receipts are remembered.
    static let heightsMax = 64
    /// The others are asked that often: who is a block behind can answer the second time.
    static let tries = 3
    static let patience: Duration = .milliseconds(100)

    private struct Collection {
        var subject: ReceiptSubject
        var signatures: [Address: ReceiptSignature] = [:]
        var listeners: [Int: AsyncStream<Void>.Continuation] = [:]

        /// More than 2/3 of the power: with that, more than f are honest.
        var isEnough: Bool {
            let signed = signatures.keys.reduce(Int64(0)) { $0 + (subject.signers[$1]?.power ?? 0) }
            return signed > TrustLevel.twoThirds.threshold(of: subject.power)
        }
    }

    private struct State {
        var collections: [Height: Collection] = [:]
        var listenerCount = 0
    }

    private let state = Mutex(State())

    /// What more than 2/3 of the validators, or as many as answer in time, signed of a block's log, by rising address.
    ///
    /// `ask` says to all peers that this is wanted.
    func collect(_ subject: ReceiptSubject, own: ReceiptSignature?, ask: @Sendable () -> Void) async
        -> [ReceiptSignature]
    {
        begin(subject, own: own)
        for _ in 0..<Self.tries where !isEnough(subject.height) {
            let (id, news) = listen(to: subject.height)
            ask()
            await withTaskGroup(of: Void.self) { group in
                group.addTask { for await _ in news where self.isEnough(subject.height) { return } }
                group.addTask { try? await Task.sleep(for: Self.patience) }
                await group.next()
                group.cancelAll()
            }
            state.withLock { $0.collections[subject.height]?.listeners[id] = nil }
        }
        let found = state.withLock { $0.collections[subject.height]?.signatures.values.map { $0 } ?? [] }
        return found.sorted { $0.validator.bytes.lexicographicallyPrecedes($1.validator.bytes) }
    }

    /// Takes an answer in, if somebody here asked and it holds.
    func take(_ height: Height, validator: Address, signature: [UInt8]) {
        let subject = state.withLock { state -> ReceiptSubject? in
            guard let collection = state.collections[height], collection.signatures[validator] == nil else {
                return nil
            }
            return collection.subject
        }
        guard let receipt = subject?.signature(signature, of: validator) else { return }
        state.withLock { state in
            state.collections[height]?.signatures[validator] = receipt
            for listener in state.collections[height]?.listeners.values.map({ $0 }) ?? [] { listener.yield() }
        }
    }

    private func begin(_ subject: ReceiptSubject, own: ReceiptSignature?) {
        state.withLock { state in
            if state.collections[subject.height] == nil {
                state.collections[subject.height] = Collection(subject: subject)
                if state.collections.count > Self.heightsMax, let oldest = state.collections.keys.min() {
                    state.collections[oldest] = nil
                }
            }
            if let own { state.collections[subject.height]?.signatures[own.validator] = own }
        }
    }

    private func isEnough(_ height: Height) -> Bool {
        state.withLock { $0.collections[height]?.isEnough ?? true }
    }

    private func listen(to height: Height) -> (Int, AsyncStream<Void>) {
        let (news, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        return state.withLock { state in
            state.listenerCount += 1
            state.collections[height]?.listeners[state.listenerCount] = continuation
            return (state.listenerCount, news)
        }
    }
}
