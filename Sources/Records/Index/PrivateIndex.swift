package import GatewayStore
import SupplyChain

/// The private index (privacy.md): for each tenant the vectors of its newest records, in the gateway's memory alone.
///
/// Nothing of it is stored. A tenant's index is made from its sealed records when it is first asked for, and each question
/// begins with what has come since, so nothing can be lost or out of step; a restart begins anew. An erased record leaves it
/// before the erasure is reported, and every answer is read from the store once more, which knows no erased record.
///
/// The work of one question is bounded (``Limits``): where it does not do, `indexing` is thrown and the next question
/// goes on from there.
package actor PrivateIndex {
    package struct Limits: Sendable {
        /// Of each tenant, so many of its newest records are compared: 50 MB of memory for each tenant that asks.
        package var recordsMax: Int
        /// Tenants whose indexes are held at a time.
        package var tenantsMax: Int
        /// Whose last question is older gives its place to another tenant.
        package var idleNanoseconds: UInt64
        /// Documents that one question opens, more than the default holds: about six seconds' work.
        package var documentsPerQuestion: Int
        /// Of the newest records of an index, so many are committed to, and made a collection of again for each proof: about
        /// five seconds' work.
        package var committedMax: Int
        /// Comparisons that one question for anomalies makes: about a second's work.
        package var comparisonsPerQuestion: Int

        package static let recordsMaxDefault = 100_000
        package static let recordsMaxRange = 1_000...1_000_000

        package init(
            recordsMax: Int = recordsMaxDefault, tenantsMax: Int = 4, idleNanoseconds: UInt64 = 10_000_000_000,
            documentsPerQuestion: Int = 125_000, committedMax: Int = 100_000, comparisonsPerQuestion: Int = 125_000_000
        ) {
            self.recordsMax = recordsMax
            self.tenantsMax = tenantsMax
            self.idleNanoseconds = idleNanoseconds
            self.documentsPerQuestion = documentsPerQuestion
            self.committedMax = committedMax
            self.comparisonsPerQuestion = comparisonsPerQuestion
        }
    }

    struct TenantIndex {
        var index: NeighbourIndex
        /// Rows that are to be opened, the next one last.
        var waiting: [Int64] = []
        /// Up to which row of the store all of the tenant's rows are known.
        var known: Int64 = 0
        var askedAt: UInt64
    }

    /// Rows that are opened, and rows of other tenants that are looked at, between two other questions' turns.
    private static let documentsPerTurn = 256
    private static let rowsPerTurn = 10_000
    private static let comparisonsPerTurn = 1_000_000

    let store: GatewayStore
    private let keys: GroupKeyFile
    let limits: Limits
    private let now: @Sendable () -> UInt64
    var tenants: [String: TenantIndex] = [:]
    /// The collection that is made for a request that goes on now; see `PrivateIndex+Commitment`.
    var transient: Transient?
    var transientCount = 0

    package init(store: GatewayStore, keys: GroupKeyFile, limits: Limits, now: @escaping @Sendable () -> UInt64) {
        self.store = store
        self.keys = keys
        self.limits = limits
        self.now = now
    }

    /// The nearest records of the tenant to one of its own, the nearest first.
    ///
    /// `squaredDistanceMax`: none that is farther.
    /// - Throws: `sealBroken` where the record's document does not open, `indexing`, `busy`.
    func nearest(
        to row: Int64, tenant: String, limit: Int, squaredDistanceMax: Int32
    ) async throws -> (neighbours: [Neighbour], searched: Int) {
        try await bringUpToDate(tenant)
        guard let held = tenants[tenant] else { throw RecordsFailure.busy }
        let own = try held.index.vector(of: row) ?? vector(ofStored: row)
        guard let own else { return ([], held.index.count) }
        let neighbours = held.index.nearest(
            to: own, limit: limit, squaredDistanceMax: squaredDistanceMax, without: row)
        return (neighbours, held.index.count)
    }

    /// Of the tenant's newest `candidatesMax` records those whose third nearest record is farthest, the farthest first, each
    /// with its nearest three; of equals the newest first.
    ///
    /// - Throws: `indexing`, `busy`.
    func anomalies(
        tenant: String, limit: Int, candidatesMax: Int
    ) async throws -> (anomalies: [(row: Int64, company: [Neighbour])], searched: Int) {
        try await bringUpToDate(tenant)
        var budget = limits.comparisonsPerQuestion
        while true {
            guard var held = tenants.removeValue(forKey: tenant) else { throw RecordsFailure.busy }
            let candidates = held.index.newest(candidatesMax)
            let turn = min(budget, Self.comparisonsPerTurn)
            let left = held.index.isolate(candidates, comparisonsMax: turn)
            held.askedAt = now()
            tenants[tenant] = held
            if left > 0 {
                let found = candidates.compactMap { row in held.index.isolation(of: row).map { (row, $0) } }
                    .enumerated().sorted { ($1.element.1, $0.offset) < ($0.element.1, $1.offset) }.prefix(limit)
                return (
                    found.map { (row: $0.element.0, company: held.index.company(of: $0.element.0)) }, held.index.count
                )
            }
            budget -= turn
            guard budget > 0 else { throw RecordsFailure.indexing }
            await Task.yield()
        }
    }

    /// Forgets an erased record.
    func forget(_ row: Int64, tenant: String) {
        // Before the index is changed: nothing shares its vectors then, and they are overwritten where they are.
        if transient?.tenant == tenant { transient = nil }
        guard var held = tenants.removeValue(forKey: tenant) else { return }
        held.index.remove(row)
        tenants[tenant] = held
    }

    /// How many records of a tenant are held; nil where none is held for it.
    func count(tenant: String) -> Int? { tenants[tenant]?.index.count }

    // MARK: Filling

    /// Takes in what the tenant's index lacks.
    func bringUpToDate(_ tenant: String) async throws {
        try begin(tenant)
        var budget = limits.documentsPerQuestion
        while try !step(tenant, &budget) {
            guard budget > 0 else { throw RecordsFailure.indexing }
            await Task.yield()
        }
    }

    /// One turn of it; true where nothing is lacking.
    ///
    /// Nothing else happens between reading a document and holding its vector, so an erasure comes before or after both.
    private func step(_ tenant: String, _ budget: inout Int) throws -> Bool {
        // Out of the dictionary, so that it is changed in its place.
        guard var held = tenants.removeValue(forKey: tenant) else { throw RecordsFailure.busy }
        defer { tenants[tenant] = held }
        guard !held.waiting.isEmpty else {
            let found = try store.records(tenant: tenant, above: held.known, examinedMax: Self.rowsPerTurn)
            held.waiting = found.rows.reversed()
            // To look at a row costs a tenth of opening a document, or less.
            budget -= Int(found.examined - held.known) / 10
            held.known = found.examined
            return held.waiting.isEmpty && found.examined == found.newest
        }
        let turn = min(Self.documentsPerTurn, held.waiting.count, max(budget, 1))
        for record in try store.sealedRecords(held.waiting.suffix(turn).reversed()) {
            // What does not open is damaged and says so when it is asked for; the others are found all the same.
            guard let document = try document(record),
                let vector = EventVector.vector(of: document, mediaType: record.mediaType)
            else { continue }
            held.index.insert(vector, row: record.row)
        }
        held.waiting.removeLast(turn)
        budget -= turn
        return false
    }

    /// Makes sure that the tenant has an index, in the place of one that is idle where there is no room.
    private func begin(_ tenant: String) throws {
        let time = now()
        if tenants[tenant] != nil {
            tenants[tenant]?.askedAt = time
            return
        }
        if tenants.count >= limits.tenantsMax {
            guard let idlest = tenants.min(by: { ($0.value.askedAt, $0.key) < ($1.value.askedAt, $1.key) }),
                idlest.value.askedAt + limits.idleNanoseconds <= time || time < idlest.value.askedAt
            else { throw RecordsFailure.busy }
            tenants[idlest.key] = nil
        }
        let newest = try store.newestRecords(tenant: tenant, limit: limits.recordsMax)
        tenants[tenant] = TenantIndex(
            index: NeighbourIndex(dimension: EventVector.dimension, countMax: limits.recordsMax),
            waiting: newest.rows.reversed(), known: newest.newest, askedAt: time)
    }

    /// The vector of a record that the index does not hold; nil where it has none.
    func vector(ofStored row: Int64) throws -> [Int8]? {
        guard let record = try store.sealedRecords([row]).first else { return nil }
        guard let document = try document(record) else { throw RecordsFailure.sealBroken }
        return EventVector.vector(of: document, mediaType: record.mediaType)
    }

    /// A record's document; nil where it does not open, or is erased by now.
    ///
    /// An erasure puts other records of the same key group under another key: what was read before is read again then.
    func document(_ record: SealedRecordRow) throws -> [UInt8]? {
        var record = record
        while true {
            if let key = keys.key(of: record.keyGroup),
                let opened = SealedPayload.open(payload: record.payload, wrap: record.wrap, groupKey: key)
            {
                return opened.document
            }
            guard let now = try store.sealedRecords([record.row]).first, now.keyGroup != record.keyGroup else {
                return nil
            }
            record = now
        }
    }
}
