import Codec
import Cryptography
import LedgerModel
import LedgerRuntime
import StateTree
import Testing

/// What version 2 of the rules adds, that version 1 stays what it was, and the way from one to the other.
struct RulesVersionTests {
    private static func codes(_ fixture: NetworkFixture, _ transaction: SignedTransaction) -> TransactionResult.Code? {
        TransactionExecution.refusal(
            of: transaction, height: Height(1), time: fixture.time, rules: .version1, in: BlockState(fixture.state))
    }

    @Test func `under version 1 what version 2 brought makes a block nobody's, and is not admitted`() throws {
        var fixture = try NetworkFixture(rules: 1)
        let record = AnchorMessage.Record(rid: SHA256.hash([1]).bytes, statementHash: SHA256.hash([2]))
        let anchor = Message.anchor(AnchorMessage(issuer: fixture.id(1), first: 0, records: [record]))
        let transactions = [
            try fixture.transfer(1, 2, Amount(1)), try fixture.update([NetworkFixture.join(4, power: 1)]),
            try fixture.transaction(by: 1, [anchor], fee: Amount(1)),
        ]
        for transaction in transactions {
            #expect(Self.codes(fixture, transaction) == .notInTheseRules)
            #expect(throws: RuntimeFailure.self) { try fixture.execute([transaction.encoded]) }
            #expect(throws: RuntimeFailure.self) { try fixture.execute([transaction.encoded]) { _ in transaction } }
        }
        let old = try fixture.transaction(by: 1, [anchor])
        #expect(Self.codes(fixture, old) == nil)
        try fixture.expectCodes(of: [old], [.ok])
    }

    /// Roots of a fixed history as the code before version 2 made them.
    @Test func `a version 1 ledger keeps its roots to the byte`() throws {
        var fixture = try LedgerFixture()
        #expect(fixture.genesis.hash.hex == "c6e22135ec395bdded3f1bacf378f055483c817f4c917348197979f4cf7a462b")
        #expect(fixture.state.appHash.hex == "4a27a8973cdceaff5123d32dbef5e35853066330b033d2f3cf77161302d24670")
        let first = try fixture.transaction([fixture.anchor(first: 0, count: 3)])
        let failed = try fixture.transaction([fixture.anchor(first: 9, count: 1)])
        let sequenced = try fixture.transaction([fixture.anchor(first: 3, count: 1)], sequence: 0)
        let outcome = try fixture.run([first, failed, sequenced])
        #expect(outcome.results.map(\.code) == [.ok, .anchorNotNext, .ok])
        #expect(outcome.appHash.hex == "69f7f233698462e7ee3f66ba05e399a1f1880a18a995bd534969b0778fc687b3")
        #expect(outcome.resultsHash.hex == "eb6c6e78c3a381b9ff5bdfeab394b238cf34bfcf74828e14326362468f96e8c0")
    }

    @Test func `a ledger goes from version 1 to 2 at its height, and replays to the same roots`() throws {
        func history() throws -> [Digest] {
            var fixture = try NetworkFixture(rules: 1)
            let rules = CBOR.array([.array([0, 1]), .array([3, 2])]).encoded()
            fixture.ledgerState = try LedgerState(
                fixture.state.updated(by: [(store: "params", changes: [(key: Array("rules".utf8), value: rules)])])
                    .forest)
            var roots: [Digest] = []
            for height in 1...4 {
                let record = AnchorMessage.Record(
                    rid: SHA256.hash([UInt8(height)]).bytes, statementHash: SHA256.hash([2]))
                let anchor = Message.anchor(
                    AnchorMessage(issuer: fixture.id(1), first: UInt64(height - 1), records: [record]))
                let offer = try fixture.transfer(1, 2, Amount(1))
                if height < 3 {
                    #expect(throws: RuntimeFailure.self) { try fixture.execute([offer.encoded]) }
                }
                let transactions = [try fixture.transaction(by: 1, [anchor])] + (height < 3 ? [] : [offer])
                let outcome = try fixture.run(transactions)
                #expect(outcome.results.map(\.code) == (height < 3 ? [.ok] : [.ok, .balanceTooSmall]))
                roots += [outcome.appHash, outcome.resultsHash]
            }
            return roots
        }
        let (once, again) = (try history(), try history())
        #expect(once == again)
    }

    @Test func `rules that this binary lacks stop it`() throws {
        var fixture = try NetworkFixture()
        let rules = CBOR.array([.array([0, 2]), .array([1, 99])]).encoded()
        fixture.ledgerState = try LedgerState(
            fixture.state.updated(by: [(store: "params", changes: [(key: Array("rules".utf8), value: rules)])]).forest)
        let state = fixture
        #expect(throws: RuntimeFailure.unknownRules(version: 99)) { try state.execute([]) }
    }

    @Test func `from version 2 on, whether a node has seen a transaction before changes nothing`() throws {
        var fixture = try NetworkFixture()
        // The key that signs is not the account's any more: the block stands, whoever looks.
        let second = try SigningKey(.edDSA, secret: [UInt8](repeating: 99, count: 32))
        let stale = try fixture.transfer(1, 2, Amount(1))
        let add = try fixture.transaction(
            by: 1, [.addKey(AddKeyMessage(account: fixture.id(1), key: second.publicKey))])
        let end = try fixture.transaction(
            by: 1,
            [
                .endKey(
                    EndKeyMessage(
                        account: fixture.id(1), thumbprint: fixture.keys[1].publicKey.thumbprint, last: Height(1)))
            ])
        try fixture.run([add, end])
        let cold = try fixture.execute([stale.encoded])
        let warm = try fixture.execute([stale.encoded]) { _ in stale }
        #expect(cold.results == warm.results && cold.appHash == warm.appHash)
        #expect(cold.results.map(\.code) == [.accountUnknown])
    }

    @Test func `a signature that does not hold makes the block nobody's under version 2 too`() throws {
        var fixture = try NetworkFixture()
        var bytes = try fixture.transfer(1, 2, Amount(1)).encoded
        bytes[bytes.count - 1] ^= 1
        let state = fixture
        #expect(throws: RuntimeFailure.self) { try state.execute([bytes]) }
    }
}
