import SimulatedDisk

/// What befalls the network as a whole while the chaos lasts.
enum Trouble {
    case partition
    case blackout
    /// A wall clock leaps.
    case leap
    /// A disk turns bad.
    case disk(Int)
    case backup(Int)
    case restore(Int)
    /// A participant does mischief of its own accord.
    case mischief(Int)
}

extension Simulation {
    func scheduleTroubles() {
        func trouble(_ trouble: Trouble, _ from: UInt64, _ to: UInt64) {
            schedule(.trouble(trouble), after: random.within(from * millisecond...to * millisecond))
        }
        if weather.partitions { trouble(.partition, 500, 3_000) }
        if weather.blackout { trouble(.blackout, 1_000, weather.chaos / millisecond) }
        if !cast.leapers.isEmpty { trouble(.leap, 500, 4_000) }
        for index in cast.badDisks { trouble(.disk(index), 200, 4_000) }
        for (index, role) in cast.roles.enumerated() {
            if role == .restoredFromBackup { trouble(.backup(index), 100, 3_000) }
            if role == .flooder || role == .heightLiar { trouble(.mischief(index), 100, 500) }
        }
    }

    func perform(_ trouble: Trouble) {
        switch trouble {
        case .partition: partition()
        case .blackout:
            witness.count("blackouts")
            for node in nodes { node.crash() }
        case .leap:
            witness.count("clock leaps")
            let index = cast.leapers[random.below(cast.leapers.count)]
            nodes[index].clock.lead = Int64(random.within(0...60 * second)) - Int64(30 * second)
            schedule(.trouble(.leap), after: random.within(second...4 * second))
        case .disk(let index): spoilDisk(of: nodes[index])
        case .backup(let index):
            (nodes[index] as? RestoredFromBackup)?.backUp()
            schedule(.trouble(.restore(index)), after: random.within(500 * millisecond...6 * second))
        case .restore(let index): (nodes[index] as? RestoredFromBackup)?.restoreBackup()
        case .mischief(let index):
            nodes[index].makeMischief()
            schedule(.trouble(.mischief(index)), after: random.within(50 * millisecond...800 * millisecond))
        }
    }

    /// One kind of failure, from now on or once.
    private func spoilDisk(of node: SimulatedNode) {
        let kinds: [DiskFault] = [
            .readError, .writeError, .syncError, .shortWrite, .lostWrite, .misdirectedWrite, .bitRot, .staleSector,
            .full,
        ]
        let kind = kinds[random.below(kinds.count)]
        witness.count("disk \(kind)")
        switch kind {
        case .bitRot, .staleSector:
            node.disk.harm(kind, &random)
            schedule(.trouble(.disk(node.index)), after: random.within(second...4 * second))
        case .full: node.disk.setByteBudget(random.below(30_000))
        default: node.disk.setOdds(kind, random.within(20...400))
        }
    }

    /// Cuts the network in two, in one direction or in both, or cuts a few links; until the next time.
    private func partition() {
        witness.count("partitions")
        let sides = nodes.map { _ in random.below(2) }
        let isOneWay = random.happens(300)
        let isWhole = random.happens(600)
        for one in nodes.indices {
            for other in nodes.indices where one != other {
                let isCut = isWhole ? sides[one] != sides[other] && (!isOneWay || sides[one] == 0) : random.happens(250)
                network.block(from: one, to: other, isCut)
            }
        }
        if random.happens(300) {
            for one in nodes.indices { for other in nodes.indices { network.block(from: one, to: other, false) } }
        }
        schedule(.trouble(.partition), after: random.within(300 * millisecond...4 * second))
    }
}
