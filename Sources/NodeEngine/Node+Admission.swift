import Consensus
import Cryptography
import Dispatch
import LedgerAccess
import LedgerModel
import LedgerRuntime
import PeerNetwork
import StateTree

/// The way of a transaction into the queue.
///
/// Reading it and checking its signatures, nearly all of the work, is done beside the node, so that no vote waits for it;
/// what the newest state and the queue say of it follows on the node.
extension Node {
    /// What checking the bytes alone and the keys of the state says.
    enum Checked: Sendable {
        /// It was read, and its signatures hold.
        case candidate(SignedTransaction)
        /// It waits, or stands in a block.
        case known(TransactionID)
    }

    nonisolated func check(_ bytes: [UInt8]) throws(LedgerAccessFailure) -> Checked {
        let newest = view.newestState
        return try check(bytes, at: try Gate(after: newest.height, newest.forest))
    }

    private nonisolated func check(_ bytes: [UInt8], at gate: Gate) throws(LedgerAccessFailure) -> Checked {
        guard bytes.count <= gate.rules.transactionBytesMax else {
            throw .refused("a transaction has at most \(gate.rules.transactionBytesMax) bytes")
        }
        let hash = SHA256.hash(bytes)
        let remembered = verified.transaction(hash: hash)
        let transaction: SignedTransaction
        if let remembered { transaction = remembered } else { transaction = try read(bytes) }
        switch view.fate(of: transaction.id) {
        case .pending, .included(height: _, index: _, code: 0, log: _): return .known(transaction.id)
        // What a block has refused may hold by now.
        case .included, .unknown: break
        }
        guard
            remembered != nil
                || TransactionExecution.signaturesHold(
                    transaction, height: gate.height, in: gate.state)
        else {
            throw .refused("a signature does not hold, or its key is not the account's")
        }
        verified.insert(transaction, hash: hash)
        return .candidate(transaction)
    }

    private nonisolated func read(_ bytes: [UInt8]) throws(LedgerAccessFailure) -> SignedTransaction {
        do { return try SignedTransaction(decoding: bytes, on: identity) } catch {
            throw .refused("the transaction cannot be read: \(error.text)")
        }
    }

    /// A transaction of this node's own callers: whoever proposes next must have it.
    func take(_ transaction: SignedTransaction) throws(LedgerAccessFailure) -> TransactionID {
        let (gate, time) = try gate()
        if try queue(transaction, at: gate, time) {
            receive(.workChanged(true))
            passOn([(transaction, from: nil)])
        }
        return transaction.id
    }

    /// What transactions are held against.
    private struct Gate {
        var state: BlockState
        /// The next block's.
        var height: Height
        var rules: ProtocolRules

        init(after newest: Height, _ forest: StoreForest) throws(LedgerAccessFailure) {
            state = BlockState(forest)
            height = newest.next
            do { rules = try ProtocolRules.at(height, in: state) } catch { throw .unavailable("\(error)") }
        }
    }

    private func gate() throws(LedgerAccessFailure) -> (Gate, time: UInt64) {
        if let failure { throw .unavailable("the node has stopped: \(failure)") }
        let gate = try Gate(after: Height(tip.height), tip.forest)
        do { return (gate, try readClock()) } catch {
            stop(because: error)
            throw .unavailable("\(error)")
        }
    }

    /// Queues a transaction; whether it is new here.
    private func queue(
        _ transaction: SignedTransaction, at gate: Gate, _ time: UInt64
    ) throws(LedgerAccessFailure) -> Bool {
        if mempool.contains(transaction.id) { return false }
        if let code = TransactionExecution.refusal(
            of: transaction, height: gate.height, time: time, rules: gate.rules, in: gate.state,
            sequencesAhead: mempool.sequenceCount(of: transaction.body.feePayer))
        {
            // What was carried out before is no failure of the caller's.
            if code == .duplicate { return false }
            throw .refused(code.text)
        }
        switch mempool.insert(
            Mempool.Item(transaction), balance: BankLedger.balance(of: transaction.body.feePayer, in: gate.state))
        {
        case .known: return false
        case .inserted(let evicted): if !evicted.isEmpty { view.forget(evicted, count: mempool.count) }
        case .refused(let refusal): throw .unavailable(refusal.text)
        }
        view.notePending(transaction.id, count: mempool.count)
        return true
    }

