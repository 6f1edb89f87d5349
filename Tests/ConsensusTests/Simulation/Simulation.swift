import Consensus
import Cryptography
import LedgerModel

/// What travels.
indirect enum Envelope {
    case message(height: Int64, bytes: [UInt8], block: Block?, isPrecommit: Bool = false)
    case wantBlock(BlockID)
    case block(Block)
    case wantCommit(height: Int64)
    case decided(Block, Commit)
}

extension Envelope {
    /// Whether it brings a decision nearer.
    var decides: Bool {
        switch self {
        case .message(_, _, _, let isPrecommit): isPrecommit
        case .decided: true
        default: false
        }
    }
}

/// What goes wrong, and for how long.
struct Weather {
    /// Milliseconds of chaos before everything heals.
    var chaosMilliseconds: UInt64 = 1_000
    /// Messages lost and doubled, in a thousand.
    var lost = 0
    var doubled = 0
    /// Precommits and decisions lost, in a thousand: many lock, few decide, and the lock has to hold.
    var decidingLost = 0
    var delayMilliseconds: ClosedRange<UInt64> = 1...10
    var partitions = false
    var crashes = false
    /// Everybody loses power at once.
    var blackout = false
    var clockSkewMilliseconds: Int64 = 0

    /// Each seed draws which faults are on.
    init(_ random: inout SimulatedRandom) {
        if random.happens(600) { lost = Int.random(in: 0...500, using: &random) }
        if random.happens(300) { doubled = Int.random(in: 0...200, using: &random) }
        if random.happens(400) { decidingLost = Int.random(in: 400...950, using: &random) }
        if random.happens(500) { delayMilliseconds = 1...UInt64.random(in: 20...300, using: &random) }
        partitions = random.happens(400)
        crashes = random.happens(500)
        blackout = random.happens(200)
        if random.happens(500) { clockSkewMilliseconds = 200 }
    }
}

/// A network of validators in one process: one seed, one run.
///
/// Times are virtual milliseconds.
final class Simulation {
    indirect enum Event {
        case deliver(to: Int, from: Int, Envelope)
        case timer(of: Int, life: Int, Timer)
        case restart(Int)
        case blackout
        case partition
        case heal
    }
    enum Timer {
        case timeout(Timeout)
        case begin(height: Int64)
        case tick
    }

    let council: Council
    let memory = SignatureMemory()
    var random: SimulatedRandom
    let weather: Weather
    private(set) var validators: [SimulatedValidator] = []
    private(set) var now: UInt64 = 0
    private var isHealed = false
    /// The side of the partition that each validator is on.
    private var sides: [Int]
    private var queue = EventQueue<Event>()

    /// What was found wrong.
    private(set) var violations: [String] = []
    /// Every decided block by height, as the first correct validator has it.
    private var decided: [Int64: BlockID] = [:]
    /// Everything that a correct validator sent of its own, by place.
    private struct Place: Hashable {
        var validator: Int
        var height: Int64
        var round: Int32
        var step: SignState.Step
    }
    private var sent: [Place: SignedMessage] = [:]
    private(set) var equivocators: Set<Int> = []
    private(set) var roundMax: Int32 = 0
    private(set) var crashCount = 0
    private var trace = SHA256()

    /// A network in its first moment; `faults` says who is faulty, by place, and how.
    init(
        seed: UInt64, count: Int, faults: [Int: SimulatedValidator.Type],
        correct: SimulatedValidator.Type = SimulatedValidator.self
    ) {
        random = SimulatedRandom(seed: seed)
        weather = Weather(&random)
        council = Council(count)
        sides = Array(repeating: 0, count: count)
        for index in 0..<count {
            let skew = Int64.random(
                in: -weather.clockSkewMilliseconds...weather.clockSkewMilliseconds, using: &random)
            let type = faults[index] ?? correct
            validators.append(type.init(index: index, council: council, skewMilliseconds: skew))
        }
        schedule(.heal, after: weather.chaosMilliseconds)
        if weather.partitions { schedule(.partition, after: UInt64.random(in: 50...300, using: &random)) }
        if weather.blackout { schedule(.blackout, after: UInt64.random(in: 100...800, using: &random)) }
    }

    var correct: [SimulatedValidator] { validators.filter { !$0.isFaulty } }

    /// Runs until all correct validators are so many heights past where the chaos left the foremost.
    /// - Returns: what was found wrong, nothing if all is well.
    func run(heightsAfter: Int64 = 2, patienceMilliseconds: UInt64 = 30_000) -> [String] {
        for validator in validators { validator.restart(in: self) }
        var goal: Int64 = .max
        while let (time, event) = queue.pop() {
            now = time
            perform(event)
            if isHealed, goal == .max { goal = (correct.map(\.height).max() ?? 0) + heightsAfter }
            if !violations.isEmpty { break }
            if correct.allSatisfy({ $0.height >= goal }) { break }
            if now > weather.chaosMilliseconds + patienceMilliseconds {
                let state = correct.map { "\($0.height)/\($0.machine?.round ?? -1)" }.joined(separator: " ")
                violations.append("no progress after healing: \(state), wanted \(goal)")
                break
            }
        }
        if violations.isEmpty { checkCommits() }
        return violations
    }

