import Cryptography
import Foundation
import GatewayStore
import LedgerModel
import Proofs
import Testing

@testable import Records

struct IntervalTests {
    static let secret = [UInt8](repeating: 5, count: 32)

    static func statements(_ count: Int) -> [[UInt8]] { (0..<count).map { Array("statement \($0)".utf8) } }

    @Test(arguments: [0, 1, 2, 15, 16])
    func `every statement has a path to the root, and no other bytes have`(count: Int) throws {
        let statements = Self.statements(count)
        let tree = IntervalTree(statements: statements, size: 16, secret: Self.secret)
        for (ordinal, statement) in statements.enumerated() {
            let inclusion = tree.inclusion(of: ordinal)
            #expect(inclusion.treeSize == 16 && inclusion.path.count == 4)
            func verify(_ bytes: [UInt8], _ index: UInt64) throws {
                try TransparencyLog.verifyInclusion(
                    of: TransparencyLog.leafHash(entry: SHA256.hash(bytes).bytes), index: index, size: 16,
                    path: inclusion.path, root: tree.root)
            }
            try verify(statement, inclusion.leafIndex)
            #expect(throws: ProofFailure.self) { try verify(statement + [0], inclusion.leafIndex) }
            #expect(throws: ProofFailure.self) { try verify(statement, inclusion.leafIndex ^ 1) }
        }
        let places = Set((0..<count).map { tree.inclusion(of: $0).leafIndex })
        #expect(places.count == count)
    }

    @Test func `places are shuffled and all of the tree is used, so an index tells no volume`() {
        let first = (0..<200).map { seed in
            IntervalTree(statements: Self.statements(1), size: 16, secret: [UInt8](repeating: UInt8(seed), count: 32))
                .inclusion(of: 0).leafIndex
        }
        #expect(Set(first).count == 16)
    }

    @Test func `a secret gives the same paths again, another one other padding`() {
        let one = IntervalTree(statements: Self.statements(3), size: 64, secret: Self.secret)
        let same = IntervalTree(statements: Self.statements(3), size: 64, secret: Self.secret)
        let other = IntervalTree(
            statements: Self.statements(3), size: 64, secret: [UInt8](repeating: 6, count: 32))
        #expect(one.root == same.root && one.inclusion(of: 2) == same.inclusion(of: 2))
        #expect(one.root != other.root)
    }

    @Test func `padding never repeats, so equal siblings cannot show it`() {
        let tree = IntervalTree(statements: Self.statements(1), size: 64, secret: Self.secret)
        #expect(Set(tree.inclusion(of: 0).path).count == 6)
    }

    @Test func `turns end at fixed times, whenever the gateway was started`() {
        let second: UInt64 = 1_000_000_000
        var schedule = IntervalSchedule(seconds: 10, now: 1_003 * second)
        #expect(schedule.wait(at: 1_003 * second) == 7 * second)
        let due = [1_009, 1_010, 1_010, 1_019, 1_020].map { schedule.isDue(at: $0 * second) }
        #expect(due == [false, true, false, false, true])
        #expect(schedule.wait(at: 1_020 * second) == 10 * second)
    }

    @Test func `after a pause one turn ends, not all that were missed`() {
        let second: UInt64 = 1_000_000_000
        var schedule = IntervalSchedule(seconds: 10, now: 1_003 * second)
        // A clock that was set back begins again, and does not stand still until its old time.
        let due = [1_095, 1_096, 500, 510].map { schedule.isDue(at: $0 * second) }
        #expect(due == [true, false, false, true])
    }

    @Test func `the default is one leaf a record`() throws {
        #expect(try AnchorPlan(mode: "record", seconds: nil, size: nil, coversIdleTime: false) == .record)
        let batch = try AnchorPlan(mode: "batch", seconds: nil, size: nil, coversIdleTime: false)
        #expect(batch.intervals == IntervalPlan())
        #expect(
            try AnchorPlan(mode: "batch", seconds: 60, size: 16, coversIdleTime: true).intervals
                == IntervalPlan(seconds: 60, size: 16, coversIdleTime: true))
    }

    @Test(
        arguments: [
            ("records", nil, nil, false, 1), ("record", 10, nil, false, 1), ("record", nil, 64, false, 1),
            ("record", nil, nil, true, 1), ("record", 10, 64, true, 3), ("batch", 0, nil, false, 1),
            ("batch", -1, nil, false, 1), ("batch", 3_601, nil, false, 1), ("batch", nil, 0, false, 1),
            ("batch", nil, -16, false, 1), ("batch", nil, 8, false, 1), ("batch", nil, 100, false, 1),
            ("batch", nil, 32_768, false, 1), ("batch", 0, 100, true, 2), ("record", 0, 100, true, 5),
            ("", 0, 100, false, 3),
        ] as [(String, Int?, Int?, Bool, Int)])
    func `options that do not go together are refused, all at once`(
        _ mode: String, _ seconds: Int?, _ size: Int?, _ covers: Bool, _ problems: Int
    ) {
        #expect {
            try AnchorPlan(mode: mode, seconds: seconds, size: size, coversIdleTime: covers)
        } throws: { error in
            (error as? AnchorPlanFailure)?.problems.count == problems
        }
    }
}

/// What an issuer signs for intervals, on a real store.
struct IntervalSigningTests {
    static func issuer() throws -> Issuer {
        let key = try SigningKey(.edDSA, secret: [UInt8](repeating: 7, count: 32))
        return Issuer(
            ledger: LedgerIdentity(chainID: try ChainID("grove-1"), genesisHash: SHA256.hash([1])),
            account: AccountID(key.publicKey.thumbprint), key: key)
    }

