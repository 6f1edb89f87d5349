import Codec
import Foundation
import GRDB
import Testing

@testable import GatewayStore

/// Lists of records and jobs, page by page.
struct RecordPagesTests {
    static func rid(_ number: Int) -> [UInt8] {
        UInt64(number).bigEndianBytes + [UInt8](repeating: 0, count: 24)
    }

    static func number(_ record: RecordRow) -> Int { Int(record.rid[..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }) }

    /// Accepts one capture of these records, as one anchor.
    @discardableResult
    static func accept(
        _ store: GatewayStore, job: Int, _ numbers: some Sequence<Int>, tenant: String = "orchard", now: UInt64
    ) throws -> Int {
        let records = numbers.map { number in
            NewRecord(
                rid: Self.rid(number), mediaType: "t", payload: [1], keyGroup: 1, wrap: [1],
                commitment: Self.rid(number))
        }
        return try store.accept(
            [
                NewCapture(
                    jobID: Array(Self.rid(job).prefix(16)), tenant: tenant,
                    original: NewOriginal(mediaType: "t", payload: [1], keyGroup: 1, wrap: [1]), records: records)
            ], issuer: GatewayStoreTests.issuer, now: now
        ) { first, fresh in
            SignedBatch(
                statements: fresh.map { _ in [1] },
                anchors: [
                    NewOutboxTransaction(
                        id: Self.rid(job), validUntil: 9, bytes: [1], firstNumber: first, count: fresh.count)
                ])
        }[0]
    }

    /// Marks what waits as included, the oldest first.
    static func include(_ store: GatewayStore, anchors count: Int) throws {
        let rows = try store.pendingOutbox(limit: count)
        try store.markIncluded(
            rows.map { ($0.row, RecordPlace(leafIndex: $0.firstNumber, height: UInt64($0.row), blockTime: 5)) }, now: 6)
    }

    /// All records of a list, by their numbers, and the sizes of its pages.
    static func all(
        _ query: RecordQuery, in store: GatewayStore, limit: Int, between: () throws -> Void = {}
    ) throws -> (numbers: [Int], pages: [Int]) {
        var (numbers, pages): ([Int], [Int]) = ([], [])
        var place: ListPlace?
        repeat {
            let page = try #require(try store.records(query, after: place, limit: limit))
            numbers += page.records.map(number)
            pages.append(page.records.count)
            place = page.next
            try between()
        } while place != nil
        return (numbers, pages)
    }

    @Test(arguments: [1, 2, 7, 100]) func `pages hold each record once, from either end`(_ limit: Int) throws {
        try GatewayStoreTests.withStore { store, _ in
            // Several of one time, and times that go back with the clock.
            try Self.accept(store, job: 1, 1...5, now: 10)
            try Self.accept(store, job: 2, 100...104, tenant: "mill", now: 10)
            try Self.accept(store, job: 3, 6...9, now: 10)
            try Self.accept(store, job: 4, 10...12, now: 7)
            let order = [10, 11, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9]
            let oldest = try Self.all(.init(tenant: "orchard", isNewestFirst: false), in: store, limit: limit)
            #expect(oldest.numbers == order)
            #expect(oldest.pages.allSatisfy { $0 <= limit } && oldest.pages.count == (12 + limit - 1) / limit)
            #expect(try Self.all(.init(tenant: "orchard"), in: store, limit: limit).numbers == order.reversed())
            let after = RecordQuery(tenant: "orchard", acceptedAfter: 7)
            #expect(try Self.all(after, in: store, limit: limit).numbers == order.dropFirst(3).reversed())
            let late = RecordQuery(tenant: "orchard", acceptedAfter: 10, isNewestFirst: false)
            #expect(try Self.all(late, in: store, limit: limit).numbers == [])
            #expect(try Self.all(.init(tenant: "nobody"), in: store, limit: limit).numbers == [])
        }
    }

