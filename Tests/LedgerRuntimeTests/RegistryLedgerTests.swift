import Codec
import Cryptography
import Embedding
import LedgerModel
import StateTree
import Testing
import VectorIndex

@testable import LedgerRuntime

/// The registry in blocks: versions without a gap, edges on both sides, and the ledger's own index of its words.
struct RegistryLedgerTests {
    static func card(_ title: String, _ edges: [RegistryEdge] = [], text: String = "") -> RegistryCard {
        RegistryCard(digest: SHA256.hash(Array(title.utf8)), title: title, text: text, edges: edges)
    }

    static func publish(
        _ kind: RegistryKind, _ name: String, _ card: RegistryCard, version: UInt64 = 1, by publisher: AccountID
    ) throws -> Message {
        .publish(
            PublishMessage(
                publisher: publisher, kind: kind, name: try #require(RegistryName(name)), version: version, card: card))
    }

    static func withdraw(_ kind: RegistryKind, _ name: String, _ version: UInt64 = 1, by publisher: AccountID) throws
        -> Message
    {
        .withdraw(
            WithdrawMessage(
                publisher: publisher, kind: kind, name: try #require(RegistryName(name)), version: version, reason: 3))
    }

    static func version(_ kind: RegistryKind, _ name: String, _ number: UInt64 = 1, of publisher: AccountID) throws
        -> RegistryVersion
    {
        RegistryVersion(subject: try #require(RegistryName(name)).subject(kind, of: publisher), number: number)
    }

    /// Runs one transaction, which must have this code; any but `ok` must leave registry and vectors as they were.
    static func expect(
        _ code: TransactionResult.Code, of messages: [Message], by index: Int = 1, _ fixture: inout NetworkFixture,
        changes: Bool? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        func roots() -> [Digest?] { ["registry", "vector"].map { fixture.state.root($0)?.hash } }
        let before = roots()
        try fixture.expectCodes(
            of: [try fixture.transaction(by: index, messages)], [code], sourceLocation: sourceLocation)
        #expect((roots() != before) == (changes ?? (code == .ok)), sourceLocation: sourceLocation)
    }

    static func entry(_ version: RegistryVersion, in fixture: NetworkFixture) throws -> RegistryEntry {
        try RegistryEntry(decoding: #require(fixture.state.value("registry", RegistryKeys.entry(version))))
    }

    static func uses(of version: RegistryVersion, in fixture: NetworkFixture) throws -> [RegistryEdge] {
        let count = RegistryKeys.number(fixture.state.value("registry", RegistryKeys.useCount(version)))
        #expect(fixture.state.value("registry", RegistryKeys.use(version, count)) == nil)
        return try (0..<count).map { index in
            let value = try #require(fixture.state.value("registry", RegistryKeys.use(version, index)))
            return try #require(RegistryEdge(cbor: CBOR.decode(value)))
        }
    }

    /// What the ledger's own index finds for a text.
    static func found(_ text: String, in fixture: NetworkFixture, tag: UInt32? = nil) throws -> [Digest] {
        let name = CollectionKeys.name(RegistryKeys.ledgerAccount, RegistryKeys.collection)
        let number = CollectionKeys.number(fixture.state.value("vector", name))
        var cost = VectorCost()
        let query = SearchQuery(try TextEmbedder.standard.vector(of: text), mode: .exact, limit: 3, tag: tag)
        let reader = VectorLedgerTests.StateReader(forest: fixture.state)
        return try #require(fixture.ledgerState.collections[number]).search(query, state: reader, cost: &cost)
            .map(\.subject.id)
    }

    static func subjects(_ kind: RegistryKind, in fixture: NetworkFixture) throws -> [Digest] {
        let count = RegistryKeys.number(fixture.state.value("registry", RegistryKeys.subjectCount(kind)))
        #expect(fixture.state.value("registry", RegistryKeys.subject(kind, count)) == nil)
        return try (0..<count).map { index in
            let value = try #require(fixture.state.value("registry", RegistryKeys.subject(kind, index)))
            return try #require(Digest(value))
        }
    }

    // MARK: What works

    @Test func `subjects of a kind are listed once each, in the order of their first versions`() throws {
        var fixture = try NetworkFixture(rules: 3)
        let (one, two) = (fixture.id(1), fixture.id(2))
        #expect(try Self.subjects(.model, in: fixture) == [])
        for (name, version) in [("b", 1), ("a", 1), ("b", 2)] as [(String, UInt64)] {
            let card = Self.card("\(name)\(version)")
            try Self.expect(.ok, of: [Self.publish(.model, name, card, version: version, by: one)], &fixture)
        }
        // The same name is another subject of another account and of another kind; what is refused is no subject.
        try Self.expect(.ok, of: [Self.publish(.model, "a", Self.card("a of two"), by: two)], by: 2, &fixture)
        try Self.expect(.ok, of: [Self.publish(.dataset, "a", Self.card("data"), by: one)], &fixture)
        try Self.expect(
            .registryNotNext, of: [Self.publish(.model, "c", Self.card("c"), version: 2, by: one)], &fixture)
        try Self.expect(.ok, of: [Self.withdraw(.model, "b", 2, by: one)], &fixture)
        func id(_ kind: RegistryKind, _ name: String, _ account: AccountID) throws -> Digest {
            try Self.version(kind, name, of: account).subject.id
        }
        #expect(
            try Self.subjects(.model, in: fixture) == [
                id(.model, "b", one), id(.model, "a", one), id(.model, "a", two),
            ])
        #expect(try Self.subjects(.dataset, in: fixture) == [id(.dataset, "a", one)])
        #expect(try Self.subjects(.statement, in: fixture) == [])
    }

    @Test func `which data trained what is written down on both sides`() throws {
        var fixture = try NetworkFixture(rules: 3)
        let (one, two) = (fixture.id(1), fixture.id(2))
        let orders = try Self.version(.dataset, "orders", of: one)
        let sorter = try Self.version(.model, "sorter", of: two)
        try Self.expect(.ok, of: [Self.publish(.dataset, "orders", Self.card("Orders"), by: one)], &fixture)
        let edges = [RegistryEdge(.trainedOn, orders), RegistryEdge(.evaluatedOn, orders)]
        try Self.expect(.ok, of: [Self.publish(.model, "sorter", Self.card("Sorter", edges), by: two)], by: 2, &fixture)
        let next = Self.card("Sorter 2", [RegistryEdge(.derivedFrom, sorter), RegistryEdge(.trainedOn, orders)])
        try Self.expect(.ok, of: [Self.publish(.model, "sorter", next, version: 2, by: two)], by: 2, &fixture)

        let sorter2 = try Self.version(.model, "sorter", 2, of: two)
        #expect(
            try Self.uses(of: orders, in: fixture) == [
                RegistryEdge(.trainedOn, sorter), RegistryEdge(.evaluatedOn, sorter), RegistryEdge(.trainedOn, sorter2),
            ])
        #expect(try Self.uses(of: sorter, in: fixture) == [RegistryEdge(.derivedFrom, sorter2)])
        #expect(try Self.uses(of: sorter2, in: fixture).isEmpty)
        let entry = try Self.entry(sorter2, in: fixture)
        #expect(entry.card == next && entry.publisher == two && entry.height == Height(3) && entry.withdrawal == nil)
        #expect(RegistryKeys.number(fixture.state.value("registry", RegistryKeys.newest(sorter.subject))) == 2)
    }

    @Test func `one transaction publishes a dataset, and the model that was trained on it`() throws {
        var fixture = try NetworkFixture(rules: 3)
        let one = fixture.id(1)
        let edge = RegistryEdge(.trainedOn, try Self.version(.dataset, "d", of: one))
        try Self.expect(
            .ok,
            of: [
                Self.publish(.dataset, "d", Self.card("d"), by: one),
                Self.publish(.model, "m", Self.card("m", [edge]), by: one),
            ], &fixture)
        // The other way round it is refused as a whole.
        let back = RegistryEdge(.trainedOn, try Self.version(.dataset, "e", of: one))
        try Self.expect(
            .registryEdgeUnknown,
            of: [
                Self.publish(.model, "n", Self.card("n", [back]), by: one),
                Self.publish(.dataset, "e", Self.card("e"), by: one),
            ], &fixture)
    }

    @Test func `the same version again is harmless, another card under it is refused`() throws {
        var fixture = try NetworkFixture(rules: 3)
        let one = fixture.id(1)
        let first = try Self.publish(.dataset, "d", Self.card("d"), by: one)
        try Self.expect(.ok, of: [first], &fixture)
        try Self.expect(.ok, of: [first], &fixture, changes: false)
        try Self.expect(.registryExists, of: [Self.publish(.dataset, "d", Self.card("e"), by: one)], &fixture)
    }

    @Test func `the newest words are found by their spelling, and no longer once they are withdrawn`() throws {
        var fixture = try NetworkFixture(rules: 3)
        let one = fixture.id(1)
        let pipes = try Self.version(.dataset, "pipes", of: one).subject.id
        let apples = try Self.version(.statement, "apples", of: one).subject.id
        let text = "Apples from the north orchard"
        let statement = RegistryCard(digest: SHA256.hash(Array(text.utf8)), title: "Apples", text: text)
        try Self.expect(
            .ok,
            of: [
                Self.publish(.dataset, "pipes", Self.card("Seamless steel pipes", text: "drinking water"), by: one),
                Self.publish(.statement, "apples", statement, by: one),
            ], &fixture)
        #expect(try Self.found("steel pipe for water", in: fixture).first == pipes)
        #expect(try Self.found("steel pipe for water", in: fixture, tag: 3) == [apples])
        try Self.expect(
            .ok, of: [Self.publish(.dataset, "pipes", Self.card("Copper wire, tinned"), version: 2, by: one)], &fixture)
        #expect(try Self.found("tinned copper wires", in: fixture).first == pipes)
        #expect(fixture.ledgerState.collections[1]?.count == 2)
        // An older version has no vector of its own.
        try Self.expect(.ok, of: [Self.withdraw(.dataset, "pipes", by: one)], &fixture)
        #expect(fixture.ledgerState.collections[1]?.count == 2)
        try Self.expect(.ok, of: [Self.withdraw(.dataset, "pipes", 2, by: one)], &fixture)
        #expect(try Self.found("tinned copper wires", in: fixture) == [apples])
        let entry = try Self.entry(try Self.version(.dataset, "pipes", 2, of: one), in: fixture)
        #expect(entry.card.title.isEmpty && entry.card.digest == SHA256.hash(Array("Copper wire, tinned".utf8)))
        #expect(entry.withdrawal?.reason == 3)
        // It goes on with the next version.
        try Self.expect(
            .ok, of: [Self.publish(.dataset, "pipes", Self.card("Lead pipes"), version: 3, by: one)], &fixture)
        #expect(try Self.found("lead pipe", in: fixture).first == pipes)
    }

    @Test func `words that have no vector are published all the same`() throws {
        var fixture = try NetworkFixture(rules: 3)
        try Self.expect(.ok, of: [Self.publish(.dataset, "d", Self.card("?!"), by: fixture.id(1))], &fixture)
        #expect(fixture.ledgerState.collections[1]?.count == 0)
    }

    @Test func `a state that is read again makes the same collections`() throws {
        var fixture = try NetworkFixture(rules: 3)
        let one = fixture.id(1)
        try fixture.expectCodes(
            of: [fixture.transaction(by: 1, [VectorLedgerTests.create("c", by: one)])], [.ok])
        for number in 0..<40 {
            let message = try Self.publish(.statement, "s\(number)", Self.statement("words \(number) of it"), by: one)
            try Self.expect(.ok, of: [message], &fixture)
        }
        let again = try LedgerState(fixture.state)
        #expect(again.collections.count == 2 && again.collections[2]?.head == fixture.ledgerState.collections[2]?.head)
    }

    static func statement(_ text: String) -> RegistryCard {
        RegistryCard(digest: SHA256.hash(Array(text.utf8)), title: "t", text: text)
    }

    // MARK: What is refused

    @Test func `under version 2 none of it exists`() throws {
        var fixture = try NetworkFixture(rules: 2)
        let one = fixture.id(1)
        for message in [
            try Self.publish(.dataset, "d", Self.card("d"), by: one), try Self.withdraw(.dataset, "d", by: one),
        ] {
            let transaction = try fixture.transaction(by: 1, [message])
            #expect(throws: RuntimeFailure.self) { try fixture.execute([transaction.encoded]) }
        }
    }

    @Test func `versions have no gap, and edges lead to what is there and stands`() throws {
        var fixture = try NetworkFixture(rules: 3)
        let one = fixture.id(1)
        for version: UInt64 in [2, 3, .max] {
            try Self.expect(
                .registryNotNext, of: [Self.publish(.dataset, "d", Self.card("d"), version: version, by: one)], &fixture
            )
        }
        try Self.expect(.ok, of: [Self.publish(.dataset, "d", Self.card("d"), by: one)], &fixture)
        try Self.expect(
            .registryNotNext, of: [Self.publish(.dataset, "d", Self.card("d"), version: 3, by: one)], &fixture)
        let target = try Self.version(.dataset, "d", of: one)
        var missing = [
            RegistryVersion(subject: target.subject, number: 2),
            RegistryVersion(subject: VectorSubject(kind: 1, id: target.subject.id), number: 1),
            RegistryVersion(subject: VectorSubject(kind: 2, id: SHA256.hash([])), number: 1),
        ]
        // What a version makes itself is not there before it.
        missing.append(try Self.version(.model, "m", of: one))
        for version in missing {
            let card = Self.card("m", [RegistryEdge(.trainedOn, target), RegistryEdge(.trainedOn, version)])
            try Self.expect(.registryEdgeUnknown, of: [Self.publish(.model, "m", card, by: one)], &fixture)
        }
        try Self.expect(.ok, of: [Self.withdraw(.dataset, "d", by: one)], &fixture)
        let card = Self.card("m", [RegistryEdge(.trainedOn, target)])
        try Self.expect(.registryEdgeWithdrawn, of: [Self.publish(.model, "m", card, by: one)], &fixture)
        try Self.expect(.registryExists, of: [Self.publish(.dataset, "d", Self.card("d"), by: one)], &fixture)
    }

    @Test func `only what is there is withdrawn, once, and by whoever published it`() throws {
        var fixture = try NetworkFixture(rules: 3)
        let one = fixture.id(1)
        try Self.expect(.registryUnknown, of: [Self.withdraw(.dataset, "d", by: one)], &fixture)
        try Self.expect(.ok, of: [Self.publish(.dataset, "d", Self.card("d"), by: one)], &fixture)
        // Another account's name is another subject, and another account does not sign for it.
        try Self.expect(.registryUnknown, of: [Self.withdraw(.dataset, "d", by: fixture.id(2))], by: 2, &fixture)
        try Self.expect(.notTheSigner, of: [Self.withdraw(.dataset, "d", by: one)], by: 2, &fixture)
        try Self.expect(.registryUnknown, of: [Self.withdraw(.model, "d", by: one)], &fixture)
        try Self.expect(.registryUnknown, of: [Self.withdraw(.dataset, "d", 2, by: one)], &fixture)
        try Self.expect(.ok, of: [Self.withdraw(.dataset, "d", by: one)], &fixture)
        try Self.expect(.registryWithdrawn, of: [Self.withdraw(.dataset, "d", by: one)], &fixture)
    }

    @Test func `nobody else writes into the ledger's own collection`() throws {
        var fixture = try NetworkFixture(rules: 3)
        let one = fixture.id(1)
        try Self.expect(.ok, of: [Self.publish(.dataset, "d", Self.card("d"), by: one)], &fixture)
        let subject = try Self.version(.dataset, "d", of: one).subject
        let vector = try TextEmbedder.standard.vector(of: "something else")
        let put = Message.putVectors(
            PutVectorsMessage(writer: one, collection: 1, entries: [.init(subject: subject, vector: vector)]))
        let other = Message.putVectors(
            PutVectorsMessage(
                writer: one, collection: 1,
                entries: [.init(subject: VectorSubject(kind: 9, id: subject.id), vector: vector)]))
        let delete = Message.deleteVectors(DeleteVectorsMessage(writer: one, collection: 1, subjects: [subject]))
        for message in [put, other, delete] { try Self.expect(.vectorNotPermitted, of: [message], &fixture) }
    }

    @Test func `a transaction that fails after it made the ledger's collection leaves none`() throws {
        var fixture = try NetworkFixture(rules: 3)
        let one = fixture.id(1)
        try Self.expect(
            .registryUnknown,
            of: [Self.publish(.dataset, "d", Self.card("d"), by: one), Self.withdraw(.dataset, "x", by: one)], &fixture)
        #expect(fixture.ledgerState.collections.isEmpty)
        try Self.expect(.ok, of: [Self.publish(.dataset, "d", Self.card("d"), by: one)], &fixture)
        #expect(fixture.ledgerState.collections.keys.sorted() == [1])
    }

    @Test func `the longest cards fill a block and no more`() throws {
        var fixture = try NetworkFixture(rules: 3)
        let one = fixture.id(1)
        let text = String(repeating: "word and word ", count: 585)
        let names = (0..<500).map { "s\($0)" }
        let transactions = try stride(from: 0, to: names.count, by: 16).map { start in
            try fixture.transaction(
                by: 1,
                names[start..<min(start + 16, names.count)].map {
                    try Self.publish(.statement, $0, Self.statement(text), by: one)
                })
        }
        let codes = try fixture.run(Array(transactions)).results.map(\.code)
        let done = codes.prefix { $0 == .ok }.count
        #expect(done > 20 && done < codes.count && codes.dropFirst(done).allSatisfy { $0 == .vectorGasBlock })
    }
}
