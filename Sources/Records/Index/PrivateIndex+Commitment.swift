import Cryptography
import GatewayStore
import LedgerModel
import SupplyChain
import VectorIndex

/// Commitments to a tenant's index, and answers proven against them.
///
/// A collection is made for one request, and is gone when the request ends or a record of the tenant is erased. There is one
/// at a time, of all tenants; making it gives way to other questions after each block.
extension PrivateIndex {
    /// A collection that is being made, of a copy of the index that shares its vectors.
    struct Transient {
        let number: Int
        let tenant: String
        let index: NeighbourIndex
        /// Rows that are not in it yet, the next one first.
        var rows: ArraySlice<Int64>
        var made: CommittedIndex
    }

    /// The root over the newest records of a tenant's index, how many they are, and the newest of them.
    ///
    /// - Throws: `nothingHeld`, `inProgress`; `indexing`, also where a record was erased meanwhile; `busy`.
    func committed(tenant: String) async throws -> (root: Digest, count: UInt32, newest: Digest) {
        try await bringUpToDate(tenant)
        guard let rows = tenants[tenant]?.index.heldRows.suffix(limits.committedMax) else { throw RecordsFailure.busy }
        guard let last = rows.last else { throw RecordsFailure.commitment(.nothingHeld) }
        let root = try await withCollection(of: rows, tenant: tenant) { $0.root }
        guard let newest = try store.recordIDs(of: [last])[0].flatMap({ Digest($0) }) else {
            throw RecordsFailure.indexing
        }
        return (root, UInt32(rows.count), newest)
    }

    /// What the index of a commitment, made again, answers to the vector of a record of the same tenant.
    ///
    /// `newest`: the row of the commitment's newest record.
    /// `probes`: nil for an exact search.
    /// - Throws: `outdated`, `notCompared`, `inProgress`; what the search throws; `sealBroken`, `indexing`, `busy`.
    func proof(
        of row: Int64, by commitment: IndexCommitment, newest: Int64, tenant: String, limit: Int,
        probes: SearchQuery.Probes?
    ) async throws -> (query: SearchQuery, body: [UInt8], answer: [VectorIndex.Neighbour]) {
        try await bringUpToDate(tenant)
        guard let held = tenants[tenant]?.index.heldRows else { throw RecordsFailure.busy }
        guard try vector(of: row, tenant: tenant) != nil else { throw RecordsFailure.commitment(.notCompared) }
        let rows = held.prefix { $0 <= newest }.suffix(Int(commitment.count))
        guard commitment.rules == EventVector.rules, rows.last == newest, rows.count == commitment.count,
            rows.count <= limits.committedMax
        else { throw RecordsFailure.commitment(.outdated) }
        return try await withCollection(of: rows, tenant: tenant) { made in
            guard made.root == commitment.root else { throw RecordsFailure.commitment(.outdated) }
            // Asked for again, so that no vector is held while others have their turns.
            guard let vector = try vector(of: row, tenant: tenant) else { throw RecordsFailure.indexing }
            let query = SearchQuery(vector, mode: probes.map { .approximate($0) } ?? .exact, limit: limit)
            let (body, answer) = try made.search(query)
            return (query, body, answer)
        }
    }

    private func vector(of row: Int64, tenant: String) throws -> [Int8]? {
        try tenants[tenant]?.index.vector(of: row) ?? vector(ofStored: row)
    }

    /// Makes the collection of rows of a tenant's index, and drops it once it has been asked.
    ///
    /// Where it waits for its turn, nothing but `transient` refers to vectors.
    private func withCollection<Answer>(
        of rows: ArraySlice<Int64>, tenant: String, _ ask: (CommittedIndex) throws -> Answer
    ) async throws -> Answer {
        let number = try beginTransient(rows, tenant: tenant)
        defer { if transient?.number == number { transient = nil } }
        while try !extendTransient() {
            await Task.yield()
            // An erasure has dropped it, and perhaps somebody else's is in its place.
            guard transient?.number == number else { throw RecordsFailure.indexing }
        }
        guard let made = transient?.made else { throw RecordsFailure.indexing }
        return try ask(made)
    }

    private func beginTransient(_ rows: ArraySlice<Int64>, tenant: String) throws -> Int {
        guard transient == nil else { throw RecordsFailure.commitment(.inProgress) }
        guard let index = tenants[tenant]?.index else { throw RecordsFailure.busy }
        transientCount += 1
        transient = Transient(
            number: transientCount, tenant: tenant, index: index, rows: rows, made: try CommittedIndex())
        return transientCount
    }

    /// Puts one block into the collection; true where it was the last.
    private func extendTransient() throws -> Bool {
        guard let rows = transient?.rows.prefix(CommittedIndex.blockCount), let index = transient?.index else {
            return true
        }
        let block = try zip(rows, store.recordIDs(of: rows)).map { row, id in
            // One that was erased and is not forgotten yet: the next question knows.
            guard let record = id.flatMap({ Digest($0) }), let vector = index.vector(of: row) else {
                throw RecordsFailure.indexing
            }
            return (record: record, vector: vector)
        }
        try transient?.made.append(block)
        transient?.rows.removeFirst(block.count)
        return transient?.rows.isEmpty ?? true
    }
}
