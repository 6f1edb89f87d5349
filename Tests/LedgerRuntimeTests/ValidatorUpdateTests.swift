import Cryptography
import LedgerModel
import LedgerRuntime
import Proofs
import StateTree
import TestSupport
import Testing

/// Sets of validators that change at h + 2: by whom, into what, and what the state says of each height.
struct ValidatorUpdateTests {
    private static func set(_ rows: [(Int, Int64)]) throws -> ValidatorSet {
        try ValidatorSet(
            members: rows.map {
                LedgerModel.Validator(publicKey: NetworkFixture.consensusKey($0.0), votingPower: $0.1)
            })
    }

    private static let genesisRows: [(Int, Int64)] = [(0, 10), (1, 10), (2, 10), (3, 10)]

    @Test func `a block decides on the set of the next but one`() throws {
        var fixture = try NetworkFixture()
        let before = try fixture.run([])
        let update = try fixture.update([NetworkFixture.join(4, power: 7)])
        let outcome = try fixture.run([update])
        #expect(outcome.results.map(\.code) == [.ok])
        #expect(try before.nextValidators.hash == Self.set(Self.genesisRows).hash)
        #expect(try outcome.nextValidators.hash == Self.set(Self.genesisRows + [(4, 7)]).hash)
        let state = BlockState(fixture.state)
        for (height, hasJoined) in [(UInt64(0), false), (1, false), (3, false), (4, true), (5, true), (99, true)] {
            let set = try ValidatorRegistry.set(at: Height(height), in: state)
            #expect((set.index(of: NetworkFixture.address(4).bytes) != nil) == hasJoined)
        }
    }

    @Test func `an empty block after a change moves no root`() throws {
        var fixture = try NetworkFixture()
        let update = try fixture.update([NetworkFixture.join(4, power: 7)])
        let outcome = try fixture.run([update])
        let idle = try fixture.run([])
        #expect(!idle.changesState && idle.nextValidators == outcome.nextValidators)
    }

    @Test func `a key is rotated by one message`() throws {
        var fixture = try NetworkFixture()
        let update = try fixture.update([
            .leave(consensusKey: NetworkFixture.consensusKey(3)), NetworkFixture.join(9, power: 10, receiptKey: 3),
        ])
        let outcome = try fixture.run([update])
        #expect(outcome.results.map(\.code) == [.ok])
        #expect(try outcome.nextValidators.hash == Self.set([(0, 10), (1, 10), (2, 10), (9, 10)]).hash)
    }

    @Test func `nobody but the authority changes the set`() throws {
        var fixture = try NetworkFixture()
        let stranger = try fixture.update([NetworkFixture.join(4, power: 7)], by: 1)
        let forged = try fixture.transaction(
            by: 1,
            [
                .updateValidators(
                    UpdateValidatorsMessage(
                        authority: fixture.id(0), updates: [NetworkFixture.join(4, power: 7)]))
            ])
        let outcome = try fixture.run([stranger, forged])
        #expect(outcome.results.map(\.code) == [.notTheAuthority, .notTheSigner])
        #expect(try outcome.nextValidators.hash == Self.set(Self.genesisRows).hash)
    }

    @Test func `without an authority in genesis nobody does`() throws {
        var fixture = try NetworkFixture()
        fixture.genesis.authority = nil
        fixture.ledgerState = try fixture.genesis.state()
        let update = try fixture.update([NetworkFixture.join(4, power: 7)])
        try fixture.expectCodes(of: [update], [.notTheAuthority])
    }

    @Test func `sets that cannot be are refused and change nothing`() throws {
        var fixture = try NetworkFixture()
        let everybody = (0..<4).map { ValidatorUpdate.leave(consensusKey: NetworkFixture.consensusKey($0)) }
        let cases: [([ValidatorUpdate], TransactionResult.Code)] = [
            ([.leave(consensusKey: NetworkFixture.consensusKey(7))], .validatorUnknown),
            (everybody, .noValidatorLeft),
            ([NetworkFixture.join(4, power: ValidatorSet.powerMax)], .validatorSetInvalid),
            ([NetworkFixture.join(4, power: 1, receiptKey: 2)], .receiptKeyTaken),
            (
                [NetworkFixture.join(4, power: 1, receiptKey: 8), NetworkFixture.join(5, power: 1, receiptKey: 8)],
                .receiptKeyTaken
            ),
            ([NetworkFixture.join(0, power: 10, receiptKey: 1)], .receiptKeyTaken),
        ]
        for (updates, wanted) in cases {
            let update = try fixture.update(updates)
            let outcome = try fixture.run([update])
            #expect(outcome.results.map(\.code) == [wanted])
            #expect(try outcome.nextValidators.hash == Self.set(Self.genesisRows).hash)
            #expect(ValidatorRegistry.entry(NetworkFixture.address(4), in: BlockState(fixture.state)) == nil)
        }
    }

    @Test func `all but the last may leave`() throws {
        var fixture = try NetworkFixture()
        let most = (1..<4).map { ValidatorUpdate.leave(consensusKey: NetworkFixture.consensusKey($0)) }
        let update = try fixture.update(most)
        let last = try fixture.update([.leave(consensusKey: NetworkFixture.consensusKey(0))])
        try fixture.expectCodes(of: [update, last], [.ok, .noValidatorLeft])
    }