    static func withStore(_ body: (GatewayStore, Issuer) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "vivian-intervals-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(try GatewayStore(folder: folder), try issuer())
    }

    /// Accepts records as `RecordService` does in batch mode.
    static func accept(_ count: Int, named name: String, plan: IntervalPlan, _ store: GatewayStore, _ issuer: Issuer)
        throws
    {
        let records = (0..<count).map { index in
            let id = SHA256.hash(Array("\(name) \(index)".utf8)).bytes
            return NewRecord(
                rid: id, mediaType: "application/ld+json", payload: id, keyGroup: 1, wrap: [1], commitment: id)
        }
        _ = try store.accept(
            [
                NewCapture(
                    jobID: Array(SHA256.hash(Array(name.utf8)).bytes.prefix(16)), tenant: "default",
                    original: NewOriginal(mediaType: "text/xml", payload: [1], keyGroup: 1, wrap: [1]),
                    records: records)
            ], issuer: issuer.account.bytes, now: 1_000, draw: plan.draw
        ) { number, records in issuer.sign(records, interval: number) }
    }

    static func anchor(_ row: OutboxRow, _ issuer: Issuer, in store: GatewayStore) throws -> AnchorMessage {
        let transaction = try SignedTransaction(decoding: try store.outboxBytes(row.row), on: issuer.ledger)
        guard case .anchor(let message)? = transaction.body.messages.first else {
            throw KeyFileFailure("no anchor")
        }
        #expect(transaction.body.messages.count == 1)
        return message
    }

    @Test func `one record and a full interval give transactions of the same size with one leaf`() throws {
        try Self.withStore { store, issuer in
            let plan = IntervalPlan(seconds: 10, size: 64, coversIdleTime: true)
            for count in [0, 1, 64] {
                if count > 0 { try Self.accept(count, named: "capture of \(count)", plan: plan, store, issuer) }
                let sealed = try store.sealInterval(padding: plan.draw, issuer: issuer.account.bytes) {
                    try issuer.anchor($0, now: 1_800_000_000_000_000_000)
                }
                #expect(sealed?.records == count)
            }
            let rows = try store.pendingOutbox(limit: 9)
            #expect(rows.count == 3)
            #expect(Set(try rows.map { try store.outboxBytes($0.row).count }).count == 1)
            #expect(try rows.map { try Self.anchor($0, issuer, in: store).records.count } == [1, 1, 1])
            #expect(try rows.map { try Self.anchor($0, issuer, in: store).first } == [0, 1, 2])
        }
    }

    @Test func `statements carry the interval's number, and lead to the anchored root`() throws {
        try Self.withStore { store, issuer in
            let plan = IntervalPlan(seconds: 10, size: 16)
            try Self.accept(20, named: "one", plan: plan, store, issuer)
            #expect(try IntervalSealer.sealAll(store, issuer: issuer, now: 1_000) == 2)
            for row in try store.pendingOutbox(limit: 9) {
                let interval = try #require(try store.interval(ofOutbox: row.row))
                let message = try Self.anchor(row, issuer, in: store)
                #expect(message.first == interval.number)
                #expect(message.records[0].rid == interval.rid)
                let tree = IntervalTree(interval)
                #expect(message.records[0].statementHash == tree.root)
                for (ordinal, bytes) in interval.statements.enumerated() {
                    let statement = try Statement.decode(bytes)
                    #expect(statement.sequence == interval.number && statement.isSigned(by: issuer.key.publicKey))
                    let inclusion = tree.inclusion(of: ordinal)
                    let root = try TransparencyLog.root(
                        fromInclusionOf: TransparencyLog.leafHash(entry: statement.entry.bytes),
                        index: inclusion.leafIndex, size: inclusion.treeSize, path: inclusion.path)
                    #expect(root == message.records[0].statementHash)
                }
            }
        }
    }

    @Test func `what is signed again after it expired anchors the same leaf`() throws {
        try Self.withStore { store, issuer in
            try Self.accept(3, named: "one", plan: IntervalPlan(seconds: 10, size: 16), store, issuer)
            _ = try IntervalSealer.sealAll(store, issuer: issuer, now: 1_000)
            let row = try #require(try store.pendingOutbox(limit: 1).first)
            let again = try issuer.anchorAgain(row, from: store, now: 9_000)
            #expect(again.id != row.id && again.firstNumber == row.firstNumber && again.count == 1)
            try store.replaceOutbox(row.row, with: again)
            let second = try #require(try store.pendingOutbox(limit: 1).first)
            #expect(try Self.anchor(second, issuer, in: store) == (try Self.anchor(row, issuer, in: store)))
        }
    }

    @Test func `no record id stands in an interval's anchor`() throws {
        try Self.withStore { store, issuer in
            try Self.accept(2, named: "one", plan: IntervalPlan(seconds: 10, size: 16), store, issuer)
            _ = try IntervalSealer.sealAll(store, issuer: issuer, now: 1_000)
            let row = try #require(try store.pendingOutbox(limit: 1).first)
            for index in 0..<2 {
                let id = SHA256.hash(Array("one \(index)".utf8)).bytes
                #expect(Data(try store.outboxBytes(row.row)).range(of: Data(id)) == nil)
            }
        }
    }
}
