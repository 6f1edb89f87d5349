import Codec
import Cryptography
import LedgerModel
import TestSupport
import Testing

@testable import NodeEngine

/// The pool against those who want it for themselves.
struct MempoolTests {
    /// An item as nobody signs it: of so many bytes, from a payer of that number.
    static func item(
        _ name: Int, payer: Int = 0, fee: UInt64 = 0, bytes: Int = 100, validUntil: UInt64 = 1_000,
        place: Mempool.Item.Place? = nil
    ) -> Mempool.Item {
        Mempool.Item(
            id: TransactionID(SHA256.hash(UInt64(name).bigEndianBytes)), bytes: [UInt8](repeating: 0, count: bytes),
            validUntil: validUntil, payer: account(payer), fee: Amount(fee), place: place)
    }

    static func account(_ number: Int) -> AccountID { AccountID(SHA256.hash([1] + UInt64(number).bigEndianBytes)) }

    static func sequence(_ number: UInt64, of payer: Int = 0) -> Mempool.Item.Place {
        Mempool.Item.Place(row: .sequences(account(payer)), number: number)
    }

    static func anchors(_ number: UInt64, of payer: Int = 0) -> Mempool.Item.Place {
        Mempool.Item.Place(row: .anchors(account(payer)), number: number)
    }

    static func pool(count: Int = 4, bytes: Int = 1 << 20, account: Int = 100, accountBytes: Int = 1 << 20) -> Mempool {
        Mempool(
            limits: .init(countMax: count, bytesMax: bytes, accountCountMax: account, accountBytesMax: accountBytes))
    }

    private static func expect(
        _ found: Mempool.Insertion, _ wanted: Mempool.Insertion, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(found == wanted, sourceLocation: sourceLocation)
    }

    private static func ids(_ names: Int...) -> [TransactionID] { names.map { item($0).id } }
    private static func order(_ pool: Mempool, bytesMax: Int = .max) -> [TransactionID] {
        pool.next(bytesMax: bytesMax).map(\.id)
    }

    // MARK: Order

    @Test func `what pays more for a byte comes first, then what came first`() {
        var pool = Self.pool(count: 10)
        _ = pool.insert(Self.item(1, fee: 10))
        _ = pool.insert(Self.item(2, fee: 20))
        _ = pool.insert(Self.item(3, fee: 20))
        _ = pool.insert(Self.item(4, fee: 30, bytes: 400))
        _ = pool.insert(Self.item(5))
        #expect(Self.order(pool) == Self.ids(2, 3, 1, 4, 5))
    }

    @Test func `free ones keep the order in which they came`() {
        var pool = Self.pool(count: 300)
        for name in 0..<300 { _ = pool.insert(Self.item(name, payer: name % 7)) }
        #expect(Self.order(pool) == (0..<300).map { Self.item($0).id })
    }

    @Test func `a sequence never overtakes the one before it, whatever it pays`() {
        var pool = Self.pool(count: 10)
        _ = pool.insert(Self.item(1, fee: 1, place: Self.sequence(4)))
        _ = pool.insert(Self.item(2, fee: 900, place: Self.sequence(5)))
        _ = pool.insert(Self.item(3, fee: 50, place: Self.sequence(6)))
        _ = pool.insert(Self.item(4, payer: 1, fee: 20))
        #expect(Self.order(pool) == Self.ids(4, 1, 2, 3))
    }

    @Test func `an issuer's anchors keep their numbers' order`() {
        var pool = Self.pool(count: 10)
        _ = pool.insert(Self.item(1, fee: 9, place: Self.anchors(40)))
        _ = pool.insert(Self.item(2, fee: 1, bytes: 900, place: Self.anchors(10)))
        _ = pool.insert(Self.item(3, fee: 5, place: Self.anchors(20)))
        #expect(Self.order(pool) == Self.ids(2, 3, 1))
    }

    @Test func `what is too large for the rest of a block is passed over, and so is what stands behind it`() {
        var pool = Self.pool(count: 10)
        _ = pool.insert(Self.item(1, fee: 9_000, bytes: 90))
        _ = pool.insert(Self.item(2, fee: 800, bytes: 50, place: Self.sequence(0)))
        _ = pool.insert(Self.item(3, fee: 700, bytes: 5, place: Self.sequence(1)))
        _ = pool.insert(Self.item(4, bytes: 10))
        #expect(Self.order(pool, bytesMax: 100) == Self.ids(1, 4))
        #expect(Self.order(pool, bytesMax: 0).isEmpty)
    }

