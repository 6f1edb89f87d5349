import Codec
import Cryptography
import LedgerModel
import TestSupport
import VectorIndex
import Verification

/// A made-up ledger whose state holds one small collection, and proofs of searches in it.
struct MadeSearch {
    static let dimension = 8
    static let owners = [SHA256.hash([21]), SHA256.hash([22])]

    let ledger = MadeLedger()
    let collection: VectorCollection
    /// Entries of the store `vector`.
    private let rows: [(key: [UInt8], value: [UInt8])]

    init(count: Int = 600, seed: UInt64 = 1, number: UInt32 = 3) throws {
        var random = SeededGenerator(seed: seed)
        let parameters = try CollectionParameters(
            metric: .squaredL2, dimension: Self.dimension, scale: 7, owner: Self.owners[0], policy: .anyone)
        var collection = VectorCollection(parameters, number: number)
        var cost = VectorCost()
        var state = Rows()
        for index in 0..<count {
            let vector = (0..<Self.dimension).map { _ in Int8.random(in: -127...127, using: &random) }
            _ = try collection.insert(
                vector, subject: Subject(kind: 1, id: SHA256.hash(UInt64(index).bigEndianBytes)),
                tag: UInt32(index % 4), owner: Self.owners[index % 2], state: state, cost: &cost)
        }
        _ = collection.settle(budget: 100, cost: &cost)
        for change in collection.commit() { state.rows[change.key] = change.value }
        self.collection = collection
        rows = state.rows.map { (key: $0.key, value: $0.value) }
    }

    private struct Rows: VectorStateReader {
        var rows: [[UInt8]: [UInt8]] = [:]
        func value(_ key: [UInt8]) -> [UInt8]? { rows[key] }
    }

    static let vector: [Int8] = [90, -20, 33, 4, -51, 60, 7, 0]

    static func query(
        _ vector: [Int8] = vector, lists: UInt32? = 3, limit: UInt32 = 5, distanceMax: Int32? = nil, tag: UInt32? = nil,
        owner: Digest? = nil, collection: UInt32 = 3
    ) -> SearchProofFile.Query {
        SearchProofFile.Query(
            collection: collection, vector: vector,
            probes: lists.map { .init(supers: 2, lists: $0, finalists: 20) }, limit: limit, distanceMax: distanceMax,
            tag: tag, owner: owner.map { AccountID($0) })
    }

    func file(_ query: SearchProofFile.Query = query()) throws -> SearchProofFile {
        let reader = Rows(rows: Dictionary(uniqueKeysWithValues: rows.map { ($0.key, $0.value) }))
        let (proof, found) = try SearchProof.make(of: SearchQuery(query), in: collection, state: reader) { _ in [] }
        let state = MadeState(stores: [
            (name: "anchor", entries: [(key: [1], value: [2])]), (name: "vector", entries: rows),
        ])
        let entries = proof.state.map { state.entry("vector", $0.key, at: MadeLedger.stateHeight) }
        return SearchProofFile(
            ledger: ledger.ledger, headers: [ledger.header(appHash: state.root)], query: query,
            answer: found.map(SearchProofFile.Answer.init), head: entries[0],
            owner: entries.count > 1 ? entries[1] : nil, body: proof.body)
    }

    func verify(_ file: SearchProofFile) -> VerificationOutcome { verify(file.encoded()) }

    func verify(_ bytes: [UInt8]) -> VerificationOutcome { Verifier.verify(bytes, policy: ledger.policy, now: nil) }
}
