import Foundation
import GRDB

extension GatewayStore {
    /// Rows that are looked at for one page, so that a page costs no more, however few rows belong into it.
    package static let examinedRowsMax = 10_000

    /// The columns of a list: what is long stays in the table.
    static let headColumns = """
        r.id, r.rid, r.tenant, r.issuer, r.number, x'' AS statement, r.media_type, NULL AS payload, r.key_group,
        NULL AS wrap, r.accepted_at, r.erased_at, \(joinedColumns)
        """

    /// One page of a tenant's records; nil where the tenant has no such job.
    ///
    /// A page may hold fewer than `limit` records, or none, and yet be followed by another one: no more than
    /// ``examinedRowsMax`` rows are looked at.
    /// - Complexity: linear in the rows looked at, which are those of the page where no state is asked for.
    package func records(_ query: RecordQuery, after place: ListPlace?, limit: Int) throws -> RecordPage? {
        try read { database in
            if let job = query.job { return try records(query, ofJob: job, after: place, limit: limit, in: database) }
            var page = RecordPage(records: [], next: nil)
            var last = place
            var examined = 0
            for (sql, arguments) in try selections(query, after: place, in: database) {
                let rows = try Row.fetchCursor(database.cachedStatement(sql: sql), arguments: arguments)
                while let row = try rows.next() {
                    guard page.records.count < limit, examined < Self.examinedRowsMax else {
                        page.next = last
                        return page
                    }
                    examined += 1
                    let record = Self.recordRow(row)
                    last = ListPlace(
                        time: query.state == .accepted ? 0 : record.acceptedAt, row: UInt64(record.row))
                    if query.holds(record) { page.records.append(record) }
                }
            }
            return page
        }
    }

    /// The first record that is not on the ledger yet, by row; nil where all are.
    ///
    /// Whatever was accepted before it is there, for anchors take records in the order of their rows.
    package func firstWaitingRecord() throws -> Int64? { try read { try firstWaitingRecord(in: $0) } }

    func firstWaitingRecord(in database: Database) throws -> Int64? {
        try [OutboxState.pending, .forming].compactMap { state in
            // The state stands in the text, so that SQLite sees the partial index.
            try Int64.fetchOne(
                database.cachedStatement(
                    sql: """
                        SELECT r.id FROM outbox o CROSS JOIN record r ON r.outbox = o.id
                        WHERE o.state = \(state.rawValue) ORDER BY o.id, r.id LIMIT 1
                        """))
        }.min()
    }

    /// The statements that give the rows of a list from a place on, one after the other: each walks along one index.
    func selections(
        _ query: RecordQuery, after place: ListPlace?, in database: Database
    ) throws -> [(sql: String, arguments: StatementArguments)] {
        let (below, order) = query.isNewestFirst ? ("<", "DESC") : (">", "ASC")
        func select(_ index: String, _ condition: String, _ order: String) -> String {
            """
            SELECT \(Self.headColumns) FROM record r \(index) \(Self.joins)
            WHERE \(condition) ORDER BY \(order)
            """
        }
        if query.state == .accepted {
            // They stand at the end of the table: nothing before the first that waits is one of them.
            guard let first = try firstWaitingRecord(in: database) else { return [] }
            let start = place.map { Int64(clamping: $0.row) } ?? (query.isNewestFirst ? .max : 0)
            return [(select("", "r.id >= ? AND r.id \(below) ?", "r.id \(order)"), [first, start])]
        }
        let isErased = query.state == .erased
        let index = "INDEXED BY \(isErased ? "record_erased" : "record_tenant")"
        let always = "r.tenant = ?" + (isErased ? " AND r.erased_at IS NOT NULL" : "")
        let after = Int64(clamping: query.acceptedAfter ?? 0)
        var selections: [(sql: String, arguments: StatementArguments)] = []
        var start = query.isNewestFirst ? Int64.max : after
        if let place {
            start = Int64(clamping: place.time)
            selections.append(
                (
                    select(index, "\(always) AND r.accepted_at = ? AND r.id \(below) ?", "r.id \(order)"),
                    [query.tenant, start, Int64(clamping: place.row)]
                ))
        }
        let range = query.isNewestFirst ? "r.accepted_at < ? AND r.accepted_at > ?" : "r.accepted_at > ?"
        selections.append(
            (
                select(index, "\(always) AND \(range)", "r.accepted_at \(order), r.id \(order)"),
                query.isNewestFirst ? [query.tenant, start, after] : [query.tenant, start]
            ))
        return selections
    }

    private func records(
        _ query: RecordQuery, ofJob job: [UInt8], after place: ListPlace?, limit: Int, in database: Database
    ) throws -> RecordPage? {
        guard let rows = try jobRows(job, tenant: query.tenant, in: database) else { return nil }
        let find = try database.cachedStatement(
            sql: """
                SELECT \(Self.headColumns) FROM record r \(Self.joins) WHERE r.id = ?
                """)
        var page = RecordPage(records: [], next: nil)
        // How many of the list are behind us, from whichever end it is read.
        let start = place.map { Int(clamping: $0.row) } ?? 0
        for index in rows.indices.dropFirst(start) {
            guard page.records.count < limit else {
                page.next = ListPlace(time: 0, row: UInt64(index))
                return page
            }
            let row = rows[query.isNewestFirst ? rows.count - 1 - index : index]
            guard let found = try Row.fetchOne(find, arguments: [row]) else { continue }
            let record = Self.recordRow(found)
            if query.holds(record) { page.records.append(record) }
        }
        return page
    }

    /// The key of cursors: `drawn` where there is none yet.
    package func pageKey(drawn: [UInt8]) throws -> [UInt8] {
        let find = "SELECT key FROM page_key WHERE id = 1"
        if let key = try read({ try Data.fetchOne($0, sql: find) }) { return Array(key) }
        return try write { database in
            try database.execute(
                sql: "INSERT OR IGNORE INTO page_key (id, key) VALUES (1, ?)", arguments: [Data(drawn)])
            return bytes(try Data.fetchOne(database, sql: find))
        }
    }
}