    @Test func `what a block included is forgotten, and the next of its row comes up`() {
        var pool = Self.pool(count: 10)
        for name in 0..<3 { _ = pool.insert(Self.item(name, place: Self.sequence(UInt64(name)))) }
        pool.remove(Self.ids(0, 99))
        #expect(Self.order(pool) == Self.ids(1, 2) && pool.count == 2)
        #expect(!pool.contains(Self.ids(0)[0]) && pool.sequenceCount(of: Self.account(0)) == 2)
        pool.remove(Self.ids(1, 2))
        #expect(pool.isEmpty && Self.order(pool).isEmpty)
    }

    // MARK: A full pool

    @Test func `a full pool lets in only what pays more than the cheapest, which leaves`() {
        var pool = Self.pool(count: 3)
        for name in 1...3 { _ = pool.insert(Self.item(name, payer: name, fee: UInt64(name * 10))) }
        Self.expect(pool.insert(Self.item(4, payer: 4, fee: 10)), .refused(.full))
        Self.expect(pool.insert(Self.item(5, payer: 5, fee: 11)), .inserted(evicted: Self.ids(1)))
        #expect(Self.order(pool) == Self.ids(3, 2, 5))
    }

    @Test func `what is free pushes nobody out, neither paid nor free`() {
        var pool = Self.pool(count: 2)
        _ = pool.insert(Self.item(1, payer: 1, fee: 1, bytes: 1_000))
        _ = pool.insert(Self.item(2, payer: 2))
        for name in 10..<60 { Self.expect(pool.insert(Self.item(name, payer: name)), .refused(.full)) }
        Self.expect(pool.insert(Self.item(3, payer: 3, fee: 1)), .inserted(evicted: Self.ids(2)))
        Self.expect(pool.insert(Self.item(4, payer: 4)), .refused(.full))
    }

    @Test func `a large fee on many bytes does not push out what pays more for a byte`() {
        var pool = Self.pool(count: 100, bytes: 1_000)
        for name in 0..<10 { _ = pool.insert(Self.item(name, payer: name, fee: 100)) }
        Self.expect(pool.insert(Self.item(50, payer: 50, fee: 900, bytes: 1_000)), .refused(.full))
        #expect(pool.count == 10)
        // It pays more for each byte: all of them leave.
        guard case .inserted(let evicted) = pool.insert(Self.item(51, payer: 51, fee: 1_001, bytes: 1_000)) else {
            Issue.record("refused")
            return
        }
        #expect(evicted.count == 10 && pool.count == 1)
    }

    @Test func `of equal ones the youngest leaves`() {
        var pool = Self.pool(count: 2)
        _ = pool.insert(Self.item(1, payer: 1, fee: 5))
        _ = pool.insert(Self.item(2, payer: 2, fee: 5))
        Self.expect(pool.insert(Self.item(3, payer: 3, fee: 6)), .inserted(evicted: Self.ids(2)))
    }

    @Test func `a row is shortened from its end, never cut`() {
        var pool = Self.pool(count: 3)
        _ = pool.insert(Self.item(1, fee: 1, place: Self.sequence(0)))
        _ = pool.insert(Self.item(2, fee: 5, place: Self.sequence(1)))
        _ = pool.insert(Self.item(3, payer: 3, fee: 9))
        // The first of the row pays less, but the last stands behind it.
        Self.expect(pool.insert(Self.item(4, payer: 4, fee: 5)), .refused(.full))
        Self.expect(pool.insert(Self.item(5, payer: 5, fee: 6)), .inserted(evicted: Self.ids(2)))
        Self.expect(pool.insert(Self.item(6, payer: 6, fee: 2)), .inserted(evicted: Self.ids(1)))
        #expect(Self.order(pool) == Self.ids(3, 5, 6))
    }

    @Test func `a sequence does not push out the one it stands behind`() {
        var pool = Self.pool(count: 1)
        _ = pool.insert(Self.item(1, fee: 1, place: Self.sequence(0)))
        Self.expect(pool.insert(Self.item(2, fee: 99, place: Self.sequence(1))), .refused(.full))
        #expect(Self.order(pool) == Self.ids(1))
    }

