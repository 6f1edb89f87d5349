import GatewayStore

/// A record, and how far it is from the one that was asked about.
package struct SimilarRecord: Sendable {
    package let record: RecordView
    /// 1,000 x (1 - cosine), 0 to 2,000.
    package let distance: Int
}

/// A record that is alone, and its nearest.
package struct AnomalousRecord: Sendable {
    package let record: RecordView
    /// The distance to its third nearest.
    package let distance: Int
    /// Its nearest three, the nearest first; fewer where one was erased just now.
    package let nearest: [SimilarRecord]
}

/// What a question to the private index gave.
package struct IndexAnswer<Item: Sendable>: Sendable {
    package let items: [Item]
    /// How many records were compared.
    package let searchedCount: Int
}

extension RecordService {
    /// Records of one answer at most.
    package static let similarMax = 100
    /// Records that are candidates for anomalies: by default, and at most.
    package static let candidatesDefault = 1_000
    package static let candidatesMax = 5_000
    /// The largest distance.
    package static let distanceMax = RecordVector.distanceMax

    /// The tenant's records that are nearest to one of them, the nearest first; none for a record that is no EPCIS event.
    ///
    /// `distanceMax`: none that is farther, 0 to ``distanceMax``.
    /// - Throws: `notFound`, `erased`, `sealBroken`; `indexOff`, `indexing`, `busy`.
    package func similar(
        to rid: [UInt8], tenant: String, limit: Int, distanceMax: Int
    ) async throws(RecordsFailure) -> IndexAnswer<SimilarRecord> {
        guard let row = try row(rid, tenant: tenant) else { throw .notFound }
        guard let index else { throw .indexOff }
        guard row.erasedAt == nil else { throw .erased }
        do {
            let found = try await index.nearest(
                to: row.row, tenant: tenant, limit: limit,
                squaredDistanceMax: RecordVector.squaredMax(distance: distanceMax))
            return IndexAnswer(
                items: try similar(found.neighbours, tenant: tenant), searchedCount: found.searched)
        } catch { throw RecordsFailure(error) }
    }

    /// Of the tenant's newest records those whose third nearest record is farthest away, the farthest first.
    ///
    /// `candidates`: how many of the newest; they are compared with all that the index holds.
    /// - Throws: `indexOff`, `indexing`, `busy`.
    package func anomalies(
        tenant: String, limit: Int, candidates: Int
    ) async throws(RecordsFailure) -> IndexAnswer<AnomalousRecord> {
        guard let index else { throw .indexOff }
        do {
            let found = try await index.anomalies(tenant: tenant, limit: limit, candidatesMax: candidates)
            let items = try found.anomalies.compactMap { row, company -> AnomalousRecord? in
                guard let record = try store.records(rows: [row], tenant: tenant).first, let last = company.last else {
                    return nil
                }
                return AnomalousRecord(
                    record: RecordView(record), distance: RecordVector.distance(squared: last.squaredDistance),
                    nearest: try similar(company, tenant: tenant))
            }
            return IndexAnswer(items: items, searchedCount: found.searched)
        } catch { throw RecordsFailure(error) }
    }

    /// Neighbours as their owner sees them: of the tenant's own alone, without what was erased meanwhile.
    private func similar(_ neighbours: [Neighbour], tenant: String) throws -> [SimilarRecord] {
        let distances = Dictionary(uniqueKeysWithValues: neighbours.map { ($0.row, $0.squaredDistance) })
        return try store.records(rows: neighbours.map(\.row), tenant: tenant).map { row in
            SimilarRecord(
                record: RecordView(row), distance: RecordVector.distance(squared: distances[row.row] ?? .max))
        }
    }
}