    @Test func `receipt keys keep the heights for which they count`() throws {
        var fixture = try NetworkFixture()
        func listings(_ index: Int) throws -> [KeyListing] {
            let entry = ValidatorRegistry.entry(NetworkFixture.address(index), in: BlockState(fixture.state))
            return try #require(entry).receiptKeys
        }
        try fixture.run([try fixture.update([NetworkFixture.join(1, power: 20)])])
        #expect(try listings(1).map(\.last) == [nil])
        try fixture.run([try fixture.update([NetworkFixture.join(1, power: 20, receiptKey: 31)])])
        #expect(try listings(1).map(\.first) == [Height(0), Height(3)])
        #expect(try listings(1).map(\.last) == [Height(2), nil])
        try fixture.run([try fixture.update([.leave(consensusKey: NetworkFixture.consensusKey(1))])])
        #expect(try listings(1).map(\.last) == [Height(2), Height(3)])
        // The old key again, after others: a new listing, since nothing is deleted.
        try fixture.run([try fixture.update([NetworkFixture.join(1, power: 20)])])
        #expect(try listings(1).map(\.first) == [Height(0), Height(3), Height(5)])
        #expect(try listings(1).last?.last == nil)
    }

    @Test func `a validator lists no more receipt keys than it may`() throws {
        var fixture = try NetworkFixture()
        for index in 1..<64 {
            let update = try fixture.update([NetworkFixture.join(1, power: 10, receiptKey: 100 + index)])
            try fixture.expectCodes(of: [update], [.ok])
        }
        let one = try fixture.update([NetworkFixture.join(1, power: 10, receiptKey: 99)])
        try fixture.expectCodes(of: [one], [.tooManyKeys])
    }

    @Test func `what one transaction of a block joined another may take out again`() throws {
        var fixture = try NetworkFixture()
        let join = try fixture.update([NetworkFixture.join(4, power: 7)])
        let leave = try fixture.update([.leave(consensusKey: NetworkFixture.consensusKey(4))])
        let outcome = try fixture.run([join, leave])
        #expect(outcome.results.map(\.code) == [.ok, .ok])
        #expect(try outcome.nextValidators.hash == Self.set(Self.genesisRows).hash)
        let entry = ValidatorRegistry.entry(NetworkFixture.address(4), in: BlockState(fixture.state))
        let counts = try #require(entry).receiptKeys.contains { listing in
            (0..<9).contains { listing.covers(Height($0)) }
        }
        #expect(!counts)
    }

    @Test(arguments: [UInt64(5), 6, 7]) func `many changes follow a plain model, at every height for ever`(
        _ seed: UInt64
    ) throws {
        var random = SeededGenerator(seed: seed)
        var fixture = try NetworkFixture()
        var current = Dictionary(uniqueKeysWithValues: Self.genesisRows)
        // What each height's set must be.
        var model: [UInt64: [Int: Int64]] = [0: current, 1: current, 2: current]
        for height in UInt64(1)...60 {
            var transactions: [SignedTransaction] = []
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                var next = current
                var updates: [ValidatorUpdate] = []
                for index in Set((0..<3).map { _ in Int.random(in: 0..<9, using: &random) }).sorted() {
                    if next[index] != nil, Bool.random(using: &random), next.count > 1 {
                        updates.append(.leave(consensusKey: NetworkFixture.consensusKey(index)))
                        next[index] = nil
                    } else {
                        let power = Int64.random(in: 1...50, using: &random)
                        updates.append(NetworkFixture.join(index, power: power))
                        next[index] = power
                    }
                }
                transactions.append(try fixture.update(updates))
                current = next
            }
            let outcome = try fixture.run(transactions)
            #expect(outcome.results.allSatisfy { $0.code == .ok || $0.code == .tooManyKeys })
            guard outcome.results.allSatisfy({ $0.code == .ok }) else { return }
            model[height + 2] = current
            let state = BlockState(fixture.state)
            for (height, rows) in model {
                let set = try ValidatorRegistry.set(at: Height(height), in: state)
                #expect(try set.hash == Self.set(rows.map { ($0.key, $0.value) }).hash, "height \(height)")
            }
            #expect(try outcome.nextValidators.hash == Self.set(current.map { ($0.key, $0.value) }).hash)
            let terms = try ValidatorRegistry.terms(in: state)
            #expect(terms.first?.first == Height(0) && zip(terms, terms.dropFirst()).allSatisfy { $0.first < $1.first })
            for term in terms {
                #expect(try ValidatorRegistry.set(from: term.first, in: state).hash == term.hash)
                #expect(try ValidatorRegistry.set(at: term.first, in: state).hash == term.hash)
            }
            for member in outcome.nextValidators.members {
                let entry = try #require(ValidatorRegistry.entry(Address(member.address)!, in: state))
                #expect(entry.receiptKeys.filter { $0.covers(Height(height + 1)) }.count == 1)
            }
        }
    }
}
