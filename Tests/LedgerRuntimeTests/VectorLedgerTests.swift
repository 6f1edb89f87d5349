import Codec
import Cryptography
import LedgerModel
import StateTree
import TestSupport
import Testing
import VectorIndex

@testable import LedgerRuntime

/// Collections of vectors in blocks: who may do what, what is refused and then changes nothing, and what a block takes.
struct VectorLedgerTests {
    static let dimension = 16

    static func terms(_ change: (inout CollectionTerms) -> Void = { _ in }) -> CollectionTerms {
        var terms = CollectionTerms(
            metric: 1, policy: 0, isPublic: true, dimension: UInt16(dimension), scale: 7, countMax: 100_000,
            normMax: UInt32(dimension * 127 * 127), deposit: 3)
        change(&terms)
        return terms
    }

    static func fixture(_ terms: [CollectionTerms] = [terms()], by owner: Int = 1) throws -> NetworkFixture {
        var fixture = try NetworkFixture(rules: 3)
        for (index, terms) in terms.enumerated() {
            let create = try fixture.transaction(by: owner, [Self.create("c\(index)", terms, by: fixture.id(owner))])
            try fixture.expectCodes(of: [create], [.ok])
        }
        return fixture
    }

    static func create(_ name: String, _ terms: CollectionTerms = terms(), by owner: AccountID) throws -> Message {
        .createCollection(
            CreateCollectionMessage(owner: owner, name: try #require(CollectionName(name)), terms: terms))
    }

    static func subject(_ number: Int) -> VectorSubject {
        VectorSubject(kind: 1, id: SHA256.hash(UInt64(number).bigEndianBytes))
    }

    static func vector(_ number: Int, dimension: Int = dimension) -> [Int8] {
        var random = SeededGenerator(seed: UInt64(number))
        return (0..<dimension).map { _ in Int8.random(in: -127...127, using: &random) }
    }

    static func put(_ numbers: some Sequence<Int>, in collection: UInt32 = 1, by writer: AccountID) -> Message {
        .putVectors(
            PutVectorsMessage(
                writer: writer, collection: collection,
                entries: numbers.map { .init(subject: subject($0), tag: UInt32($0 % 3), vector: vector($0)) }))
    }

    static func put(_ vector: [Int8], _ number: Int = 0, in collection: UInt32 = 1, by writer: AccountID) -> Message {
        .putVectors(
            PutVectorsMessage(
                writer: writer, collection: collection, entries: [.init(subject: subject(number), vector: vector)]))
    }

    static func delete(_ numbers: some Sequence<Int>, in collection: UInt32 = 1, by writer: AccountID) -> Message {
        .deleteVectors(
            DeleteVectorsMessage(writer: writer, collection: collection, subjects: numbers.map { subject($0) }))
    }

    /// Runs one transaction, which must have this code; any but `ok` must leave the store of vectors as it was.
    static func expect(
        _ code: TransactionResult.Code, of messages: [Message], by index: Int = 1, _ fixture: inout NetworkFixture,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let before = fixture.state.root("vector")?.hash
        let transaction = try fixture.transaction(by: index, messages)
        try fixture.expectCodes(of: [transaction], [code], sourceLocation: sourceLocation)
        #expect((fixture.state.root("vector")?.hash == before) == (code != .ok), sourceLocation: sourceLocation)
    }

    static func nearest(_ number: Int, in fixture: NetworkFixture, collection: UInt32 = 1) throws -> [Subject] {
        var cost = VectorCost()
        let query = SearchQuery(vector(number), mode: .exact, limit: 1)
        let reader = StateReader(forest: fixture.state)
        return try #require(fixture.ledgerState.collections[collection]).search(query, state: reader, cost: &cost)
            .map(\.subject)
    }

    struct StateReader: VectorStateReader {
        let forest: StoreForest
        func value(_ key: [UInt8]) -> [UInt8]? { forest.value("vector", key) }
    }

    // MARK: What works

    @Test func `a collection is listed, filled, changed and emptied`() throws {
        var fixture = try Self.fixture()
        let listing = try CollectionListing(decoding: #require(fixture.state.value("vector", CollectionListing.key(1))))
        #expect(listing.owner == fixture.id(1) && listing.name.text == "c0" && listing.height == Height(1))
        let nameKey = CollectionKeys.name(fixture.id(1), listing.name)
        #expect(CollectionKeys.number(fixture.state.value("vector", nameKey)) == 1)
        let parameters = try #require(fixture.ledgerState.collections[1]).parameters
        #expect(parameters.owner == fixture.id(1).digest && parameters.deposit == 3 && parameters.isPublic)

        try Self.expect(.ok, of: [Self.put(0..<300, by: fixture.id(1))], &fixture)
        #expect(fixture.ledgerState.collections[1]?.count == 300)
        #expect(try Self.nearest(17, in: fixture).map(\.id) == [Self.subject(17).id])
        // Another vector for a subject that has one.
        try Self.expect(.ok, of: [Self.put(Self.vector(1_000), 17, by: fixture.id(1))], &fixture)
        #expect(fixture.ledgerState.collections[1]?.count == 300)
        #expect(try Self.nearest(1_000, in: fixture).map(\.id) == [Self.subject(17).id])
        try Self.expect(.ok, of: [Self.delete(0..<300, by: fixture.id(1))], &fixture)
        #expect(fixture.ledgerState.collections[1]?.count == 0)
        #expect(
            fixture.state.value(
                "vector", VectorStateKey(collection: 1).subject(.init(kind: 1, id: Self.subject(17).id))) == nil)
    }

    @Test func `messages of one transaction and transactions of one block see each other`() throws {
        var fixture = try NetworkFixture(rules: 3)
        let one = fixture.id(1)
        let first = try fixture.transaction(
            by: 1, [Self.create("a", by: one), Self.put([1], by: one), Self.delete([1], by: one)])
        let second = try fixture.transaction(by: 1, [Self.put([1, 2], by: one), Self.put([3], by: one)])
        let third = try fixture.transaction(by: 1, [Self.delete([2], by: one)])
        try fixture.expectCodes(of: [first, second, third], [.ok, .ok, .ok])
        #expect(fixture.ledgerState.collections[1]?.count == 2)
    }

    @Test func `where anyone may put, each deletes his own and the owner all`() throws {
        var fixture = try Self.fixture([Self.terms { $0.policy = 1 }])
        try Self.expect(.ok, of: [Self.put([1, 2], by: fixture.id(2))], by: 2, &fixture)
        try Self.expect(.vectorNotPermitted, of: [Self.delete([1], by: fixture.id(3))], by: 3, &fixture)
        try Self.expect(.vectorNotPermitted, of: [Self.put([1], by: fixture.id(3))], by: 3, &fixture)
        try Self.expect(.ok, of: [Self.delete([1], by: fixture.id(2))], by: 2, &fixture)
        try Self.expect(.ok, of: [Self.delete([2], by: fixture.id(1))], by: 1, &fixture)
    }

    // MARK: What is refused

    @Test func `under version 2 none of it exists`() throws {
        var fixture = try NetworkFixture(rules: 2)
        let one = fixture.id(1)
        for message in [try Self.create("a", by: one), Self.put([1], by: one), Self.delete([1], by: one)] {
            let transaction = try fixture.transaction(by: 1, [message])
            #expect(throws: RuntimeFailure.self) { try fixture.execute([transaction.encoded]) }
            let code = TransactionExecution.refusal(
                of: transaction, height: Height(1), time: fixture.time, rules: .version2,
                in: BlockState(fixture.state))
            #expect(code == .notInTheseRules)
        }
    }

    @Test func `a name is given once by each account`() throws {
        var fixture = try Self.fixture()
        try Self.expect(.collectionExists, of: [Self.create("c0", by: fixture.id(1))], &fixture)
        try Self.expect(.ok, of: [Self.create("c0", by: fixture.id(2))], by: 2, &fixture)
        #expect(fixture.ledgerState.collections.keys.sorted() == [1, 2])
    }

    @Test(arguments: [
        terms { $0.metric = 3 }, terms { $0.policy = 2 }, terms { $0.dimension = 0 }, terms { $0.dimension = 4_097 },
        terms { $0.scale = 13 }, terms { $0.countMax = 0 }, terms { $0.countMax = .max }, terms { $0.normMax = 0 },
        terms { $0.normMax += 1 }, terms { $0.metric = 2 },
        terms {
            $0.metric = 2
            $0.normMax = 0
            $0.scale = 3
        },
    ])
    func `terms that no collection can have are refused`(_ terms: CollectionTerms) throws {
        var fixture = try NetworkFixture(rules: 3)
        try Self.expect(.collectionInvalid, of: [Self.create("a", terms, by: fixture.id(1))], &fixture)
        #expect(fixture.ledgerState.collections.isEmpty)
    }

    @Test func `an account has so many collections and no more`() throws {
        var fixture = try NetworkFixture(rules: 3)
        let most = Int(VectorRules.version3.accountCollectionsMax)
        for start in stride(from: 0, to: most, by: 16) {
            try Self.expect(
                .ok, of: try (start..<start + 16).map { try Self.create("c\($0)", by: fixture.id(1)) }, &fixture)
        }
        try Self.expect(.tooManyCollections, of: [Self.create("more", by: fixture.id(1))], &fixture)
        try Self.expect(.ok, of: [Self.create("more", by: fixture.id(2))], by: 2, &fixture)
    }

    @Test func `only the owner puts where the policy says so, and nobody for another`() throws {
        var fixture = try Self.fixture()
        try Self.expect(.vectorNotPermitted, of: [Self.put([1], by: fixture.id(2))], by: 2, &fixture)
        try Self.expect(.notTheSigner, of: [Self.put([1], by: fixture.id(1))], by: 2, &fixture)
        try Self.expect(.notTheSigner, of: [Self.delete([1], by: fixture.id(1))], by: 2, &fixture)
        try Self.expect(.notTheSigner, of: [Self.create("x", by: fixture.id(1))], by: 2, &fixture)
    }

    @Test func `what does not exist is refused`() throws {
        var fixture = try Self.fixture()
        for number: UInt32 in [0, 2, .max] {
            try Self.expect(.collectionUnknown, of: [Self.put([1], in: number, by: fixture.id(1))], &fixture)
            try Self.expect(.collectionUnknown, of: [Self.delete([1], in: number, by: fixture.id(1))], &fixture)
        }
        try Self.expect(.vectorUnknown, of: [Self.delete([1], by: fixture.id(1))], &fixture)
    }

    @Test func `vectors of another dimension, with -128, or too long are refused`() throws {
        var fixture = try Self.fixture([
            Self.terms { $0.normMax = 100 },
            Self.terms {
                $0.metric = 2
                $0.normMax = 0
            },
        ])
        let one = fixture.id(1)
        let unit = [Int8](repeating: 0, count: 15)
        try Self.expect(.vectorInvalid, of: [Self.put(unit, by: one)], &fixture)
        try Self.expect(.vectorInvalid, of: [Self.put(unit + [0, 0], by: one)], &fixture)
        try Self.expect(.vectorInvalid, of: [Self.put(unit + [-128], by: one)], &fixture)
        try Self.expect(.vectorNorm, of: [Self.put(unit + [11], by: one)], &fixture)
        try Self.expect(.ok, of: [Self.put(unit + [10], by: one)], &fixture)
        // Cosine: from half to twice the length of 128.
        try Self.expect(.vectorNorm, of: [Self.put(unit + [63], in: 2, by: one)], &fixture)
        try Self.expect(.vectorNorm, of: [Self.put([Int8](repeating: 127, count: 16), in: 2, by: one)], &fixture)
        try Self.expect(.ok, of: [Self.put(unit + [64], in: 2, by: one)], &fixture)
    }

    @Test func `a full collection takes replacements alone`() throws {
        var fixture = try Self.fixture([Self.terms { $0.countMax = 3 }])
        let one = fixture.id(1)
        try Self.expect(.collectionFull, of: [Self.put(0..<4, by: one)], &fixture)
        try Self.expect(.ok, of: [Self.put(0..<3, by: one)], &fixture)
        try Self.expect(.collectionFull, of: [Self.put([3], by: one)], &fixture)
        try Self.expect(.ok, of: [Self.put(Self.vector(9), 0, by: one)], &fixture)
        try Self.expect(.ok, of: [Self.delete([0], by: one), Self.put([3], by: one)], &fixture)
    }

    @Test func `a message holds so many vectors and no more`() throws {
        var fixture = try Self.fixture([
            Self.terms {
                $0.dimension = 1; $0.normMax = 127 * 127
            }
        ])
        let one = fixture.id(1)
        let most = VectorRules.version3.batchMax
        func put(_ count: Int) -> Message {
            .putVectors(
                PutVectorsMessage(
                    writer: one, collection: 1,
                    entries: (0..<count).map { .init(subject: Self.subject($0), vector: [Int8($0 % 100)]) }))
        }
        try Self.expect(.vectorBatchSize, of: [put(most + 1)], &fixture)
        try Self.expect(.ok, of: [put(most)], &fixture)
        try Self.expect(.vectorBatchSize, of: [Self.delete(0...most, by: one)], &fixture)
        try Self.expect(.ok, of: [Self.delete(0..<most, by: one)], &fixture)
    }

    @Test func `a transaction that fails in its middle changes nothing, and what follows is as if it had not been`()
        throws
    {
        var (with, without) = (try Self.fixture(), try Self.fixture())
        let one = with.id(1)
        let before = [Self.put(0..<150, by: one)]
        let after = [Self.put(150..<260, by: one), Self.delete(20..<40, by: one)]
        let failing: [Message] = [
            Self.put(300..<420, by: one), Self.delete(0..<60, by: one), try Self.create("x", by: one),
            Self.delete([9_999], by: one),
        ]
        // In the same block, between two that succeed; sequences keep both histories' replay entries alike.
        let transactions = try [
            with.transaction(by: 1, before, sequence: 0), with.transaction(by: 2, failing + [Self.put([1], by: one)]),
            with.transaction(by: 1, failing), with.transaction(by: 1, after, sequence: 1),
        ]
        try with.expectCodes(of: transactions, [.ok, .notTheSigner, .vectorUnknown, .ok])
        let plain = try [
            without.transaction(by: 1, before, sequence: 0), without.transaction(by: 1, after, sequence: 1),
        ]
        try without.expectCodes(of: plain, [.ok, .ok])
        #expect(with.state.root("vector")?.hash == without.state.root("vector")?.hash)
        let next = [Self.put(500..<600, by: one)]
        for transaction in [try with.transaction(by: 1, next)] { try with.expectCodes(of: [transaction], [.ok]) }
        for transaction in [try without.transaction(by: 1, next)] { try without.expectCodes(of: [transaction], [.ok]) }
        #expect(with.state.root("vector")?.hash == without.state.root("vector")?.hash)
    }

    @Test func `a block with other vectors than were signed, or without them, is nobody's`() throws {
        var fixture = try Self.fixture()
        let one = fixture.id(1)
        let whole = try fixture.transaction(by: 1, [Self.put([1], by: one), Self.put([2], by: one)])
        let other = try fixture.transaction(by: 1, [Self.put([2], by: one), Self.put([1], by: one)])
        var message = try COSESign1.decode(whole.encoded)
        let list = try #require(message.unprotected[-65_542]?.array)
        var flipped = try #require(list[0].bytes)
        flipped[5] ^= 1
        for rows: [CBOR] in [
            [], [list[0]], [list[1], list[0]], list + [list[0]], [.bytes(flipped), list[1]], [.bytes([]), list[1]],
        ] {
            message.unprotected = .map([.init(-65_542, .array(rows))])
            // Whoever has the right one of this id is not led to think that it is this.
            #expect(throws: RuntimeFailure.self) {
                try fixture.execute(
                    [message.encoded()], checked: { $0 == whole.encoded ? whole : nil })
            }
        }
        message.unprotected = .map([])
        #expect(throws: RuntimeFailure.self) { try fixture.execute([message.encoded()]) }
        #expect(throws: RuntimeFailure.self) {
            try fixture.execute([whole.encoded, SignedTransaction.stripped(other.encoded)])
        }
        let outcome = try fixture.run([whole])
        #expect(outcome.results.map(\.code) == [.ok])
        #expect(try Self.nearest(2, in: fixture).map(\.id) == [Self.subject(2).id])
    }

