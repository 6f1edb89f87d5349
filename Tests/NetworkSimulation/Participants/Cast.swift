import LedgerModel

/// Who takes part: each seed draws its own company.
struct Cast {
    /// What a participant is, named for its fault.
    enum Role: CaseIterable {
        case correct
        case amnesiacValidator, clockSkewed, equivocator, flooder, heightLiar, restoredFromBackup
        case selectiveGossiper, withholder, wrongAppHash
        /// Only where a test says so: conspirators work together, a careless host forgets to sync.
        case conspirator, carelessHost

        static let drawn = allCases.filter { ![.correct, .conspirator, .carelessHost].contains($0) }

        /// Whether its power counts among the third that may be faulty.
        var isFaulty: Bool { self != .correct && self != .carelessHost }
        /// Whether it keeps the protocol's rules as far as it can: what it says is held against it.
        var isHonest: Bool { [.correct, .carelessHost, .restoredFromBackup, .clockSkewed].contains(self) }
    }

    var roles: [Role]
    /// Nodes that have a validator's key, though they may not be in the set; the others follow.
    var keyed: Int
    var plan: SetPlan
    /// Correct nodes whose wall clocks leap.
    var leapers: [Int] = []
    /// Honest nodes whose disks may fail.
    var badDisks: [Int] = []

    /// A company of so many validators, with roles by place.
    init(count: Int, roles faults: [Int: Role] = [:]) {
        roles = (0..<count).map { faults[$0] ?? .correct }
        keyed = count
        plan = SetPlan(genesis: Self.set((0..<count).map { ($0, 10) }))
    }

    init(_ random: inout SimulatedRandom, weather: Weather) {
        let counts = [1, 2, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 7, 7, 7, 10]
        let count = counts[random.below(counts.count)]
        let isEven = random.happens(600)
        let powers = (0..<count).map { _ in isEven ? 10 : Int64(1 + random.below(20)) }
        let spares = count > 2 && random.happens(400) ? 1 + random.below(2) : 0
        let followers = random.happens(300) ? 1 + random.below(2) : 0
        keyed = count + spares
        roles = Array(repeating: .correct, count: count + spares + followers)
        plan = SetPlan(genesis: Self.set(powers.indices.map { ($0, powers[$0]) }))
        if spares > 0 { drawChanges(Array(powers), &random) }
        if random.happens(650) { drawFaults(&random) }
        if weather.clockJumps { drawLeapers(&random) }
        if random.happens(200) { drawBadDisks(&random) }
    }

    static func set(_ powers: [(Int, Int64)]) -> ValidatorSet {
        (try? ValidatorSet(members: powers.map { Identity.all[$0].validator(power: $1) }))!
    }

    /// Somebody joins, leaves, or weighs otherwise.
    private mutating func drawChanges(_ genesis: [Int64], _ random: inout SimulatedRandom) {
        var powers: [Int64?] = genesis.map { $0 } + Array(repeating: nil, count: keyed - genesis.count)
        var height: Int64 = 0
        for _ in 0..<(1 + random.below(3)) {
            height += Int64(1 + random.below(4))
            let index = random.below(keyed)
            let members = powers.count { $0 != nil }
            if powers[index] == nil {
                powers[index] = Int64(1 + random.below(20))
            } else if members > 3, random.happens(500) {
                powers[index] = nil
            } else {
                powers[index] = Int64(1 + random.below(20))
            }
            plan.add(Self.set(powers.indices.compactMap { place in powers[place].map { (place, $0) } }), at: height)
        }
    }

    private mutating func drawFaults(_ random: inout SimulatedRandom) {
        for index in (0..<keyed).shuffled(using: &random) {
            guard mayAdd(index, to: faulty) else { continue }
            roles[index] = Role.drawn[random.below(Role.drawn.count)]
            if random.happens(400) { return }
        }
    }

    private mutating func drawLeapers(_ random: inout SimulatedRandom) {
        for index in (0..<keyed).shuffled(using: &random)
        where roles[index] == .correct && mayAdd(index, to: faulty + leapers) { leapers.append(index) }
    }

    private mutating func drawBadDisks(_ random: inout SimulatedRandom) {
        for index in (0..<keyed).shuffled(using: &random)
        where roles[index] == .correct && mayAdd(index, to: faulty + leapers + badDisks) { badDisks.append(index) }
    }

    var faulty: [Int] { roles.indices.filter { roles[$0].isFaulty } }

    /// Whether less than 1/3 of every set's power is faulty with one more.
    private func mayAdd(_ index: Int, to others: [Int]) -> Bool {
        let addresses = (others + [index]).map { Identity.all[$0].address.bytes }
        return plan.sets.allSatisfy { set in
            let power = set.members.filter { addresses.contains($0.address) }.reduce(0) { $0 + $1.votingPower }
            return 3 * power < set.power
        }
    }

    /// At most a third of the power is faulty: without it nothing is promised.
    var isWithinTolerance: Bool {
        plan.sets.allSatisfy { set in
            let addresses = faulty.map { Identity.all[$0].address.bytes }
            let power = set.members.filter { addresses.contains($0.address) }.reduce(0) { $0 + $1.votingPower }
            return 3 * power < set.power
        }
    }
}
