import Cryptography
import Dispatch
import LedgerAccess
import LedgerModel
import LedgerRuntime
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

    /// What became of a transaction for good.
    struct Fate {
        var id: TransactionID
        /// Its place in the block.
        var index: Int
        var code: UInt32
        var log: String
    }

    /// One block's worth of news.
    struct Update {
        var signed: SignedHeader
        var state: LedgerState
        var fates: [Fate]
        var logSize: UInt64
        var pendingCount: Int
    }

    fileprivate struct State {
        var status: LedgerStatus
        /// The first block that is here with its vectors.
        var firstWhole: Height
        var retained: RetainedStates
        var newest: LedgerState
        /// The newest state that a header proves: that before the newest; nil until two blocks in a row were published.
        var provable: (height: Height, state: LedgerState)?
        var terms: [ValidatorTerm]
        var headers: [UInt64: SignedHeader] = [:]
        var fates: [TransactionID: (height: Height, index: Int, code: UInt32, log: String)] = [:]
        var fateOrder: [TransactionID] = []
        var fateHead = 0
        var pending: Set<TransactionID> = []
    }

    /// A state that memory does not hold, and the held later one from which the history leads back to it.
    struct Past: Sendable {
        var height: Height
        var laterHeight: UInt64
        var later: StoreForest
    }

    /// Where a state's proofs come from.
    enum Source: Sendable {
        case held(height: Height, forest: StoreForest)
        case past(Past)
    }

    private let history: HistoryLog
    private let state: Mutex<State>

    /// The last block before the ledger's first.
    private let base: UInt64

    /// Before anything is published.
    ///
    /// `base` is the last block before the ledger's first; `terms` are those that the state knows, rising: headers tell of the
    /// later ones.
    init(
        status: LedgerStatus, firstWhole: Height, base: Height, state newest: LedgerState, terms: [ValidatorTerm],
        retainedBytes: Int, history: HistoryLog
    ) {
        self.history = history
        self.base = base.value
        state = Mutex(
            State(
                status: status, firstWhole: firstWhole, retained: RetainedStates(budgetBytes: retainedBytes),
                newest: newest, terms: terms))
    }

    func publish(_ update: Update) {
        let dropped = state.withLock { state in
            let header = update.signed.header
            let height = UInt64(header.height)
            // Proofs of states begin with the first block's.
            if height >= base + 2, state.status.height.next == Height(height) {
                state.provable = (state.status.height, state.newest)
            }
            state.status.height = Height(height)
            state.status.time = header.time
            state.note(validatorsOf: header)
            state.status.logSize = update.logSize
            state.status.pendingCount = update.pendingCount
            state.newest = update.state
            state.headers[height] = update.signed
            state.headers[height &- UInt64(Self.headersMax)] = nil
            let dropped = state.retained.insert(
                height: height, time: UInt64(header.time.nanosecondsSince1970 ?? 0), forest: update.state.forest)
            for fate in update.fates {
                state.pending.remove(fate.id)
                if state.fates.updateValue((Height(height), fate.index, fate.code, fate.log), forKey: fate.id) == nil {
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
            return dropped
        }
        // Their nodes are freed where neither the next block nor a reader waits.
        if !dropped.isEmpty { DispatchQueue.global(qos: .utility).async { withExtendedLifetime(dropped) {} } }
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

    func noteFirstHeight(_ height: UInt64, whole: UInt64?) {
        state.withLock { state in
            state.status.firstHeight = Height(height)
            state.firstWhole = whole.map { Height($0) } ?? state.status.height.next
        }
    }

    var status: LedgerStatus { state.withLock { $0.status } }
    var firstWholeHeight: Height { state.withLock { $0.firstWhole } }
    var newest: StoreForest { state.withLock { $0.newest.forest } }
    var provable: (height: Height, state: LedgerState)? { state.withLock { $0.provable } }
    var terms: [ValidatorTerm] { state.withLock { $0.terms } }
    /// The newest state with the height of its block.
    var newestState: (height: Height, forest: StoreForest) { state.withLock { ($0.status.height, $0.newest.forest) } }

    func fate(of id: TransactionID) -> TransactionStatus {
        state.withLock { state in
            if let fate = state.fates[id] {
                return .included(height: fate.height, index: fate.index, code: fate.code, log: fate.log)
            }
            return state.pending.contains(id) ? .pending : .unknown
        }
    }

    /// Where the proofs of the state after a block come from; nil height means the newest provable one.
    func source(at height: Height?) throws(LedgerAccessFailure) -> Source {
        let found = state.withLock { state -> Result<Source, LedgerAccessFailure> in
            guard state.status.height.value >= base + 2 else { return .failure(.notYet(newest: Height(base))) }
            let newest = Height(state.status.height.value - 1)
            let wanted = height ?? newest
            guard wanted <= newest else { return .failure(.notYet(newest: newest)) }
            guard wanted.value > base else { return .failure(.notFound("states begin with block \(base + 1)")) }
            if state.hasHeader(wanted.next), let later = state.retained.atOrAbove(wanted.value) {
                if later.height == wanted.value { return .success(.held(height: wanted, forest: later.forest)) }
                if history.reach(from: later.height) <= wanted.value {
                    return .success(.past(Past(height: wanted, laterHeight: later.height, later: later.forest)))
                }
            }
            return .failure(state.pruned(wanted, base: base, history: history))
        }
        return try found.get()
    }

    /// That a state cannot be proven after all, with the nearest height that can.
    ///
    /// `isLost`: whether the history turned out not to hold, so that only what memory holds counts.
    func pruned(_ height: Height, isLost: Bool) -> LedgerAccessFailure {
        state.withLock { $0.pruned(height, base: base, history: isLost ? nil : history) }
    }

    func header(_ height: Height) -> SignedHeader? { state.withLock { $0.headers[height.value] } }
}

extension LedgerView.State {
    fileprivate mutating func note(validatorsOf header: BlockHeader) {
        guard let own = Digest(header.validatorsHash), let next = Digest(header.nextValidatorsHash) else { return }
        status.validatorsHash = own
        let first = Height(UInt64(header.height) + 1)
        guard let last = terms.last, first > last.first, next != last.hash else { return }
        terms.append(ValidatorTerm(first: first, hash: next))
    }

    /// Whether the header that proves a state can be served too: it is remembered, or its block is held.
    fileprivate func hasHeader(_ height: Height) -> Bool {
        headers[height.value] != nil || height >= status.firstHeight
    }

    /// The answer for a height that is not served: the nearest one that is; of two, the lower.
    fileprivate func pruned(_ height: Height, base: UInt64, history: HistoryLog?) -> LedgerAccessFailure {
        let newest = status.height.value - 1
        // States below have no header to stand under.
        let lowest = max(base + 1, status.firstHeight.value - 1)
        let wanted = height.value
        let above = retained.atOrAbove(max(wanted, lowest)).map { later in
            max(lowest, wanted, history?.reach(from: later.height) ?? later.height)
        }.flatMap { $0 <= newest ? $0 : nil }
        let below = retained.below(wanted).flatMap { $0 >= lowest ? $0 : nil }
        switch (below, above) {
        case (nil, nil): return .unavailable("no state can be proven before the next block")
        case (let below?, nil): return .pruned(nearest: Height(below))
        case (nil, let above?): return .pruned(nearest: Height(above))
        case (let below?, let above?):
            return .pruned(nearest: Height(above - wanted < wanted - below ? above : below))
        }
    }
}

extension BlockOutcome {
    /// What became of its transactions; one that the next block may still carry out waits on.
    var fates: [LedgerView.Fate] {
        results.enumerated().filter { $0.element.code.isFinal }.map { index, result in
            LedgerView.Fate(id: result.id, index: index, code: result.code.rawValue, log: result.code.text)
        }
    }
}