    // MARK: Accounts

    @Test func `one account cannot fill the pool, whatever it pays`() {
        var pool = Self.pool(count: 10, account: 3)
        for name in 0..<3 { _ = pool.insert(Self.item(name)) }
        for name in 3..<50 { Self.expect(pool.insert(Self.item(name, fee: 1_000)), .refused(.accountFull)) }
        Self.expect(pool.insert(Self.item(60, payer: 1)), .inserted(evicted: []))
        pool.remove(Self.ids(0))
        Self.expect(pool.insert(Self.item(61)), .inserted(evicted: []))
    }

    @Test func `nor by bytes`() {
        var pool = Self.pool(count: 100, accountBytes: 1_000)
        Self.expect(pool.insert(Self.item(1, bytes: 900)), .inserted(evicted: []))
        Self.expect(pool.insert(Self.item(2, bytes: 101)), .refused(.accountFull))
        Self.expect(pool.insert(Self.item(3, bytes: 100)), .inserted(evicted: []))
    }

    @Test func `nobody queues more fees than he can pay`() {
        var pool = Self.pool(count: 100)
        Self.expect(pool.insert(Self.item(1, fee: 60), balance: Amount(100)), .inserted(evicted: []))
        Self.expect(pool.insert(Self.item(2, fee: 41), balance: Amount(100)), .refused(.feesExceedBalance))
        Self.expect(pool.insert(Self.item(3, fee: 40), balance: Amount(100)), .inserted(evicted: []))
        Self.expect(pool.insert(Self.item(4), balance: .zero), .inserted(evicted: []))
        pool.remove(Self.ids(1))
        Self.expect(pool.insert(Self.item(2, fee: 41), balance: Amount(100)), .inserted(evicted: []))
    }

    @Test func `a sequence is replaced only by what pays more`() {
        var pool = Self.pool(count: 100)
        for name in 0..<3 { _ = pool.insert(Self.item(name, fee: 10, place: Self.sequence(UInt64(name)))) }
        Self.expect(pool.insert(Self.item(10, fee: 10, place: Self.sequence(1))), .refused(.outbid))
        Self.expect(pool.insert(Self.item(11, fee: 11, place: Self.sequence(1))), .inserted(evicted: Self.ids(1)))
        #expect(Self.order(pool) == Self.ids(0, 11, 2) && pool.count == 3)
    }

    @Test func `the same transaction twice is one`() {
        var pool = Self.pool()
        _ = pool.insert(Self.item(1))
        Self.expect(pool.insert(Self.item(1)), .known)
        #expect(pool.count == 1)
    }

    @Test(arguments: [UInt64(0), 3, 9]) func `a sequence with a gap before it is refused`(_ number: UInt64) {
        var pool = Self.pool(count: 10)
        _ = pool.insert(Self.item(1, place: Self.sequence(1)))
        Self.expect(pool.insert(Self.item(2, place: Self.sequence(number))), .refused(.sequenceGap))
    }

    // MARK: Time

    @Test func `what has expired is named, with what stands behind it`() {
        var pool = Self.pool(count: 10)
        _ = pool.insert(Self.item(1, validUntil: 10))
        _ = pool.insert(Self.item(2, payer: 1, validUntil: 99, place: Self.sequence(0, of: 1)))
        _ = pool.insert(Self.item(3, payer: 1, validUntil: 5, place: Self.sequence(1, of: 1)))
        _ = pool.insert(Self.item(4, payer: 1, validUntil: 99, place: Self.sequence(2, of: 1)))
        #expect(pool.expired(at: 4).isEmpty)
        #expect(Set(pool.expired(at: 10)) == Set(Self.ids(1, 3, 4)))
        pool.remove(pool.expired(at: 10))
        #expect(Self.order(pool) == Self.ids(2))
    }

    @Test func `sequences that another one came before are named`() {
        var pool = Self.pool(count: 10)
        for name in 0..<4 { _ = pool.insert(Self.item(name, place: Self.sequence(UInt64(name)))) }
        #expect(pool.outrun(Self.account(0), next: 2) == Self.ids(0, 1))
        #expect(pool.outrun(Self.account(1), next: 2).isEmpty)
    }

