import Cryptography
import LedgerModel
import SupplyChain
import TestSupport
import VectorIndex
import Verification

/// A made-up private index of a few records, a commitment to it that was logged, and proofs of what it finds.
struct MadeSimilar {
    static let dimension = 16
    static let probes = SearchProofFile.Query.Probes(supers: 2, lists: 3, finalists: 12)

    let records: [Digest]
    let vectors: [[Int8]]
    let collection: VectorCollection
    var commitment: IndexCommitment

    private struct State: VectorStateReader {
        var rows: [[UInt8]: [UInt8]] = [:]
        func value(_ key: [UInt8]) -> [UInt8]? { rows[key] }
    }
    private let state: State

    init(
        count: Int = 400, seed: UInt64 = 1, metric: Metric = .squaredL2, kind: UInt16 = IndexCommitment.subjectKind
    ) throws {
        var random = SeededGenerator(seed: seed)
        try self.init(
            (0..<count).map { SHA256.hash([UInt8(seed), UInt8($0 / 256), UInt8($0 % 256)]) },
            (0..<count).map { _ in (0..<Self.dimension).map { _ in Int8.random(in: -64...64, using: &random) } },
            metric: metric, kind: kind)
    }

    /// Of events; the one at `held` has the id of ``MadeLedger``'s record.
    init(events: [[UInt8]], held: Int) throws {
        var records = events.map { SHA256.hash($0) }
        records[held] = MadeLedger.recordID
        try self.init(records, events.compactMap { EventVector.vector(of: $0, mediaType: EventRecord.mediaType) })
        commitment.rules = EventVector.rules
    }

    private init(
        _ records: [Digest], _ vectors: [[Int8]], metric: Metric = .squaredL2,
        kind: UInt16 = IndexCommitment.subjectKind
    ) throws {
        self.records = records
        self.vectors = vectors
        let parameters = try CollectionParameters(
            metric: metric, dimension: vectors[0].count, scale: 8, owner: .zero, isPublic: false)
        var collection = VectorCollection(parameters, number: 0)
        var state = State()
        var cost = VectorCost()
        for (record, vector) in zip(records, vectors) {
            _ = try collection.insert(
                vector, subject: Subject(kind: kind, id: record), owner: .zero, state: state, cost: &cost)
        }
        _ = collection.settle(budget: 100, cost: &cost)
        for change in collection.commit() { state.rows[change.key] = change.value }
        self.collection = collection
        self.state = state
        commitment = IndexCommitment(
            root: collection.head.root, count: UInt32(records.count), rules: SHA256.hash([7]),
            newest: records[records.count - 1],
            time: 1_790_000_000_000_000_000)
    }

    /// A ledger on which this commitment, or another document, was logged.
    func ledger(_ mediaType: String = IndexCommitment.mediaType, document: [UInt8]? = nil) -> MadeLedger {
        var ledger = MadeLedger()
        ledger.mediaType = mediaType
        ledger.document = document ?? commitment.encoded()
        return ledger
    }

    /// Asks about a record by its vector.
    func file(
        of record: Int = 3, probes: SearchProofFile.Query.Probes? = probes, limit: UInt32 = 5
    ) throws -> SimilarProofFile {
        let query = SearchProofFile.Query(collection: 0, vector: vectors[record], probes: probes, limit: limit)
        let (proof, found) = try SearchProof.make(of: SearchQuery(query), in: collection, state: state) { _ in [] }
        return SimilarProofFile(
            commitment: ledger().bundle().encoded(), record: records[record], query: query,
            answer: found.map(SearchProofFile.Answer.init), body: proof.body)
    }

    func verify(_ file: SimilarProofFile) -> VerificationOutcome { verify(file.encoded()) }

    func verify(_ bytes: [UInt8], records: [[UInt8]] = []) -> VerificationOutcome {
        Verifier.verify(bytes, policy: MadeLedger().policy, now: nil, records: records)
    }
}
