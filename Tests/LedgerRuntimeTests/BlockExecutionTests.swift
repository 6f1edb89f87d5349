import Codec
import Cryptography
import LedgerModel
import LedgerRuntime
import Proofs
import StateTree
import Testing

struct BlockExecutionTests {
    @Test func `an empty block leaves every root as it was`() throws {
        var fixture = try LedgerFixture()
        let before = fixture.state.appHash
        for _ in 0..<3 {
            let outcome = try fixture.run([])
            #expect(outcome.appHash == before)
            #expect(!outcome.changesState)
        }
    }

    @Test func `every store is there from genesis with its sentinels`() throws {
        let fixture = try LedgerFixture()
        #expect(fixture.state.names == StoreName.allCases.map(\.rawValue))
        for root in fixture.state.roots { #expect(root.count >= 2) }
    }

    @Test func `entry 0 of the log is the genesis hash`() throws {
        let fixture = try LedgerFixture()
        let log = try LogState(decoding: #require(fixture.state.value("anchor", LogState.key)))
        #expect(log.size == 1)
        #expect(log.root == TransparencyLog.leafHash(entry: fixture.genesis.hash.bytes))
    }

    @Test func `an anchor appends its statements and says where, when and by whom`() throws {
        var fixture = try LedgerFixture()
        let message = fixture.anchor(first: 0, count: 3)
        let outcome = try fixture.run([fixture.transaction([message])])
        #expect(outcome.results.map(\.code) == [.ok])
        #expect(outcome.logEntries.count == 3)
        guard case .anchor(let anchor) = message else { return }
        for (index, record) in anchor.records.enumerated() {
            let value = try #require(fixture.state.value("anchor", AnchoredRecord.key(record.rid)))
            let stored = try AnchoredRecord(decoding: value)
            #expect(stored.leafIndex == UInt64(index + 1))
            #expect(stored.height == Height(1))
            #expect(stored.issuer == fixture.account)
            #expect(stored.number == UInt64(index))
        }
        #expect(AnchorLedger.nextNumber(of: fixture.account, in: BlockState(fixture.state)) == 3)
    }

    @Test func `a number that is not the issuer's next one is refused and changes nothing`() throws {
        var fixture = try LedgerFixture()
        let outcome = try fixture.run([fixture.transaction([fixture.anchor(first: 1, count: 1)])])
        #expect(outcome.results.map(\.code) == [.anchorNotNext])
        #expect(outcome.logEntries.isEmpty)
        #expect(outcome.log.size == 1)
    }

    @Test func `a record id is anchored once`() throws {
        var fixture = try LedgerFixture()
        try fixture.run([fixture.transaction([fixture.anchor(first: 0, count: 2)])])
        guard case .anchor(var anchor) = fixture.anchor(first: 0, count: 2) else { return }
        anchor.first = 2
        let outcome = try fixture.run([fixture.transaction([.anchor(anchor)])])
        #expect(outcome.results.map(\.code) == [.recordExists])
    }

    @Test func `the same record id twice in one anchor is refused`() throws {
        var fixture = try LedgerFixture()
        guard case .anchor(var anchor) = fixture.anchor(first: 0, count: 1) else { return }
        anchor.records.append(anchor.records[0])
        let outcome = try fixture.run([fixture.transaction([.anchor(anchor)])])
        #expect(outcome.results.map(\.code) == [.recordExists])
    }

    @Test func `a transaction whose second message fails changes nothing at all`() throws {
        var fixture = try LedgerFixture()
        let outcome = try fixture.run([
            fixture.transaction([fixture.anchor(first: 0, count: 2), fixture.anchor(first: 9, count: 1, salt: 1)])
        ])
        #expect(outcome.results.map(\.code) == [.anchorNotNext])
        #expect(outcome.logEntries.isEmpty)
        #expect(AnchorLedger.nextNumber(of: fixture.account, in: BlockState(fixture.state)) == 0)
    }

    @Test func `the same transaction is carried out once`() throws {
        var fixture = try LedgerFixture()
        let transaction = try fixture.transaction([fixture.anchor(first: 0, count: 1)])
        try fixture.run([transaction])
        let codes1 = try fixture.run([transaction]).results.map(\.code)
        #expect(codes1 == [.duplicate])
    }

    @Test func `what failed is used up as well`() throws {
        var fixture = try LedgerFixture()
        let transaction = try fixture.transaction([fixture.anchor(first: 5, count: 1)])
        let codes2 = try fixture.run([transaction]).results.map(\.code)
        #expect(codes2 == [.anchorNotNext])
        let codes3 = try fixture.run([transaction]).results.map(\.code)
        #expect(codes3 == [.duplicate])
    }

    @Test func `expiry lies after the block and within ten minutes`() throws {
        var fixture = try LedgerFixture()
        let past = try fixture.transaction([fixture.anchor(first: 0, count: 1)], validUntil: fixture.time)
        let far = try fixture.transaction(
            [fixture.anchor(first: 0, count: 1)], validUntil: fixture.time + 700_000_000_000)
        let codes4 = try fixture.run([past, far]).results.map(\.code)
        #expect(codes4 == [.expired, .expiryTooFar])
    }

    @Test func `expired entries are deleted by the next block that has work, not by an empty one`() throws {
        var fixture = try LedgerFixture()
        try fixture.run([fixture.transaction([fixture.anchor(first: 0, count: 1)])])
        let windows = Array("windows".utf8)
        #expect(fixture.state.value("account", windows) != nil)
        let idle = try fixture.run([], after: 900_000_000_000)
        #expect(!idle.changesState)
        try fixture.run([fixture.transaction([fixture.anchor(first: 1, count: 1)])])
        #expect(fixture.state.value("account", windows)?.count == 8)
    }

    @Test func `a sequence is the account's next one`() throws {
        var fixture = try LedgerFixture()
        let wrong = try fixture.transaction([fixture.anchor(first: 0, count: 1)], sequence: 1)
        let right = try fixture.transaction([fixture.anchor(first: 0, count: 1)], sequence: 0)
        let codes5 = try fixture.run([wrong, right]).results.map(\.code)
        #expect(codes5 == [.sequenceMismatch, .ok])
        let codes6 = try fixture.run([right]).results.map(\.code)
        #expect(codes6 == [.sequenceMismatch])
    }

    @Test func `nobody speaks for an account that did not sign`() throws {
        var fixture = try LedgerFixture()
        guard case .anchor(var anchor) = fixture.anchor(first: 0, count: 1) else { return }
        anchor.issuer = AccountID(SHA256.hash([1]))
        let codes7 = try fixture.run([fixture.transaction([.anchor(anchor)])]).results.map(\.code)
        #expect(codes7 == [.notTheSigner])
    }

    @Test func `a block with a signature that does not hold is nobody's`() throws {
        let fixture = try LedgerFixture()
        var bytes = try fixture.transaction([fixture.anchor(first: 0, count: 1)]).encoded
        bytes[bytes.count - 1] ^= 1
        #expect(throws: RuntimeFailure.self) { try fixture.execute([bytes]) }
    }

    @Test func `a block with bytes that are no transaction is nobody's`() throws {
        let fixture = try LedgerFixture()
        #expect(throws: RuntimeFailure.self) { try fixture.execute([[1, 2, 3]]) }
        #expect(throws: RuntimeFailure.self) { try fixture.execute([[]]) }
    }

    @Test func `a transaction for another ledger is nobody's`() throws {
        let fixture = try LedgerFixture()
        let body = TransactionBody(
            signers: [fixture.account], feePayer: fixture.account, validUntil: fixture.soon, sequence: nil,
            messages: [fixture.anchor(first: 0, count: 1)])
        let other = LedgerIdentity(chainID: try ChainID("grove-2"), genesisHash: fixture.ledger.genesisHash)
        let foreign = try SignedTransaction.sign(body, on: other, keys: [fixture.key])
        #expect(throws: RuntimeFailure.self) { try fixture.execute([foreign.encoded]) }
    }

    @Test func `keys are added and ended, never the last one`() throws {
        var fixture = try LedgerFixture()
        let second = try SigningKey(.es256, secret: [UInt8](repeating: 9, count: 32))
        let last = EndKeyMessage(
            account: fixture.account, thumbprint: fixture.key.publicKey.thumbprint, last: Height(10))
        let codes8 = try fixture.run([fixture.transaction([.endKey(last)])]).results.map(\.code)
        #expect(codes8 == [.lastKey])
        let add = AddKeyMessage(account: fixture.account, key: second.publicKey)
        let codes9 = try fixture.run([fixture.transaction([.addKey(add)])]).results.map(\.code)
        #expect(codes9 == [.ok])
        let codes10 = try fixture.run([fixture.transaction([.addKey(add)], validUntil: fixture.soon + 1)]).results.map(
            \.code)
        #expect(codes10 == [.keyExists])
        // The new key signs, and ends the old one with this block.
        let end = EndKeyMessage(
            account: fixture.account, thumbprint: fixture.key.publicKey.thumbprint, last: Height(fixture.height + 1))
        let codes11 = try fixture.run([fixture.transaction([.endKey(end)], key: second)]).results.map(\.code)
        #expect(codes11 == [.ok])
        let late = try fixture.transaction([fixture.anchor(first: 0, count: 1)])
        #expect(throws: RuntimeFailure.self) { try fixture.run([late]) }
    }

    @Test func `a tombstone is the issuer's, once, and of a record that is there`() throws {
        var fixture = try LedgerFixture()
        let message = fixture.anchor(first: 0, count: 1)
        try fixture.run([fixture.transaction([message])])
        guard case .anchor(let anchor) = message else { return }
        let stone = TombstoneMessage(issuer: fixture.account, rid: anchor.records[0].rid, reason: 1, time: 5)
        let unknown = TombstoneMessage(issuer: fixture.account, rid: SHA256.hash([3]).bytes, reason: 1, time: 5)
        let outcome = try fixture.run([
            fixture.transaction([.tombstone(unknown)]), fixture.transaction([.tombstone(stone)]),
            fixture.transaction([.tombstone(stone)], validUntil: fixture.soon + 1),
        ])
        #expect(outcome.results.map(\.code) == [.recordUnknown, .ok, .recordErased])
        #expect(fixture.state.value("anchor", Tombstone.key(anchor.records[0].rid)) != nil)
    }

    @Test func `two nodes that execute the same blocks agree on every root`() throws {
        var (one, other) = (try LedgerFixture(), try LedgerFixture())
        for block in 0..<10 {
            let first = UInt64(block * 3)
            let transactions = [try one.transaction([one.anchor(first: first, count: 3)])]
            let left = try one.run(transactions)
            let right = try other.run(transactions)
            #expect(left.appHash == right.appHash)
            #expect(left.resultsHash == right.resultsHash)
            #expect(left.log == right.log)
        }
    }
}