    /// A hash of everything that was signed and decided, in order.
    var traceHash: Digest {
        var copy = trace
        return copy.finalize()
    }

    // MARK: For validators

    func clock(of validator: SimulatedValidator) -> Timestamp {
        let milliseconds = Int64(1_700_000_100_000) + Int64(now) + validator.skewMilliseconds
        return Timestamp(nanosecondsSince1970: UInt64(milliseconds) * 1_000_000)
    }

    func schedule(_ event: Event, after milliseconds: UInt64) { queue.push(event, at: now + milliseconds) }

    func send(_ envelope: Envelope, from: Int, to: Int) {
        if !isHealed, envelope.decides, random.happens(weather.decidingLost) { return }
        let copies = isHealed ? 1 : random.happens(weather.lost) ? 0 : random.happens(weather.doubled) ? 2 : 1
        guard isHealed || sides[from] == sides[to] else { return }
        for _ in 0..<copies {
            let delay = UInt64.random(in: isHealed ? 1...10 : weather.delayMilliseconds, using: &random)
            schedule(.deliver(to: to, from: from, envelope), after: delay)
        }
    }

    func broadcast(_ envelope: Envelope, from: Int) {
        for to in validators.indices where to != from { send(envelope, from: from, to: to) }
    }

    /// Whether this validator's power fails now, between two effects.
    func powerFails() -> Bool { !isHealed && weather.crashes && random.happens(15) }

    func noteCrash(of index: Int) {
        crashCount += 1
        schedule(.restart(index), after: UInt64.random(in: 1...400, using: &random))
    }

    /// What was signed, but lost before it was sent, may be signed otherwise later: nobody has seen it.
    func noteSent(_ sent: ConsensusMessage, by validator: SimulatedValidator) {
        trace.update(sent.encoded)
        let message: SignedMessage
        switch sent {
        case .proposal(let proposal, _): message = .proposal(proposal)
        case .vote(let vote): message = .vote(vote)
        }
        roundMax = max(roundMax, message.round)
        // Precommits of others are sent on.
        if case .vote(let vote) = message, Int(vote.validatorIndex) != validator.index { return }
        guard !validator.isFaulty else { return }
        let place = Place(
            validator: validator.index, height: message.height, round: message.round, step: message.step)
        if let before = self.sent.updateValue(message, forKey: place), before != message {
            violations.append("validator \(validator.index) signed twice at \(place)")
        }
    }

    func noteDecided(_ block: Block, _ blockID: BlockID, by validator: SimulatedValidator) {
        trace.update(blockID.hash)
        guard !validator.isFaulty else { return }
        if let before = decided.updateValue(blockID, forKey: block.header.height), before != blockID {
            violations.append("two blocks decided at \(block.header.height)")
        }
    }

    func noteEquivocation(_ evidence: DuplicateVoteEvidence) { equivocators.insert(Int(evidence.first.validatorIndex)) }

    func violate(_ what: String) { violations.append(what) }

    // MARK: Events

    private func perform(_ event: Event) {
        switch event {
        case .deliver(let to, let from, let envelope): validators[to].receive(envelope, from: from, in: self)
        case .timer(let index, let life, let timer):
            if validators[index].life == life { validators[index].fire(timer, in: self) }
        case .restart(let index): validators[index].restart(in: self)
        case .blackout:
            if !isHealed { for validator in validators { validator.crash(in: self) } }
        case .partition:
            guard !isHealed else { break }
            sides = sides.map { _ in Int.random(in: 0...1, using: &random) }
            schedule(.partition, after: UInt64.random(in: 50...500, using: &random))
        case .heal: isHealed = true
        }
    }

    /// Every commit that a correct validator holds verifies with the light client's rules, and block times rise.
    private func checkCommits() {
        var checked: Set<Digest> = []
        for validator in correct {
            var time = Council.previousTime
            for (block, commit) in validator.disk.chain {
                if block.header.time <= time { violations.append("time stands still at \(block.header.height)") }
                time = block.header.time
                guard checked.insert(commit.hash).inserted else { continue }
                do {
                    let signed = SignedHeader(header: block.header, commit: commit)
                    try commit.validate()
                    _ = try CommitVerification.verify(signed, by: council.set)
                    if commit.blockID != Block.id(header: block.header, encoded: block.encoded) {
                        violations.append("the commit is for another block")
                    }
                } catch { violations.append("commit of \(block.header.height): \(error)") }
            }
        }
    }
}

/// Events by time, then in the order in which they came.
struct EventQueue<Event> {
    private var heap: [(time: UInt64, number: UInt64, event: Event)] = []
    private var number: UInt64 = 0

    mutating func push(_ event: Event, at time: UInt64) {
        number += 1
        heap.append((time, number, event))
        var child = heap.count - 1
        while child > 0, precedes(child, (child - 1) / 2) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func pop() -> (UInt64, Event)? {
        guard let first = heap.first else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && precedes(child, least) {
                least = child
            }
            if least == parent { break }
            heap.swapAt(parent, least)
            parent = least
        }
        return (first.time, first.event)
    }

    private func precedes(_ one: Int, _ other: Int) -> Bool {
        (heap[one].time, heap[one].number) < (heap[other].time, heap[other].number)
    }
}