    @Test func `records that come meanwhile hide no other one and show none twice`() throws {
        try GatewayStoreTests.withStore { store, _ in
            for isNewestFirst in [true, false] {
                var next = 100_000 * (isNewestFirst ? 1 : 2)
                try Self.accept(store, job: next, next..<next + 20, now: 50)
                let known = try Self.all(.init(tenant: "orchard", isNewestFirst: false), in: store, limit: 99).numbers
                var clock: UInt64 = 40
                let seen = try Self.all(
                    .init(tenant: "orchard", isNewestFirst: isNewestFirst), in: store, limit: 3
                ) {
                    guard clock < 60 else { return }
                    next += 100
                    clock += 1
                    try Self.accept(store, job: next, next..<next + 4, now: clock)
                }.numbers
                #expect(Set(seen).count == seen.count)
                let expected = isNewestFirst ? Array(known.reversed()) : known
                #expect(seen.filter { known.contains($0) } == expected)
            }
        }
    }

    @Test func `each state has its records`() throws {
        try GatewayStoreTests.withStore { store, _ in
            for job in 1...6 { try Self.accept(store, job: job, job * 10..<job * 10 + 3, now: UInt64(job)) }
            try Self.accept(store, job: 7, [70], tenant: "mill", now: 7)
            try Self.include(store, anchors: 4)
            for number in [11, 52] {
                _ = try store.erase(
                    Self.rid(number), tenant: "orchard", now: 9, newGroup: 2, tombstone: nil, rewrap: { $0 })
            }
            func numbers(_ state: RecordQuery.State, _ limit: Int, newest: Bool = false) throws -> [Int] {
                try Self.all(
                    .init(tenant: "orchard", state: state, isNewestFirst: newest), in: store, limit: limit
                ).numbers
            }
            for limit in [1, 3, 50] {
                #expect(try numbers(.anchored, limit) == [10, 12, 20, 21, 22, 30, 31, 32, 40, 41, 42])
                #expect(try numbers(.accepted, limit) == [50, 51, 60, 61, 62])
                #expect(try numbers(.erased, limit) == [11, 52])
                #expect(try numbers(.accepted, limit, newest: true) == [62, 61, 60, 51, 50])
                #expect(try numbers(.erased, limit, newest: true) == [52, 11])
            }
            try Self.include(store, anchors: 9)
            #expect(try numbers(.accepted, 2) == [])
            #expect(try store.firstWaitingRecord() == nil)
        }
    }

