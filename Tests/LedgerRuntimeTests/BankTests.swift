import Cryptography
import LedgerModel
import LedgerRuntime
import StateTree
import TestSupport
import Testing

/// Balances, fees and transfers: what is refused, what is charged, and that nothing comes from nowhere.
struct BankTests {
    @Test func `a transfer moves an amount`() throws {
        var fixture = try NetworkFixture()
        let move = try fixture.transfer(1, 2, Amount(300))
        try fixture.expectCodes(of: [move], [.ok])
        #expect(fixture.balance(1) == Amount(700) && fixture.balance(2) == Amount(1_300))
    }

    @Test func `who sends all he has keeps no entry`() throws {
        var fixture = try NetworkFixture()
        let move = try fixture.transfer(1, 2, Amount(1_000))
        try fixture.expectCodes(of: [move], [.ok])
        #expect(fixture.state.value("bank", BankKeys.balance(fixture.id(1))) == nil)
        let again = try fixture.transfer(1, 2, Amount(1))
        try fixture.expectCodes(of: [again], [.balanceTooSmall])
    }

    @Test func `who sends to himself has what he had, and must have it`() throws {
        var fixture = try NetworkFixture()
        let own = try fixture.transfer(1, 1, Amount(1_000))
        let more = try fixture.transfer(1, 1, Amount(1_001))
        try fixture.expectCodes(of: [own, more], [.ok, .balanceTooSmall])
        #expect(fixture.balance(1) == Amount(1_000))
    }

    @Test(arguments: [Amount(1_001), .max]) func `nobody sends more than he has`(_ amount: Amount) throws {
        var fixture = try NetworkFixture()
        let move = try fixture.transfer(1, 2, amount)
        try fixture.expectCodes(of: [move], [.balanceTooSmall])
        #expect(fixture.balance(1) == Amount(1_000) && fixture.balance(2) == Amount(1_000))
    }

    @Test func `nothing goes to an account that does not exist`() throws {
        var fixture = try NetworkFixture()
        let stranger = AccountID(SHA256.hash([9]))
        let move = try fixture.transaction(
            by: 1, [.transfer(TransferMessage(from: fixture.id(1), to: stranger, amount: Amount(1)))])
        try fixture.expectCodes(of: [move], [.recipientUnknown])
        #expect(fixture.balance(1) == Amount(1_000))
    }

    @Test func `nobody sends what is another's`() throws {
        var fixture = try NetworkFixture()
        let move = try fixture.transaction(
            by: 1, [.transfer(TransferMessage(from: fixture.id(2), to: fixture.id(1), amount: Amount(1)))])
        try fixture.expectCodes(of: [move], [.notTheSigner])
    }

    @Test func `fees go to their entry, and the whole offer is taken`() throws {
        var fixture = try NetworkFixture(fee: 5)
        let least = try fixture.transfer(1, 2, Amount(1), fee: Amount(5))
        let more = try fixture.transfer(2, 1, Amount(1), fee: Amount(20))
        try fixture.expectCodes(of: [least, more], [.ok, .ok])
        #expect(BankLedger.fees(in: BlockState(fixture.state)) == Amount(25))
        #expect(fixture.balance(1) == Amount(995) && fixture.balance(2) == Amount(980))
    }

    @Test func `a fee below the least one is refused and costs nothing`() throws {
        var fixture = try NetworkFixture(fee: 5)
        let none = try fixture.transfer(1, 2, Amount(1))
        let little = try fixture.transfer(1, 2, Amount(1), fee: Amount(4))
        try fixture.expectCodes(of: [none, little], [.feeTooSmall, .feeTooSmall])
        #expect(fixture.balance(1) == Amount(1_000))
        #expect(fixture.state.value("account", Array("windows".utf8)) == nil)
    }

    @Test func `a fee above the balance is refused and costs nothing`() throws {
        var fixture = try NetworkFixture(fee: 5)
        let rich = try fixture.transfer(1, 2, Amount(1), fee: Amount(1_001))
        try fixture.expectCodes(of: [rich], [.balanceTooSmall])
        #expect(fixture.balance(1) == Amount(1_000))
    }

    @Test func `the fee comes before the messages, which see what is left`() throws {
        var fixture = try NetworkFixture(fee: 5)
        let all = try fixture.transfer(1, 2, Amount(1_000), fee: Amount(5))
        let rest = try fixture.transfer(2, 1, Amount(995), fee: Amount(5))
        try fixture.expectCodes(of: [all, rest], [.balanceTooSmall, .ok])
        #expect(fixture.balance(1) == Amount(1_990) && fixture.balance(2) == .zero)
    }

    @Test func `the fee is charged when the messages fail, once`() throws {
        var fixture = try NetworkFixture(fee: 5)
        let good = Message.transfer(TransferMessage(from: fixture.id(1), to: fixture.id(2), amount: Amount(100)))
        let bad = Message.transfer(TransferMessage(from: fixture.id(1), to: fixture.id(2), amount: Amount(5_000)))
        let both = try fixture.transaction(by: 1, [good, bad], fee: Amount(7))
        try fixture.expectCodes(of: [both], [.balanceTooSmall])
        #expect(fixture.balance(1) == Amount(993) && fixture.balance(2) == Amount(1_000))
        try fixture.expectCodes(of: [both], [.duplicate])
        #expect(fixture.balance(1) == Amount(993))
    }

