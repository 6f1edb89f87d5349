import Cryptography
import LedgerModel
import LedgerRuntime
import StateTree
import Testing

/// What the ledger does with proven misbehaviour.
struct MisbehaviourTests {
    private static func isMember(_ index: Int, of set: ValidatorSet) -> Bool {
        set.index(of: NetworkFixture.address(index).bytes) != nil
    }

    @Test func `who has misbehaved is recorded and leaves with the next set but one`() throws {
        var fixture = try NetworkFixture()
        let proven = fixture.misbehaviour(2, height: 1)
        let outcome = try fixture.run([], misbehaviour: [proven])
        #expect(outcome.changesState)
        #expect(!Self.isMember(2, of: outcome.nextValidators) && outcome.nextValidators.members.count == 3)
        let state = BlockState(fixture.state)
        let key = MisbehaviourEntry.key(NetworkFixture.address(2), at: Height(1))
        let entry = try MisbehaviourEntry(decoding: try #require(state.value(.staking, key)))
        #expect(entry == MisbehaviourEntry(proven, recorded: Height(1)))
        let (second, third) = (
            try ValidatorRegistry.set(at: Height(2), in: state), try ValidatorRegistry.set(at: Height(3), in: state)
        )
        #expect(Self.isMember(2, of: second) && !Self.isMember(2, of: third))
        let registered = try #require(ValidatorRegistry.entry(NetworkFixture.address(2), in: state))
        #expect(registered.convicted == Height(1))
        #expect(registered.receiptKeys.map(\.last) == [Height(1)])
    }

    @Test func `the same height's misbehaviour is recorded once, another's as well`() throws {
        var fixture = try NetworkFixture()
        let first = try fixture.run([], misbehaviour: [fixture.misbehaviour(2, height: 1)])
        let again = try fixture.run(
            [],
            misbehaviour: [
                fixture.misbehaviour(2, height: 1, kind: .lightClientAttack)
            ])
        #expect(again.appHash == first.appHash && !again.changesState)
        let other = try fixture.run([], misbehaviour: [fixture.misbehaviour(2, height: 2)])
        #expect(other.changesState && other.nextValidators == first.nextValidators)
        let state = BlockState(fixture.state)
        #expect(ValidatorRegistry.isRecorded(NetworkFixture.address(2), at: Height(2), in: state))
        #expect(!ValidatorRegistry.isRecorded(NetworkFixture.address(2), at: Height(3), in: state))
        #expect(ValidatorRegistry.entry(NetworkFixture.address(2), in: state)?.convicted == Height(1))
    }

    @Test func `the key never comes back, another key of the operator may`() throws {
        var fixture = try NetworkFixture()
        try fixture.run([], misbehaviour: [fixture.misbehaviour(2, height: 1)])
        let back = try fixture.update([NetworkFixture.join(2, power: 1)])
        let both = try fixture.update([NetworkFixture.join(7, power: 1), NetworkFixture.join(2, power: 1)])
        let other = try fixture.update([NetworkFixture.join(7, power: 1, receiptKey: 2)])
        try fixture.expectCodes(of: [back, both, other], [.validatorConvicted, .validatorConvicted, .ok])
        for _ in 0..<3 { try fixture.run([]) }
        let late = try fixture.update([NetworkFixture.join(2, power: 1)])
        try fixture.expectCodes(of: [late], [.validatorConvicted])
    }

    @Test func `the block that proves it already refuses his return`() throws {
        var fixture = try NetworkFixture()
        let back = try fixture.update([NetworkFixture.join(2, power: 99)])
        let outcome = try fixture.run([back], misbehaviour: [fixture.misbehaviour(2, height: 1)])
        #expect(outcome.results.map(\.code) == [.validatorConvicted])
        #expect(!Self.isMember(2, of: outcome.nextValidators))
    }

    @Test func `where nobody else is left they stay, until somebody joins`() throws {
        var fixture = try NetworkFixture(powers: [10, 10])
        let all = try fixture.run(
            [],
            misbehaviour: [
                fixture.misbehaviour(0, height: 1), fixture.misbehaviour(1, height: 1),
            ])
        #expect(all.nextValidators.members.count == 2)
        let stay = try fixture.update([NetworkFixture.join(0, power: 11)])
        let join = try fixture.update([NetworkFixture.join(5, power: 1)])
        let outcome = try fixture.run([stay, join])
        #expect(outcome.results.map(\.code) == [.validatorConvicted, .ok])
        #expect(outcome.nextValidators.members.map(\.address) == [NetworkFixture.address(5).bytes])
    }

    @Test func `a solo validator that misbehaved goes on alone`() throws {
        var fixture = try NetworkFixture(powers: [10])
        let outcome = try fixture.run([], misbehaviour: [fixture.misbehaviour(0, height: 1)])
        #expect(outcome.nextValidators.members.count == 1 && outcome.changesState)
    }

    @Test func `who has left already is recorded as well, and cannot come back`() throws {
        var fixture = try NetworkFixture()
        let leave = try fixture.update([.leave(consensusKey: NetworkFixture.consensusKey(3))])
        let left = try fixture.run([leave])
        let outcome = try fixture.run([], misbehaviour: [fixture.misbehaviour(3, height: 1)])
        #expect(outcome.nextValidators == left.nextValidators)
        let back = try fixture.update([NetworkFixture.join(3, power: 1)])
        try fixture.expectCodes(of: [back], [.validatorConvicted])
    }

    @Test func `a block that accuses somebody who never was a validator is nobody's`() throws {
        let fixture = try NetworkFixture()
        #expect(throws: RuntimeFailure.self) {
            try fixture.execute([], misbehaviour: [fixture.misbehaviour(17, height: 1)])
        }
    }

    @Test func `under version 1 nothing comes of it`() throws {
        var fixture = try NetworkFixture(rules: 1)
        let before = fixture.state.appHash
        let outcome = try fixture.run([], misbehaviour: [fixture.misbehaviour(2, height: 1)])
        #expect(outcome.appHash == before && outcome.nextValidators.members.count == 4)
    }
}
