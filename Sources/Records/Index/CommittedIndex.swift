import Cryptography
import LedgerModel
import SupplyChain
import VectorIndex

/// The collection that a commitment to a private index is the root of.
///
/// The same records make the same root, by `EventVector.rules`: their vectors go in by the order of their rows, in blocks as
/// a ledger would have them, a step of settling for four vectors. Distances are those of the private index: squared
/// differences.
struct CommittedIndex: Sendable {
    /// Vectors of a block: some ten milliseconds' work.
    static let blockCount = 256
    private static let stepsPerBlock = blockCount / 4

    private struct State: VectorStateReader {
        var rows: [[UInt8]: [UInt8]] = [:]
        func value(_ key: [UInt8]) -> [UInt8]? { rows[key] }
    }

    private var collection: VectorCollection
    /// Of the entries that a ledger would hold, those that are read: the head, and the number of the only owner.
    private var state = State()

    init() throws(VectorFailure) {
        // A component is its integer / 2^8: vectors are 256 long.
        let parameters = try CollectionParameters(
            metric: .squaredL2, dimension: EventVector.dimension, scale: 8, owner: .zero, isPublic: false)
        collection = VectorCollection(parameters, number: 0)
    }

    var root: Digest { collection.head.root }

    /// Puts a block in; all but the last have ``blockCount`` vectors, and no record comes twice.
    mutating func append(_ block: [(record: Digest, vector: [Int8])]) throws(VectorFailure) {
        var cost = VectorCost()
        for (record, vector) in block {
            _ = try collection.insert(
                vector, subject: Subject(kind: IndexCommitment.subjectKind, id: record), owner: .zero, state: state,
                cost: &cost)
        }
        _ = collection.settle(budget: Self.stepsPerBlock, cost: &cost)
        let read = [collection.key.head, collection.key.owner(.zero)]
        for change in collection.commit() where read.contains(change.key) { state.rows[change.key] = change.value }
    }

    /// What the collection answers, with the committed bytes from which anyone computes it.
    func search(_ query: SearchQuery) throws(VectorFailure) -> (body: [UInt8], answer: [VectorIndex.Neighbour]) {
        let (proof, answer) = try SearchProof.make(of: query, in: collection, state: state) { _ in [] }
        return (proof.body, answer)
    }
}