    // MARK: Gas

    private static func large(_ dimension: Int) -> CollectionTerms {
        terms {
            $0.dimension = UInt16(dimension)
            $0.normMax = UInt32(dimension * 127 * 127)
        }
    }

    private static func largePut(_ numbers: Range<Int>, _ dimension: Int, by writer: AccountID) -> Message {
        .putVectors(
            PutVectorsMessage(
                writer: writer, collection: 1,
                entries: numbers.map { number in
                    var vector = [Int8](repeating: 0, count: dimension)
                    vector[number % dimension] = Int8(1 + number % 100)
                    return .init(subject: Self.subject(number), vector: vector)
                }))
    }

    @Test func `a transaction that takes too much work is refused, and pays for it`() throws {
        var fixture = try Self.fixture([Self.large(4_096)])
        let one = fixture.id(1)
        let dear = try fixture.transaction(by: 1, [Self.largePut(0..<250, 4_096, by: one)], fee: Amount(5))
        let before = fixture.state.root("vector")?.hash
        let outcome = try fixture.run([dear])
        #expect(outcome.results.map(\.code) == [.vectorGasTransaction])
        #expect(fixture.state.root("vector")?.hash == before && fixture.balance(1) == Amount(995))
        try fixture.expectCodes(of: [dear], [.duplicate])
        try Self.expect(.ok, of: [Self.largePut(0..<100, 4_096, by: one)], &fixture)
    }

