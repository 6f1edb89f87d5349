import Testing

@testable import GatewayStore

/// What the private index reads of the store.
struct RecordScanTests {
    typealias Pages = RecordPagesTests

    /// Rows of a tenant that are found step by step from a row on.
    static func above(
        _ row: Int64, of tenant: String, in store: GatewayStore, examinedMax: Int
    ) throws -> (rows: [Int64], steps: Int) {
        var (rows, place, steps): ([Int64], Int64, Int) = ([], row, 0)
        while true {
            let found = try store.records(tenant: tenant, above: place, examinedMax: examinedMax)
            #expect(found.examined - place <= Int64(examinedMax))
            rows += found.rows
            steps += 1
            place = found.examined
            if place == found.newest { return (rows, steps) }
        }
    }

    @Test(arguments: [1, 2, 5, 100])
    func `a tenant's rows are found in the order of acceptance, whatever the clock said`(examinedMax: Int) throws {
        try GatewayStoreTests.withStore { store, _ in
            try Pages.accept(store, job: 1, 1...5, now: 10)
            try Pages.accept(store, job: 2, 100...104, tenant: "mill", now: 11)
            try Pages.accept(store, job: 3, 6...9, now: 3)
            #expect(
                try Self.above(0, of: "orchard", in: store, examinedMax: examinedMax).rows
                    == [1, 2, 3, 4, 5, 11, 12, 13, 14])
            #expect(try Self.above(0, of: "mill", in: store, examinedMax: examinedMax).rows == [6, 7, 8, 9, 10])
            #expect(try Self.above(4, of: "orchard", in: store, examinedMax: examinedMax).rows == [5, 11, 12, 13, 14])
            let nobody = try Self.above(0, of: "nobody", in: store, examinedMax: examinedMax)
            #expect(nobody.rows == [] && nobody.steps == (14 + examinedMax - 1) / examinedMax)
            // Beyond the newest there is nothing, and nothing to look at.
            let beyond = try store.records(tenant: "orchard", above: 14, examinedMax: examinedMax)
            #expect(beyond.rows == [] && beyond.examined == 14 && beyond.newest == 14)
        }
    }

    @Test func `the newest rows are a tenant's own, at most so many`() throws {
        try GatewayStoreTests.withStore { store, _ in
            #expect(try store.newestRecords(tenant: "orchard", limit: 3).rows == [])
            #expect(try store.newestRecords(tenant: "orchard", limit: 3).newest == 0)
            try Pages.accept(store, job: 1, 1...5, now: 10)
            try Pages.accept(store, job: 2, 100...104, tenant: "mill", now: 11)
            let newest = try store.newestRecords(tenant: "orchard", limit: 3)
            #expect(newest.rows == [3, 4, 5] && newest.newest == 10)
            #expect(try store.newestRecords(tenant: "orchard", limit: 99).rows == [1, 2, 3, 4, 5])
            #expect(try store.newestRecords(tenant: "nobody", limit: 99).rows == [])
        }
    }

    @Test func `no document of an erased record is handed out, and no record of another tenant`() throws {
        try GatewayStoreTests.withStore { store, _ in
            try Pages.accept(store, job: 1, 1...4, now: 10)
            try Pages.accept(store, job: 2, [100], tenant: "mill", now: 11)
            _ = try store.erase(Pages.rid(2), tenant: "orchard", now: 9, newGroup: 2, tombstone: nil, rewrap: { $0 })
            let sealed = try store.sealedRecords([4, 2, 3, 99])
            #expect(sealed.map(\.row) == [4, 3])
            #expect(sealed.allSatisfy { $0.payload == [1] && $0.keyGroup == 2 && $0.mediaType == "t" })
            let records = try store.records(rows: [5, 4, 2, 3, 99], tenant: "orchard")
            #expect(records.map(Pages.number) == [4, 3])
            #expect(records.allSatisfy { $0.payload == nil && $0.wrap == nil })
            #expect(try store.records(rows: [5], tenant: "mill").map(Pages.number) == [100])
        }
    }
}
