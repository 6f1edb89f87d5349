import Consensus
import LedgerModel
import Testing

/// Who proposes, and when.
struct ProposerTests {
    /// Turns of a rotation, told by power.
    private func turns(_ powers: [Int64], _ count: Int) -> [Int64] {
        let council = Council(powers: powers)
        var rotation = council.rotation
        return (0..<count).map { _ in
            defer { rotation.advance(by: 1) }
            return council.set.members[council.set.index(of: rotation.proposer)!].votingPower
        }
    }

    @Test func `The order is CometBFT's, computed by hand`() {
        // Priorities after each turn, for (4, 3, 2): (-5,3,2) (-1,-3,4) (3,0,-3) (-2,3,-1) (2,-3,1) (-3,0,3) (1,3,-4) (5,-3,-2) (0,0,0)
        #expect(turns([4, 3, 2], 10) == [4, 3, 2, 4, 3, 4, 2, 3, 4, 4])
    }

    @Test(arguments: [[1000, 300, 330], [1, 1, 1], [1, 1_000_000], [7, 7, 1], [1 << 40, 3, 5]] as [[Int64]])
    func `Over a whole turn each proposes as often as its power says`(powers: [Int64]) {
        let total = min(powers.reduce(0, +), 20_000)
        let seen = turns(powers, Int(total))
        for power in Set(powers) {
            let share = Double(power * Int64(powers.filter { $0 == power }.count)) / Double(powers.reduce(0, +))
            let count = Double(seen.filter { $0 == power }.count)
            #expect(abs(count - share * Double(total)) <= Double(powers.count))
        }
    }

    @Test func `Of equal priorities the lower address proposes`() {
        let council = Council(5)
        let lowest = council.set.members.map(\.address).min { $0.lexicographicallyPrecedes($1) }
        #expect(council.rotation.proposer == lowest)
    }

    @Test func `Turns one by one are the turns at once`() {
        let council = Council(powers: [9, 4, 4, 1])
        var one = council.rotation
        for _ in 0..<50 { one.advance(by: 1) }
        #expect(one == council.rotation.advanced(by: 50))
        #expect(council.rotation.advanced(by: 0) == council.rotation)
    }

    @Test func `Priorities stay centred and within twice the total`() {
        let council = Council(powers: [1 << 58, 1 << 57, 3, 1])
        var rotation = council.rotation
        for _ in 0..<200 {
            rotation.advance(by: 1)
            let priorities = rotation.priorities
            #expect(abs(priorities.reduce(0, +)) < 4)
            #expect(priorities.max()! - priorities.min()! <= 2 * council.set.power)
        }
    }

    @Test func `Who joins begins behind everybody, at 1.125 times the total`() throws {
        let old = Council(powers: [10, 10])
        let new = Council(powers: [10, 10, 20])
        var rotation = old.rotation
        let before = Dictionary(uniqueKeysWithValues: zip(old.set.members.map(\.address), rotation.priorities))
        rotation.update(to: new.set)
        // -10, 10 and -(40 + 5); the sum -45 gives an average of -15.
        for (member, priority) in zip(new.set.members, rotation.priorities) {
            #expect(priority == (before[member.address] ?? -45) + 15)
        }
    }

    @Test func `Who leaves takes its priority along, and the total before removals counts for who joins`() {
        let old = Council(powers: [10, 10, 10])
        let stay = Array(old.set.members.prefix(2))
        let newcomer = Validator(publicKey: [UInt8](repeating: 9, count: 32), votingPower: 10)
        var rotation = old.rotation
        let before = rotation.priorities
        let set = (try? ValidatorSet(members: stay + [newcomer]))!
        rotation.update(to: set)
        // 30 after, 10 removed: the newcomer begins at -(40 + 5).
        let raw = set.members.map { member in
            old.set.index(of: member.address).map { before[$0] } ?? -45
        }
        let sum = raw.reduce(0, +)
        let average = sum >= 0 ? sum / 3 : -((-sum + 2) / 3)
        #expect(rotation.priorities == raw.map { $0 - average })
    }

    @Test func `A spread beyond twice the total is divided, towards zero`() {
        let old = Council(powers: [1_000, 1])
        var rotation = old.rotation
        let set =
            (try? ValidatorSet(
                members: old.set.members.map { Validator(publicKey: $0.publicKey.ed25519!, votingPower: 1) }))!
        rotation.update(to: set)
        // -1 and 1, a spread of 2 within 4: as it was.
        #expect(Set(rotation.priorities) == [-1, 1])
        rotation = old.rotation.advanced(by: 500)
        rotation.update(to: set)
        #expect(rotation.priorities.max()! - rotation.priorities.min()! <= 4)
    }

    // MARK: Time

    @Test func `The delay allowed grows by a tenth a round, up to a day`() {
        let synchrony = SynchronyParameters()
        #expect(synchrony.messageDelay(in: 0) == 15_000_000_000)
        #expect(synchrony.messageDelay(in: 1) == 16_500_000_000)
        #expect(synchrony.messageDelay(in: 2) == 18_150_000_000)
        #expect(synchrony.messageDelay(in: .max) == SynchronyParameters.messageDelayMax)
        #expect(SynchronyParameters(messageDelay: 5).messageDelay(in: .max) == 5)
    }

    @Test func `A block's time is the clock's, and always after the last block's`() {
        let previous = Timestamp(seconds: 100, nanoseconds: 999_500_000)
        let later = Timestamp(seconds: 200, nanoseconds: 1)
        #expect(ProposerTime.time(clock: later, after: previous) == later)
        let next = Timestamp(seconds: 101, nanoseconds: 500_000)
        #expect(ProposerTime.time(clock: previous, after: previous) == next)
        #expect(ProposerTime.time(clock: Timestamp(seconds: 0, nanoseconds: 0), after: previous) == next)
        #expect(ProposerTime.time(clock: previous.advanced(byNanoseconds: 1), after: previous) == next)
    }

    @Test func `A clock more than ten seconds ahead of the others' median does not propose`() {
        let peers = [0, 5, 1_000].map { (clock: Timestamp(seconds: 1_000 + $0, nanoseconds: 0), power: Int64(10)) }
        #expect(!ProposerTime.isTooFarAhead(Timestamp(seconds: 1_015, nanoseconds: 0), of: peers))
        #expect(ProposerTime.isTooFarAhead(Timestamp(seconds: 1_015, nanoseconds: 1), of: peers))
        #expect(!ProposerTime.isTooFarAhead(Timestamp(seconds: 0, nanoseconds: 0), of: peers))
        #expect(!ProposerTime.isTooFarAhead(Timestamp(seconds: 9_999, nanoseconds: 0), of: []))
        #expect(ProposerTime.isTooFarAhead(Timestamp(seconds: 1_011, nanoseconds: 0), of: Array(peers.prefix(2))))
        // Many weak ones do not outweigh a strong one.
        let weak = (0..<9).map { _ in (clock: Timestamp(seconds: 0, nanoseconds: 0), power: Int64(1)) }
        let strong = [(clock: Timestamp(seconds: 1_000, nanoseconds: 0), power: Int64(20))]
        #expect(!ProposerTime.isTooFarAhead(Timestamp(seconds: 1_000, nanoseconds: 0), of: weak + strong))
    }
}