    @Test func `what does not fit a block any more is left for the next one`() throws {
        var fixture = try Self.fixture([Self.large(512)])
        let one = fixture.id(1)
        let transactions = try (0..<8).map { index in
            try fixture.transaction(
                by: 1, [Self.largePut(index * 700..<index * 700 + 700, 512, by: one)], fee: Amount(1))
        }
        let anchor = AnchorMessage(
            issuer: one, first: 0,
            records: [.init(rid: SHA256.hash([1]).bytes, statementHash: SHA256.hash([2]))])
        let other = try fixture.transaction(by: 1, [.anchor(anchor)])
        let outcome = try fixture.run(transactions + [other])
        let codes = outcome.results.map(\.code)
        let done = codes.prefix { $0 == .ok }.count
        #expect(done >= 3 && done < 8 && codes.dropFirst(done).dropLast().allSatisfy { $0 == .vectorGasBlock })
        // Those without vectors are not concerned, and those that wait have paid nothing and used up nothing.
        #expect(codes.last == .ok && fixture.balance(1) == Amount(UInt64(1_000 - done)))
        var rest = Array(transactions.dropFirst(done))
        while !rest.isEmpty {
            let count = try fixture.run(rest).results.prefix { $0.code == .ok }.count
            try #require(count > 0)
            rest.removeFirst(count)
        }
        #expect(fixture.ledgerState.collections[1]?.count == 5_600)
    }