    @Test func `a sequence is used up by what fails, and its fee too`() throws {
        var fixture = try NetworkFixture(fee: 5)
        let bad = [Message.transfer(TransferMessage(from: fixture.id(1), to: fixture.id(2), amount: Amount(5_000)))]
        let first = try fixture.transaction(by: 1, bad, fee: Amount(5), sequence: 0)
        let second = try fixture.transaction(by: 1, bad, fee: Amount(5), sequence: 1)
        try fixture.expectCodes(of: [first, second, first], [.balanceTooSmall, .balanceTooSmall, .sequenceMismatch])
        #expect(fixture.balance(1) == Amount(990))
    }

    @Test func `on a ledger without balances anchoring is free, and nothing can be offered`() throws {
        var fixture = try NetworkFixture(balance: 0)
        let record = AnchorMessage.Record(rid: SHA256.hash([1]).bytes, statementHash: SHA256.hash([2]))
        let anchor = Message.anchor(AnchorMessage(issuer: fixture.id(1), first: 0, records: [record]))
        let offer = try fixture.transaction(by: 1, [anchor], fee: Amount(1))
        let free = try fixture.transaction(by: 1, [anchor])
        try fixture.expectCodes(of: [offer, free], [.balanceTooSmall, .ok])
        #expect(fixture.state.value("bank", BankKeys.supply()) == nil)
    }

    @Test func `admission refuses what a block would refuse`() throws {
        var fixture = try NetworkFixture(fee: 5)
        let cases: [(SignedTransaction, TransactionResult.Code?)] = [
            (try fixture.transfer(1, 2, Amount(1)), .feeTooSmall),
            (try fixture.transfer(1, 2, Amount(1), fee: Amount(1_001)), .balanceTooSmall),
            (try fixture.transfer(1, 2, Amount(1), fee: Amount(5)), nil),
        ]
        for (transaction, wanted) in cases {
            let code = TransactionExecution.refusal(
                of: transaction, height: Height(1), time: fixture.time, rules: .version2, in: BlockState(fixture.state))
            #expect(code == wanted)
        }
    }

    @Test func `the queue may hold sequences ahead, a block may not`() throws {
        var fixture = try NetworkFixture()
        let message = [Message.transfer(TransferMessage(from: fixture.id(1), to: fixture.id(2), amount: Amount(1)))]
        let state = BlockState(fixture.state)
        for (sequence, ahead, isRefused) in [(UInt64(2), UInt64(2), false), (3, 2, true), (1, 0, true), (0, 9, false)] {
            let transaction = try fixture.transaction(by: 1, message, sequence: sequence)
            let code = TransactionExecution.refusal(
                of: transaction, height: Height(1), time: fixture.time, rules: .version2, in: state,
                sequencesAhead: ahead)
            #expect((code == .sequenceMismatch) == isRefused)
        }
    }

    @Test(arguments: [UInt64(1), 2, 3, 4]) func `no history makes or loses a unit, and each follows a plain model`(
        _ seed: UInt64
    ) throws {
        var random = SeededGenerator(seed: seed)
        var fixture = try NetworkFixture(accounts: 5, balance: 100, fee: 1)
        var model = [UInt64](repeating: 100, count: 5)
        var fees: UInt64 = 0
        for _ in 0..<40 {
            var transactions: [SignedTransaction] = []
            var wanted: [Bool] = []
            for _ in 0..<Int.random(in: 0...12, using: &random) {
                let (from, to) = (Int.random(in: 0..<5, using: &random), Int.random(in: 0..<5, using: &random))
                let amounts = (0..<Int.random(in: 1...3, using: &random)).map { _ in
                    UInt64.random(in: 1...60, using: &random)
                }
                let fee = UInt64.random(in: 0...4, using: &random)
                transactions.append(
                    try fixture.transaction(
                        by: from,
                        amounts.map {
                            .transfer(
                                TransferMessage(from: fixture.id(from), to: fixture.id(to), amount: Amount($0)))
                        }, fee: Amount(fee)))
                guard fee >= 1, fee <= model[from] else {
                    wanted.append(false)
                    continue
                }
                model[from] -= fee
                fees += fee
                var tried = model
                var isDone = true
                for amount in amounts {
                    guard isDone, amount <= tried[from] else {
                        isDone = false
                        break
                    }
                    tried[from] -= amount
                    tried[to] += amount
                }
                if isDone { model = tried }
                wanted.append(isDone)
            }
            let outcome = try fixture.run(transactions)
            #expect(outcome.results.map { $0.code == .ok } == wanted)
            #expect(fixture.total == Amount(500))
            for index in 0..<5 { #expect(fixture.balance(index) == Amount(model[index])) }
            #expect(BankLedger.fees(in: BlockState(fixture.state)) == Amount(fees))
        }
        #expect(fixture.state.value("bank", BankKeys.supply()) == Amount(500).bytes)
    }

    @Test func `a supply of 2^256 - 1 is held together`() throws {
        var fixture = try NetworkFixture()
        fixture.genesis.balances = [
            .init(id: fixture.id(1), amount: .max.subtracting(Amount(9))!), .init(id: fixture.id(2), amount: Amount(9)),
        ]
        fixture.ledgerState = try fixture.genesis.state()
        let all = try fixture.transfer(2, 1, Amount(9))
        try fixture.expectCodes(of: [all], [.ok])
        #expect(fixture.balance(1) == .max)
    }
}