    // MARK: From peers

    /// Transactions of peers that wait to be checked; beyond this they are dropped, since votes must not wait behind them.
    static let arrivalsMax = 16_384
    static let arrivalBytesMax = 32 << 20

    /// What peers have sent and nobody has checked yet.
    struct Arrivals {
        var items: [(bytes: [UInt8], sender: PeerID)] = []
        var byteCount = 0
        /// Whether others are being checked, after which these are.
        var isChecking = false
    }

    func keep(_ batch: [UInt8], from sender: PeerID) {
        guard let batch = try? TransactionBatch(decoding: batch) else {
            return disconnect(NodeID(sender), reason: "a batch of transactions that cannot be read")
        }
        for bytes in batch.transactions
        where arrivals.items.count < Self.arrivalsMax && arrivals.byteCount + bytes.count <= Self.arrivalBytesMax {
            arrivals.items.append((bytes, sender))
            arrivals.byteCount += bytes.count
        }
    }

    /// Has everything that has arrived checked, unless others are being checked.
    func checkArrivals() {
        guard !arrivals.isChecking, !arrivals.items.isEmpty else { return }
        let items = arrivals.items
        arrivals = Arrivals(isChecking: true)
        admission.async { [self] in
            let newest = view.newestState
            let gate = try? Gate(after: newest.height, newest.forest)
            let checked = items.compactMap { item -> (transaction: SignedTransaction, from: PeerID?)? in
                guard let gate, case .candidate(let transaction) = try? self.check(item.bytes, at: gate) else {
                    return nil
                }
                return (transaction, from: item.sender)
            }
            Task { await self.arrived(checked) }
        }
    }

    private func arrived(_ transactions: [(transaction: SignedTransaction, from: PeerID?)]) {
        defer {
            arrivals.isChecking = false
            checkArrivals()
        }
        guard let (gate, time) = try? gate() else { return }
        let news = transactions.filter { (try? queue($0.transaction, at: gate, time)) == true }
        if !news.isEmpty { receive(.workChanged(true)) }
        // What followers hand in goes on to the validators; these have sent theirs to all.
        passOn(news.filter { !($0.from.map { replica.actsForValidator(NodeID($0)) } ?? false) })
    }

    private func passOn(_ transactions: [(transaction: SignedTransaction, from: PeerID?)]) {
        guard let network else { return }
        for (sender, items) in Dictionary(grouping: transactions, by: \.from) {
            for batch in TransactionBatch.batches(of: items.map(\.transaction.encoded)) {
                network.broadcast(batch.encoded, lane: .transactions, except: sender)
            }
        }
    }

    // MARK: After a block

    /// Forgets what a block included, and the sequences of its accounts that another transaction has used.
    func clear(_ outcome: BlockOutcome, of transactions: [[UInt8]]) {
        verified.remove(transactions)
        mempool.remove(outcome.fates.map(\.id))
        guard let changes = outcome.changes.first(where: { $0.store == .account }) else { return }
        for change in changes.changes {
            guard let account = AccountID(change.key), mempool.sequenceCount(of: account) > 0,
                let entry = AccountLedger.entry(account, in: BlockState(outcome.state))
            else { continue }
            forget(mempool.outrun(account, next: entry.sequence))
        }
    }

    /// Forgets what can never be included any more.
    func forget(_ ids: [TransactionID]) {
        guard !ids.isEmpty else { return }
        mempool.remove(ids)
        view.forget(ids, count: mempool.count)
    }
}