    @Test func `refused operations use gas, so that failing is not free work`() throws {
        var fixture = try Self.fixture([Self.large(512)])
        let one = fixture.id(1)
        let failing = [Self.largePut(0..<700, 512, by: one), Self.put([1], by: one)]
        let transactions = try (0..<8).map { _ in try fixture.transaction(by: 1, failing) }
        let codes = try fixture.run(transactions).results.map(\.code)
        #expect(codes.first == .vectorInvalid && codes.last == .vectorGasBlock)
        #expect(fixture.ledgerState.collections[1]?.count == 0)
    }

    @Test func `gas follows what was done, in the collection's dimensions`() {
        let rules = VectorRules.version3
        let cost = VectorCost(distances: 10, codes: 10, lists: 1, bytes: 7)
        #expect(rules.gas(cost, dimension: 64) == 20 + 4 + 5_000 + 14)
        #expect(rules.gas(cost, dimension: 65) == 40 + 8 + 5_000 + 14)
        #expect(rules.gas(cost, dimension: 4_096) == 1_280 + 256 + 5_000 + 14)
    }

    // MARK: Blocks

    @Test func `a block without vectors leaves collections and their store alone`() throws {
        var fixture = try Self.fixture()
        try Self.expect(.ok, of: [Self.put(0..<120, by: fixture.id(1))], &fixture)
        let before = (fixture.state.root("vector")?.hash, fixture.ledgerState.collections[1]?.queuedCount)
        let move = try fixture.transfer(1, 2, Amount(1))
        let outcome = try fixture.run([move])
        #expect(!outcome.changes.contains { $0.store == .vector })
        try fixture.run([])
        #expect(fixture.state.root("vector")?.hash == before.0)
        #expect(fixture.ledgerState.collections[1]?.queuedCount == before.1)
    }

