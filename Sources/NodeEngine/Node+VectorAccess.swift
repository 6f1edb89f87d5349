import Cryptography
import Dispatch
package import LedgerAccess
import LedgerModel
import LedgerRuntime
import Proofs
import StateTree
import Synchronization
package import VectorIndex

extension Node: VectorAccess {
    package nonisolated func collections(
        above number: UInt32, limit: Int
    ) async throws(LedgerAccessFailure) -> [CollectionStatus] {
        let (height, state) = try provable()
        let last = UInt32(clamping: state.collections.count)
        guard number < last else { return [] }
        return try (number + 1...last).prefix(limit).map { number throws(LedgerAccessFailure) in
            try Self.status(number, in: state, height)
        }
    }

    package nonisolated func collection(_ number: UInt32) async throws(LedgerAccessFailure) -> CollectionStatus {
        let (height, state) = try provable()
        return try Self.status(number, in: state, height)
    }

    package nonisolated func search(
        _ query: SearchQuery, in number: UInt32, isProven: Bool
    ) async throws(LedgerAccessFailure) -> SearchAnswer {
        let (height, state) = try provable()
        guard let collection = state.collections[number] else { throw Self.noCollection(number, state) }
        if query.mode == .exact { try Self.checkExact(collection, isProven: isProven) }
        return try await searches.run {
            Result { () throws(LedgerAccessFailure) in
                do throws(VectorFailure) {
                    return try Self.answer(query, collection, state.forest, height, isProven: isProven)
                } catch { throw .searchRefused(Self.text(of: error, collection.parameters)) }
            }
        }
    }

    package nonisolated func search(
        _ queries: [SearchQuery], in number: UInt32
    ) async throws(LedgerAccessFailure) -> SearchBatchAnswer {
        let (height, state) = try provable()
        guard let collection = state.collections[number] else { throw Self.noCollection(number, state) }
        if queries.contains(where: { $0.mode == .exact }) { try Self.checkExact(collection, isProven: false) }
        let refused = queries.enumerated().compactMap { Self.refusal(of: $1, at: $0, by: collection.parameters) }
        guard refused.isEmpty else { throw .queriesRefused(refused) }
        let answers = try await searches.run(count: queries.count) { index in
            let answer = Self.answer(queries[index], collection, state.forest)
            return (answer, answer.cost.work(dimension: collection.parameters.dimension))
        }
        return SearchBatchAnswer(stateHeight: height, head: collection.head, answers: answers)
    }

    /// Answers a query that `refusal` has nothing against.
    private static func answer(
        _ query: SearchQuery, _ collection: VectorCollection, _ forest: StoreForest
    ) -> SearchBatchAnswer.Item {
        var cost = VectorCost()
        do throws(VectorFailure) {
            let found = try collection.search(query, state: StoreReader(forest: forest), cost: &cost)
            return SearchBatchAnswer.Item(neighbours: found, cost: cost)
        } catch { preconditionFailure("a query that was looked at before is refused") }
    }

    private static func checkExact(
        _ collection: VectorCollection, isProven: Bool
    ) throws(LedgerAccessFailure) {
        let most = isProven ? SearchProof.exactCountMax : SearchDesk.exactCountMax
        guard collection.count <= most else {
            throw .searchRefused(
                "an exact search \(isProven ? "with a proof " : "")takes up to \(most) vectors, the collection has "
                    + "\(collection.count): ask for an approximate one")
        }
    }

    private static func refusal(
        of query: SearchQuery, at index: Int, by parameters: CollectionParameters
    ) -> QueryRefusal? {
        do throws(VectorFailure) {
            try query.check()
            _ = try parameters.admit(query.vector)
            return nil
        } catch { return QueryRefusal(index: index, reason: text(of: error, parameters)) }
    }

    private static func answer(
        _ query: SearchQuery, _ collection: VectorCollection, _ forest: StoreForest, _ height: Height, isProven: Bool
    ) throws(VectorFailure) -> SearchAnswer {
        let reader = StoreReader(forest: forest)
        guard isProven else {
            var cost = VectorCost()
            let found = try collection.search(query, state: reader, cost: &cost)
            return SearchAnswer(stateHeight: height, neighbours: found, cost: cost, proof: nil)
        }
        let (proof, found) = try SearchProof.make(of: query, in: collection, state: reader) { _ in [] }
        let entries = proof.state.map { entry in
            guard let path = forest.proof(store: StoreName.vector.rawValue, key: entry.key) else {
                preconditionFailure("the store is there from genesis on")
            }
            return StateEntry(
                stateHeight: height, store: StoreName.vector.rawValue, key: entry.key, value: entry.value,
                merkleProof: path)
        }
        return SearchAnswer(
            stateHeight: height, neighbours: found, cost: nil,
            proof: .init(head: entries[0], owner: entries.count > 1 ? entries[1] : nil, body: proof.body))
    }