    @Test func `an item has its transaction's place and fee`() throws {
        let key = try SigningKey(.edDSA, secret: [UInt8](repeating: 3, count: 32))
        let account = AccountID(key.publicKey.thumbprint)
        let ledger = LedgerIdentity(chainID: try ChainID("grove-1"), genesisHash: .zero)
        let body = TransactionBody(
            signers: [account], feePayer: account, validUntil: 5, sequence: 8,
            messages: [.transfer(TransferMessage(from: account, to: account, amount: Amount(1)))], fee: Amount(3))
        let item = Mempool.Item(try SignedTransaction.sign(body, on: ledger, keys: [key]))
        #expect(item.place == Mempool.Item.Place(row: .sequences(account), number: 8) && item.fee == Amount(3))
    }

    // MARK: Random histories

    @Test(arguments: [UInt64(1), 2, 3, 4]) func `limits, rows and fees hold in random histories`(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var pool = Self.pool(count: 60, bytes: 6_000, account: 25, accountBytes: 4_000)
        var known: [TransactionID: Mempool.Item] = [:]
        var nextSequence = [UInt64](repeating: 0, count: 5)
        for name in 0..<1_500 {
            let payer = Int.random(in: 0..<5, using: &random)
            var place: Mempool.Item.Place?
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                let waiting = pool.sequenceCount(of: Self.account(payer))
                place = Self.sequence(nextSequence[payer] + UInt64.random(in: 0...waiting, using: &random), of: payer)
            case 1: place = Self.anchors(UInt64.random(in: 0..<40, using: &random), of: payer)
            default: break
            }
            let item = Self.item(
                name, payer: payer, fee: UInt64.random(in: 0..<200, using: &random),
                bytes: Int.random(in: 1...400, using: &random), validUntil: UInt64(name + 50), place: place)
            switch pool.insert(item) {
            case .inserted(let evicted):
                for id in evicted {
                    let victim = known.removeValue(forKey: id)
                    // fee / bytes of who left is less than of who came.
                    #expect(victim.map { Self.pays($0, lessThan: item) } == true)
                }
                known[item.id] = item
            case .known, .refused: break
            }
            if name % 40 == 0 {
                for id in pool.expired(at: UInt64(name)) { known[id] = nil }
                pool.remove(pool.expired(at: UInt64(name)))
                let block = pool.next(bytesMax: 1_500)
                for item in block {
                    known[item.id] = nil
                    if case .sequences = item.place?.row, let number = item.place?.number {
                        nextSequence[payerNumber(item)] = number + 1
                    }
                }
                pool.remove(block.map(\.id))
            }
            #expect(pool.count == known.count && pool.count <= 60)
            #expect(known.values.reduce(0) { $0 + $1.bytes.count } <= 6_000)
            let order = pool.next(bytesMax: .max)
            #expect(Set(order.map(\.id)) == Set(known.keys))
            for row in Set(order.compactMap { $0.place?.row }) {
                let numbers = order.compactMap { $0.place?.row == row ? $0.place?.number : nil }
                #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
                if case .sequences = row, let first = numbers.first {
                    #expect(numbers == (0..<UInt64(numbers.count)).map { first + $0 })
                }
            }
        }
    }

    private func payerNumber(_ item: Mempool.Item) -> Int { (0..<5).first { Self.account($0) == item.payer }! }

    private static func pays(_ left: Mempool.Item, lessThan right: Mempool.Item) -> Bool {
        left.fee.clamped * UInt128(right.bytes.count) < right.fee.clamped * UInt128(left.bytes.count)
    }

    @Test func `a full pool of 20,000 takes and gives without looking at all of it`() {
        var pool = Mempool()
        for name in 0..<20_000 {
            _ = pool.insert(Self.item(name, payer: name % 8, fee: UInt64(1 + name * 7_919 % 20_000)))
        }
        #expect(pool.count == 20_000)
        for name in 20_000..<24_000 {
            guard case .inserted(let evicted) = pool.insert(Self.item(name, payer: 9 + name % 8, fee: 30_000)) else {
                Issue.record("refused")
                return
            }
            #expect(evicted.count == 1)
        }
        var taken = 0
        while !pool.isEmpty {
            let block = pool.next(bytesMax: 100_000)
            taken += block.count
            pool.remove(block.map(\.id))
        }
        #expect(taken == 20_000)
    }
}
