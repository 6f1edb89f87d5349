import Cryptography
import LedgerAccess
import LedgerModel
import LedgerStore
import Proofs
import StateTree
import Synchronization

/// What readers see: the ledger after its newest block, as values.
///
/// Written by `Node` alone.
final class LedgerView: Sendable {
    /// Headers held in memory: those that proofs of recent states stand under.
    static let headersMax = 65_536
    /// Transactions whose fate is remembered: more than fit the ten minutes of their validity.
    static let fatesMax = 200_000

    /// One block's worth of news.
    struct Update {
        var signed: SignedHeader
        var forest: StoreForest
        var fates: [(id: TransactionID, code: UInt32, log: String)]
        var logSize: UInt64
        var pendingCount: Int
    }

    private struct State {
        var status: LedgerStatus
        var retained: RetainedStates
        var newest: StoreForest
        var headers: [UInt64: SignedHeader] = [:]
        var fates: [TransactionID: (height: Height, index: Int, code: UInt32, log: String)] = [:]
        var fateOrder: [TransactionID] = []
        var fateHead = 0
        var pending: Set<TransactionID> = []
    }

    let set: ValidatorSet
    private let state: Mutex<State>

    init(status: LedgerStatus, forest: StoreForest, set: ValidatorSet, retainedBytes: Int) {
        self.set = set
        state = Mutex(
            State(status: status, retained: RetainedStates(budgetBytes: retainedBytes), newest: forest))
    }

    func publish(_ update: Update) {
        state.withLock { state in
            let header = update.signed.header
            let height = UInt64(header.height)
            state.status.height = Height(height)
            state.status.time = header.time
            state.status.logSize = update.logSize
            state.status.pendingCount = update.pendingCount
            state.newest = update.forest
            state.headers[height] = update.signed
            state.headers[height &- UInt64(Self.headersMax)] = nil
            state.retained.insert(
                height: height, time: UInt64(header.time.nanosecondsSince1970 ?? 0), forest: update.forest)
            for (index, fate) in update.fates.enumerated() {
                state.pending.remove(fate.id)
                if state.fates.updateValue((Height(height), index, fate.code, fate.log), forKey: fate.id) == nil {
                    state.fateOrder.append(fate.id)
                }
            }
            while state.fates.count > Self.fatesMax {
                state.fates[state.fateOrder[state.fateHead]] = nil
                state.fateHead += 1
            }
            if state.fateHead > Self.fatesMax {
                state.fateOrder.removeFirst(state.fateHead)
                state.fateHead = 0
            }
        }
    }

    func notePending(_ id: TransactionID, count: Int) {
        state.withLock { state in
            state.pending.insert(id)
            state.status.pendingCount = count
        }
    }

    func forget(_ ids: [TransactionID], count: Int) {
        state.withLock { state in
            for id in ids { state.pending.remove(id) }
            state.status.pendingCount = count
        }
    }

    func noteFirstHeight(_ height: UInt64) { state.withLock { $0.status.firstHeight = Height(height) } }

    var status: LedgerStatus { state.withLock { $0.status } }
    var newest: StoreForest { state.withLock { $0.newest } }

    func fate(of id: TransactionID) -> TransactionStatus {
        state.withLock { state in
            if let fate = state.fates[id] {
                return .included(height: fate.height, index: fate.index, code: fate.code, log: fate.log)
            }
            return state.pending.contains(id) ? .pending : .unknown
        }
    }

    /// The state after a block that can be proven; nil height means the newest provable one.
    func provable(at height: Height?) throws(LedgerAccessFailure) -> (height: Height, forest: StoreForest) {
        let found = state.withLock { state -> Result<(Height, StoreForest), LedgerAccessFailure> in
            guard state.status.height.value >= 2 else { return .failure(.notYet(newest: Height(0))) }
            let newest = Height(state.status.height.value - 1)
            let wanted = height ?? newest
            guard wanted <= newest else { return .failure(.notYet(newest: newest)) }
            guard wanted.value >= 1 else { return .failure(.notFound("states begin with block 1")) }
            if let forest = state.retained.state(at: wanted.value) { return .success((wanted, forest)) }
            return .failure(.pruned(nearest: Height(state.retained.nearest(to: wanted.value) ?? newest.value)))
        }
        return try found.get()
    }

    func header(_ height: Height) -> SignedHeader? { state.withLock { $0.headers[height.value] } }
}