    private nonisolated func provable() throws(LedgerAccessFailure) -> (height: Height, state: LedgerState) {
        guard let provable = view.provable else { throw .notYet(newest: Height(0)) }
        return provable
    }

    private static func status(
        _ number: UInt32, in state: LedgerState, _ height: Height
    ) throws(LedgerAccessFailure) -> CollectionStatus {
        let value = state.forest.value(StoreName.vector.rawValue, CollectionListing.key(number))
        guard let collection = state.collections[number],
            let listing = value.flatMap({ try? CollectionListing(decoding: $0) })
        else { throw noCollection(number, state) }
        return CollectionStatus(
            number: number, stateHeight: height, listing: listing, parameters: collection.parameters,
            head: collection.head, superCount: collection.superCount, listCount: collection.listCount)
    }

    private static func noCollection(_ number: UInt32, _ state: LedgerState) -> LedgerAccessFailure {
        .notFound("There is no collection \(number); the newest of the provable state is \(state.collections.count).")
    }

    private static func text(of failure: VectorFailure, _ parameters: CollectionParameters) -> String {
        switch failure {
        case .dimension(let found):
            "the vector has \(found) components, the collection's have \(parameters.dimension)"
        case .component(let index): "component \(index) of the vector is -128: -127 to 127 is taken"
        case .norm(let squared):
            parameters.metric == .cosine
                ? "the vector's squared length is \(squared): for cosine it must be from \(1 << (2 * parameters.scale) / 4) "
                    + "to \(4 << (2 * parameters.scale))"
                : "the vector's squared length is \(squared), the collection takes \(parameters.normMax)"
        case .query(let part): "\(part) is out of its range"
        default: "\(failure)"
        }
    }

    private struct StoreReader: VectorStateReader {
        let forest: StoreForest
        func value(_ key: [UInt8]) -> [UInt8]? { forest.value(StoreName.vector.rawValue, key) }
    }
}

extension VectorCost {
    /// What a search of vectors with so many components did, in components compared; a scanned code counts as a fifth of
    /// a vector.
    fileprivate func work(dimension: Int) -> Int { (distances + codes / 5) * dimension }
}

/// Searches, one at a time on a queue of their own: however many ask, blocks and votes keep their cores.
final class SearchDesk: Sendable {
    /// Searches that may wait; one takes milliseconds.
    static let waitingMax = 128
    /// Vectors that an exact search without a proof compares: 3 ms at 384 dimensions.
    static let exactCountMax = 1 << 18
    /// Components that the queries of a batch compare before the last one: a third of a second, as much as the dearest
    /// single search.
    static let batchWorkMax = 1 << 32

    private let queue = DispatchQueue(label: "vivian.search", qos: .utility)
    private let waiting = Mutex(0)

    /// Runs one search.
    func run<Value: Sendable>(
        _ work: @escaping @Sendable () -> Result<Value, LedgerAccessFailure>
    ) async throws(LedgerAccessFailure) -> Value {
        try enter()
        defer { leave() }
        return try await turn(work).get()
    }

    /// Runs the searches of a batch, which says what each did.
    ///
    /// A batch waits as one, and gives way to whoever else waits after each of its searches.
    /// - Throws: `unavailable`; `batchTooLarge` where a search would follow when `batchWorkMax` is exceeded.
    func run<Value: Sendable>(
        count: Int, _ search: @escaping @Sendable (_ index: Int) -> (value: Value, work: Int)
    ) async throws(LedgerAccessFailure) -> [Value] {
        try enter()
        defer { leave() }
        var values: [Value] = []
        var work = 0
        for index in 0..<count {
            guard work <= Self.batchWorkMax else { throw .batchTooLarge(queriesMax: index) }
            let done = await turn { search(index) }
            values.append(done.value)
            work += done.work
        }
        return values
    }

    private func enter() throws(LedgerAccessFailure) {
        let hasRoom = waiting.withLock { waiting in
            guard waiting < Self.waitingMax else { return false }
            waiting += 1
            return true
        }
        guard hasRoom else { throw .unavailable("too many searches wait") }
    }

    private func leave() { waiting.withLock { $0 -= 1 } }

    /// Works on the queue when whoever came before is done.
    private func turn<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: work()) }
        }
    }
}