    @Test func `a job's records come in document order, and another tenant's job is none`() throws {
        try GatewayStoreTests.withStore { store, _ in
            try Self.accept(store, job: 1, [3, 1, 2], now: 1)
            #expect(try Self.accept(store, job: 2, [2, 9, 3, 2], now: 2) == 1)
            let job = Array(Self.rid(2).prefix(16))
            for limit in 1...5 {
                let query = RecordQuery(tenant: "orchard", job: job, isNewestFirst: false)
                #expect(try Self.all(query, in: store, limit: limit).numbers == [2, 9, 3, 2])
                #expect(
                    try Self.all(.init(tenant: "orchard", job: job), in: store, limit: limit).numbers == [2, 3, 9, 2])
                let late = RecordQuery(tenant: "orchard", job: job, acceptedAfter: 1)
                #expect(try Self.all(late, in: store, limit: limit).numbers == [9])
            }
            #expect(try store.records(.init(tenant: "mill", job: job), after: nil, limit: 9) == nil)
            #expect(try store.records(.init(tenant: "orchard", job: [7]), after: nil, limit: 9) == nil)
            let beyond = ListPlace(time: 0, row: .max)
            let page = try store.records(.init(tenant: "orchard", job: job), after: beyond, limit: 9)
            #expect(page?.records.isEmpty == true && page?.next == nil)
        }
    }

    @Test func `a page looks at a bounded number of rows, however few belong into it`() throws {
        try GatewayStoreTests.withStore { store, _ in
            for job in 0..<3 {
                try Self.accept(store, job: job, job * 8_000..<(job + 1) * 8_000, now: UInt64(job + 1))
            }
            let query = RecordQuery(tenant: "orchard", state: .anchored)
            let first = try #require(try store.records(query, after: nil, limit: 10))
            #expect(first.records.isEmpty)
            #expect(first.next == ListPlace(time: 2, row: UInt64(24_000 - GatewayStore.examinedRowsMax + 1)))
            #expect(try Self.all(query, in: store, limit: 10).pages == [0, 0, 0])
        }
    }

    @Test func `every statement of a list walks along one index and sorts nothing`() throws {
        try GatewayStoreTests.withStore { store, _ in
            try Self.accept(store, job: 1, 1...3, now: 1)
            let place = ListPlace(time: 1, row: 2)
            try store.read { database in
                func plan(_ sql: String, _ arguments: StatementArguments) throws -> [String] {
                    try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN " + sql, arguments: arguments).map {
                        $0["detail"]
                    }
                }
                for state in [nil] + RecordQuery.State.allCases.map({ $0 }) {
                    for isNewestFirst in [true, false] {
                        let query = RecordQuery(
                            tenant: "orchard", state: state, acceptedAfter: 0, isNewestFirst: isNewestFirst)
                        let wanted =
                            switch state {
                            case .accepted: "SEARCH r USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"
                            case .erased: "SEARCH r USING INDEX record_erased (tenant=? AND accepted_at"
                            default: "SEARCH r USING INDEX record_tenant (tenant=? AND accepted_at"
                            }
                        for (sql, arguments) in try store.selections(query, after: place, in: database) {
                            let steps = try plan(sql, arguments)
                            #expect(steps.count == 4 && steps[0].hasPrefix(wanted) || state == .accepted, "\(steps)")
                            #expect(steps[0].hasPrefix("SEARCH r USING "), "\(steps)")
                            #expect(steps[1] == "SEARCH o USING INTEGER PRIMARY KEY (rowid=?)", "\(steps)")
                            for (step, table) in zip(steps.dropFirst(2), ["u", "v"]) {
                                let wanted = "SEARCH \(table) USING INTEGER PRIMARY KEY (rowid=?)"
                                #expect(step.hasPrefix(wanted), "\(steps)")
                            }
                        }
                    }
                }
                let jobs = try plan(GatewayStore.jobPageSQL, ["orchard", 5, Data([1]), 3])
                #expect(
                    jobs == ["SEARCH job USING INDEX job_tenant (tenant=? AND (created_at,id)<(?,?))"], "\(jobs)")
            }
        }
    }

    @Test func `jobs come newest first, say how far they are, and stay a tenant's own`() throws {
        try GatewayStoreTests.withStore { store, _ in
            for job in 1...7 { try Self.accept(store, job: job, job * 10..<job * 10 + job, now: UInt64(job / 3)) }
            try Self.accept(store, job: 99, [990], tenant: "mill", now: 2)
            // The last one repeats what is older.
            try Self.accept(store, job: 8, [10, 20, 80], now: 9)
            try Self.include(store, anchors: 5)
            var (seen, place): ([JobHead], JobPlace?) = ([], nil)
            repeat {
                let page = try store.jobs(tenant: "orchard", after: place, limit: 3)
                #expect(page.jobs.count <= 3)
                seen += page.jobs
                place = page.next
            } while place != nil
            #expect(seen.map { Int($0.id[7]) } == [8, 7, 6, 5, 4, 3, 2, 1])
            #expect(seen.map(\.recordCount) == [3, 7, 6, 5, 4, 3, 2, 1])
            #expect(seen.map(\.anchoredCount) == [2, 0, 0, 5, 4, 3, 2, 1])
            #expect(seen.map { $0.lastHeight == nil } == [true, true, true, false, false, false, false, false])
            for head in seen {
                let whole = try store.job(head.id, tenant: "orchard")
                #expect(whole?.anchoredCount == head.anchoredCount && whole?.lastHeight == head.lastHeight)
                #expect(try store.job(head.id, tenant: "mill") == nil)
                #expect(try store.lastRow(ofJob: head.id, tenant: "mill") == nil)
            }
            #expect(try store.jobs(tenant: "nobody", after: nil, limit: 3).jobs.isEmpty)
        }
    }

    @Test func `the key of cursors is drawn once, and stays`() throws {
        try GatewayStoreTests.withStore { store, folder in
            let keys = [
                try store.pageKey(drawn: [1]), try store.pageKey(drawn: [2]),
                try GatewayStore(folder: folder).pageKey(drawn: [3]),
            ]
            #expect(keys == [[1], [1], [1]])
        }
    }
}
