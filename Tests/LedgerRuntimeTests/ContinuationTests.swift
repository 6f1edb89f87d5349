import Codec
import Cryptography
import LedgerModel
import Proofs
import StateTree
import Testing

@testable import LedgerRuntime

/// A ledger that goes on as a new revision (D23).
struct ContinuationTests {
    /// A ledger of some blocks, with fees, an authority and a set that has changed.
    static func ended() throws -> (fixture: NetworkFixture, head: LedgerHead) {
        var fixture = try NetworkFixture(fee: 5)
        try fixture.run([fixture.transfer(1, 2, Amount(100), fee: Amount(5))])
        try fixture.run([fixture.update([.leave(consensusKey: NetworkFixture.consensusKey(3))], fee: Amount(5))])
        try fixture.run([])
        let log = try AnchorLedger.frontier(in: BlockState(fixture.state))
        return (
            fixture,
            LedgerHead(
                ledger: fixture.genesis.ledger, height: Height(fixture.height), appHash: fixture.state.appHash,
                logSize: log.size, logRoot: log.root)
        )
    }

    static func seats(_ indices: [Int]) -> [ValidatorSeat] {
        indices.map {
            ValidatorSeat(
                consensusKey: NetworkFixture.consensusKey($0), power: 10, operatorName: "operator \($0)",
                receiptKey: NetworkFixture.receiptKey($0))
        }
    }

    static func next(_ fixture: NetworkFixture, _ head: LedgerHead, _ indices: [Int] = [0, 1, 7]) throws -> Genesis {
        try Genesis.continuing(
            head, fixture.ledgerState, time: fixture.time + 1, validators: seats(indices),
            accounts: fixture.genesis.accounts)
    }