    @Test func `queued splits are done by blocks with puts, a few at a time`() throws {
        var fixture = try Self.fixture()
        var queued: [Int] = []
        for start in stride(from: 0, to: 2_000, by: 250) {
            try Self.expect(.ok, of: [Self.put(start..<start + 250, by: fixture.id(1))], &fixture)
            queued.append(try #require(fixture.ledgerState.collections[1]).queuedCount)
        }
        #expect(queued.allSatisfy { $0 < 16 }, "\(queued)")
        #expect(try #require(fixture.ledgerState.collections[1]).listCount > 15)
    }

    @Test(arguments: [UInt64(1), 2, 3]) func `no history depends on whether its collections were kept or derived anew`(
        _ seed: UInt64
    ) throws {
        var random = SeededGenerator(seed: seed)
        var kept = try Self.fixture([Self.terms { $0.policy = 1 }, Self.terms { $0.metric = 0 }])
        var derived = kept
        for _ in 0..<24 {
            var transactions: [SignedTransaction] = []
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                let writer = Int.random(in: 1...2, using: &random)
                let collection = UInt32.random(in: 1...2, using: &random)
                let numbers = (0..<Int.random(in: 1...60, using: &random)).map { _ in
                    Int.random(in: 0..<500, using: &random)
                }
                let messages =
                    Int.random(in: 0..<4, using: &random) == 0
                    ? [Self.delete(numbers.prefix(3), in: collection, by: kept.id(writer))]
                    : [Self.put(numbers, in: collection, by: kept.id(writer))]
                transactions.append(try kept.transaction(by: writer, messages))
            }
            let outcome = try kept.run(transactions)
            derived.ledgerState = try LedgerState(derived.state)
            let other = try derived.run(transactions)
            #expect(outcome.results == other.results && outcome.appHash == other.appHash)
        }
        let counts = kept.ledgerState.collections.mapValues(\.count)
        #expect(counts == derived.ledgerState.collections.mapValues(\.count) && counts.values.reduce(0, +) > 100)
    }

    @Test func `a state whose entries do not make its collections is refused`() throws {
        var fixture = try Self.fixture()
        try Self.expect(.ok, of: [Self.put(0..<50, by: fixture.id(1))], &fixture)
        let forest = fixture.state
        _ = try LedgerState(forest)
        let key = VectorStateKey(collection: 1)
        var record = try #require(forest.value("vector", key.record(7)))
        record[record.count - 1] ^= 1
        var head = try #require(forest.value("vector", key.head))
        head[head.count - 1] ^= 1
        let damages: [(key: [UInt8], value: [UInt8]?)] = [
            (key.record(7), record), (key.record(7), nil), (key.head, head), (key.head, nil), (key.parameters, nil),
            (CollectionKeys.last, nil), (CollectionKeys.last, UInt32(2).bigEndianBytes),
            (VectorStateKey(collection: 9).head, head),
        ]
        for damage in damages {
            let damaged = try forest.applying([(store: "vector", changes: [damage])])
            #expect(throws: RuntimeFailure.self, "\(damage.key)") { try LedgerState(damaged) }
        }
    }
}