    @Test func `everything goes on but the validators, and the state names what it continues`() throws {
        let (fixture, head) = try Self.ended()
        let genesis = try Self.next(fixture, head)
        #expect(genesis.chainID.text == "grove-2")
        #expect(genesis.base == head.height)
        let old = BlockState(fixture.state)
        let new = BlockState(try genesis.state(continuing: fixture.ledgerState))
        let entry = try #require(new.value(.upgrade, RevisionEntry.key("grove-1")))
        #expect(
            try RevisionEntry(decoding: entry)
                == RevisionEntry(genesisHash: fixture.genesis.hash, last: head.height))
        #expect(try ValidatorRegistry.current(in: new) == genesis.validatorSet())
        #expect(
            try ValidatorRegistry.terms(in: new)
                == [ValidatorTerm(first: head.height.next, hash: genesis.validatorSet().hash)])
        for height: UInt64 in [0, 1, head.height.value, head.height.value + 1, .max] {
            #expect(try ValidatorRegistry.set(at: Height(height), in: new) == genesis.validatorSet())
        }
        #expect(try AnchorLedger.frontier(in: new) == AnchorLedger.frontier(in: old))
        for index in 0..<4 {
            #expect(BankLedger.balance(of: fixture.id(index), in: new) == fixture.balance(index))
            let key = AccountEntry.key(fixture.id(index))
            #expect(new.value(.account, key) == old.value(.account, key))
        }
        #expect(BankLedger.feeMinimum(in: new) == Amount(5))
        #expect(new.value(.params, ParameterKeys.authority) == fixture.id(0).bytes)
        // Whoever left signs no receipts any more; who stays, as before; who joins, from the first block on.
        func keys(_ index: Int) throws -> [KeyListing] {
            try #require(ValidatorRegistry.entry(NetworkFixture.address(index), in: new)).receiptKeys
        }
        #expect(try keys(2).allSatisfy { $0.last == head.height })
        #expect(try keys(0) == [KeyListing(key: NetworkFixture.receiptKey(0), first: Height(0), last: nil)])
        #expect(try keys(7) == [KeyListing(key: NetworkFixture.receiptKey(7), first: head.height.next, last: nil)])
    }

    @Test func `it reads back, and changes its set as any ledger does`() throws {
        let (fixture, head) = try Self.ended()
        let genesis = try Self.next(fixture, head)
        #expect(try Genesis(decoding: genesis.encoded()) == genesis)
        #expect(try JCS.canonicalize(JSONDocument(parsing: genesis.encoded()).root) == genesis.encoded())
        var next = fixture
        next.genesis = genesis
        next.ledgerState = try genesis.state(continuing: fixture.ledgerState)
        try next.run([next.update([NetworkFixture.join(5, power: 3)], fee: Amount(5))])
        let state = BlockState(next.state)
        let first = Height(next.height + 2)
        #expect(try ValidatorRegistry.terms(in: state).map(\.first) == [head.height.next, first])
        #expect(try ValidatorRegistry.set(at: head.height.next, in: state) == genesis.validatorSet())
        #expect(try ValidatorRegistry.set(at: Height(1), in: state) == genesis.validatorSet())
        #expect(try ValidatorRegistry.set(at: first, in: state).members.count == 4)
    }

    @Test func `what was signed for the old revision is not taken`() throws {
        var (fixture, head) = try Self.ended()
        let signed = try fixture.transfer(1, 2, Amount(1), fee: Amount(5))
        let genesis = try Self.next(fixture, head)
        let read = try SignedTransaction(decoding: signed.encoded, on: genesis.ledger)
        #expect(signed.isSigned(at: 0, by: fixture.keys[1].publicKey))
        #expect(!read.isSigned(at: 0, by: fixture.keys[1].publicKey))
    }

    @Test func `a genesis that does not fit the state is refused`() throws {
        let (fixture, head) = try Self.ended()
        let genesis = try Self.next(fixture, head)
        let changes: [(inout Genesis) -> Void] = [
            { $0.continues?.appHash = SHA256.hash([1]) },
            { $0.continues?.logSize += 1 },
            { $0.continues?.logRoot = SHA256.hash([1]) },
            { $0.continues = nil },
            { $0.rulesVersion = 1 },
            { $0.rulesVersion = 99 },
            { $0.feeMinimum = Amount(4) },
            { $0.authority = AccountID(SHA256.hash([1])) },
            { $0.validators = [] },
            { $0.validators[1].receiptKey = $0.validators[0].receiptKey },
            { $0.validators[1].consensusKey = $0.validators[0].consensusKey },
            { $0.validators[0].power = 0 },
        ]
        for (index, change) in changes.enumerated() {
            var other = genesis
            change(&other)
            #expect(throws: GenesisFailure.self, "\(index)") {
                try other.state(continuing: fixture.ledgerState)
            }
        }
        #expect(throws: GenesisFailure.self) { try genesis.state() }
        #expect(throws: GenesisFailure.self) { try fixture.genesis.state(continuing: fixture.ledgerState) }
    }

    @Test func `a document that continues is held to its chain id, its members and its balances`() throws {
        let (fixture, head) = try Self.ended()
        let genesis = try Self.next(fixture, head)
        let changes: [(inout Genesis) -> Void] = [
            { $0.chainID = try! ChainID("grove-3") },
            { $0.chainID = try! ChainID("grove-1") },
            { $0.chainID = try! ChainID("glade-2") },
            { $0.balances = fixture.genesis.balances },
            { $0.continues?.height = Height(0) },
            { $0.continues?.height = Height(UInt64(Int64.max)) },
        ]
        for (index, change) in changes.enumerated() {
            var other = genesis
            change(&other)
            #expect(throws: GenesisFailure.self, "\(index)") { try Genesis(decoding: other.encoded()) }
        }
        let root = try JSONDocument(parsing: genesis.encoded()).root
        for name in ["appHash", "chainId", "genesisHash", "height", "logRoot", "logSize"] {
            let text = String(decoding: genesis.encoded(), as: UTF8.self)
            let value = try #require(root["continues"]?[name]?.string)
            let broken = text.replacing("\"\(name)\":\"\(value)\"", with: "\"\(name)\":\"\"", maxReplacements: 1)
            guard broken != text else { continue }
            #expect(throws: GenesisFailure.self, "\(name)") { try Genesis(decoding: Array(broken.utf8)) }
        }
    }

    @Test func `who has misbehaved is no validator of the next revision`() throws {
        var fixture = try NetworkFixture()
        try fixture.run([], misbehaviour: [fixture.misbehaviour(3, height: 1)])
        let log = try AnchorLedger.frontier(in: BlockState(fixture.state))
        let head = LedgerHead(
            ledger: fixture.genesis.ledger, height: Height(fixture.height), appHash: fixture.state.appHash,
            logSize: log.size, logRoot: log.root)
        #expect(throws: GenesisFailure.self) { try Self.next(fixture, head, [0, 1, 3]) }
        _ = try Self.next(fixture, head, [0, 1])
    }

    @Test func `chain ids count on and back`() throws {
        #expect(try ChainID("a-b-9").next.text == "a-b-10")
        #expect(try ChainID("a-b-10").previous?.text == "a-b-9")
        #expect(try ChainID("a-1").previous == nil)
        #expect(throws: LedgerModelFailure.self) { try ChainID("a-9223372036854775807").next }
        let long = String(repeating: "a", count: 48) + "-9"
        #expect(throws: LedgerModelFailure.self) { try ChainID(long).next }
    }
}
