@testable import Consensus
import Cryptography
import LedgerModel

/// A network of nodes in one process and one thread: one seed, one run.
///
/// Everything happens at a moment of virtual time, in nanoseconds; chance comes from the seed alone.
final class Simulation {
    enum Event {
        case deliver(SimulatedNetwork.Parcel)
        case timer(node: Int, life: Int, Replica.Timer)
        /// What an effect asked for is there.
        case answer(node: Int, life: Int, Replica.Input)
        case synced(node: Int, life: Int)
        case connect(Int, Int)
        /// A node notices that a connection has ended.
        case gone(node: Int, life: Int, peer: Int, epoch: Int)
        case restart(Int)
        case trouble(Trouble)
        case submit
        case heal
    }

    let seed: UInt64
    var random: SimulatedRandom
    let weather: Weather
    let cast: Cast
    let scheme: SignatureScheme
    let ledger: SimulatedLedger
    let timeouts = Timeouts()
    private(set) var nodes: [SimulatedNode] = []
    let places: [NodeID: Int]
    var network: SimulatedNetwork
    /// How long a message takes from one node to another, where that is not the weather's.
    var distances: [[UInt64]]?
    /// To how many of the nodes a transaction comes, in a thousand: what one lacks it asks for.
    var reach = 700
    let witness: Witness
    private(set) var now: UInt64 = 0
    private(set) var isHealed = false
    private var queue = EventQueue<Event>()
    private var submitted = 0
    /// What is left of this run's work, so that a seed's cost has a bound.
    private var eventCount = 0

    /// A seed's network.
    convenience init(seed: UInt64) {
        var random = SimulatedRandom(seed: seed)
        let weather = Weather(&random)
        let cast = Cast(&random, weather: weather)
        self.init(seed: seed, weather: weather, cast: cast, random: random)
    }

    init(seed: UInt64, weather: Weather, cast: Cast, random: SimulatedRandom) {
        self.seed = seed
        self.random = random
        self.weather = weather
        self.cast = cast
        scheme = SignatureScheme(isReal: seed % 100 == 99)
        guard let ledger = try? SimulatedLedger(plan: cast.plan) else { preconditionFailure("a genesis has a state") }
        self.ledger = ledger
        places = Dictionary(uniqueKeysWithValues: cast.roles.indices.map { (Identity.all[$0].node, $0) })
        // Correct nodes reach each other, if only through others: a ring of them is always linked.
        let correct = cast.roles.indices.filter { cast.roles[$0] == .correct }
        let keyed = cast.keyed
        network = SimulatedNetwork(count: cast.roles.count, weather: weather, random: &self.random) { one, other in
            guard let first = correct.firstIndex(of: one), let second = correct.firstIndex(of: other) else {
                return false
            }
            // Validators dial each other: one without links to more than 2/3 of the power could never begin (D23).
            let areKeyed = one < keyed && other < keyed
            return areKeyed || second - first == 1 || first == 0 && second == correct.count - 1
        }
        witness = Witness(ledger)
        for (index, role) in cast.roles.enumerated() {
            let node = role.type.init(index: index, role: role, hasKey: index < cast.keyed, in: self)
            let skew = Int64(self.random.within(0...2 * weather.clockSkew)) - Int64(weather.clockSkew)
            node.clock.lead = skew
            nodes.append(node)
        }
        schedule(.heal, after: weather.chaos)
        scheduleTroubles()
    }

    var correct: [SimulatedNode] { nodes.filter { $0.isCorrect && !$0.isDead } }
    /// The weather of this moment: after healing nothing goes wrong any more.
    var weatherNow: Weather { weather }

    // MARK: Running

    /// How long healing may take: rounds have grown, what was lost is said again once a second, and where links are
    /// missing, votes travel by what others say again; and where nearly a third of the power is faulty, one with little
    /// power may be the only one that can propose what it has locked, and its turn is far.
    var patience: UInt64 = 600 * second

    /// Runs until all correct nodes are some heights past where the chaos left the foremost.
    func run(heightsAfter: Int64 = 3) -> [String] {
        if !cast.isWithinTolerance, cast.faulty.count * 3 < nodes.count { witness.violate("too much power is faulty") }
        for node in nodes { node.restart() }
        schedule(.submit, after: second)
        var goal: Int64 = .max
        while witness.violations.isEmpty, let (time, event) = queue.pop() {
            now = time
            eventCount += 1
            perform(event)
            if isHealed, goal == .max { goal = (correct.map(\.height).max() ?? 0) + heightsAfter }
            if goal < .max, correct.allSatisfy({ $0.height >= goal }) { break }
            if now > weather.chaos + patience {
                let state = nodes.map(\.standing).joined(separator: ", ")
                witness.violate("no progress after healing, wanted \(goal): \(state)")
            }
        }
        if witness.violations.isEmpty { witness.checkChains(of: self) }
        return witness.violations
    }

    func schedule(_ event: Event, after nanoseconds: UInt64) { queue.push(event, at: now + nanoseconds) }

    private func perform(_ event: Event) {
        switch event {
        case .deliver(let parcel): deliver(parcel)
        case .timer(let index, let life, let timer): if nodes[index].life == life { nodes[index].fire(timer) }
        case .answer(let index, let life, let input): if nodes[index].life == life { nodes[index].feed(input) }
        case .synced(let index, let life): if nodes[index].life == life { nodes[index].synced() }
        case .connect(let one, let other): connect(one, other)
        case .gone(let index, let life, let peer, let epoch):
            if nodes[index].life == life { noticeEnd(nodes[index], of: peer, epoch: epoch) }
        case .restart(let index): nodes[index].restart()
        case .trouble(let trouble): if !isHealed { perform(trouble) }
        case .submit: submit()
        case .heal: heal()
        }
    }

    /// A client's transaction reaches some of the nodes.
    private func submit() {
        let wall = SimulatedClock.epoch + now
        let transaction = ledger.transaction(submitted, validUntil: wall + 300 * second)
        submitted += 1
        witness.noteSubmitted(transaction)
        for node in nodes where node.isUp && random.happens(reach) { node.submit(transaction) }
        schedule(.submit, after: isHealed ? 300 * millisecond : random.within(weather.transactionInterval))
    }

    private func heal() {
        isHealed = true
        network.heal()
        for node in nodes { node.disk.heal() }
        for node in nodes where !node.isUp { node.restart() }
        for index in cast.leapers { nodes[index].clock.lead = 0 }
    }

    // MARK: Messages

    func post(_ message: PeerMessage, from: Int, to receiver: Int?) {
        let bytes = message.encoded
        witness.trace(bytes, from: from, at: now)
        if case .consensus(let said) = message { witness.noteSaid(said, by: scheme) }
        if let receiver { return send(bytes, of: message.part, from: from, to: receiver) }
        for peer in network.peers(of: from) { send(bytes, of: message.part, from: from, to: peer) }
    }

    private func send(_ bytes: [UInt8], of part: MessagePart, from: Int, to: Int) {
        let epoch = network.epoch(from, to)
        guard epoch > 0, !isLost(from, to, part) else { return }
        let copies = !isHealed && random.happens(weather.doubled) ? 2 : 1
        if copies == 2 { witness.count("doubled") }
        for _ in 0..<copies {
            let delay = distances?[from][to] ?? random.within(isHealed ? Weather.calmDelay : weather.delay)
            let arrival = network.arrival(
                from: from, to: to, byteCount: bytes.count, delay: delay, now: now, isOrdered: weather.isOrdered)
            let arrived = corrupted(bytes)
            queue.push(
                .deliver(.init(from: from, to: to, epoch: epoch, bytes: arrived, isCorrupted: arrived != bytes)),
                at: arrival)
        }
        if !isHealed, random.happens(weather.resets) { endConnection(from, to) }
    }

    private func isLost(_ from: Int, _ to: Int, _ part: MessagePart) -> Bool {
        if isHealed { return false }
        if network.isBlocked(from: from, to: to) {
            witness.count("blocked by a partition")
            return true
        }
        let isLost =
            random.happens(weather.lost) || part == .decision && random.happens(weather.decidingLost)
            || part == .prevote && to == deafNode && random.happens(weather.deafness)
        if isLost { witness.count("lost") }
        return isLost
    }

    /// Who hears no prevotes now.
    private var deafNode: Int { Int((seed &+ now / (4 * second)) % UInt64(nodes.count)) }

    private func corrupted(_ bytes: [UInt8]) -> [UInt8] {
        guard !isHealed, random.happens(weather.corrupted) else { return bytes }
        witness.count("corrupted")
        var bytes = bytes
        bytes[random.below(bytes.count)] ^= UInt8(1 << random.below(8))
        return bytes
    }

    private func deliver(_ parcel: SimulatedNetwork.Parcel) {
        let node = nodes[parcel.to]
        guard node.isUp, network.epoch(parcel.from, parcel.to) == parcel.epoch else { return }
        guard let message = try? PeerMessage(decoding: parcel.bytes) else {
            return disconnect(node, parcel.from, because: "a message that cannot be read")
        }
        // A link proves who speaks and ends where bytes were changed. What is signed is let through all the same, to see
        // it refused; a claim that is not would be put into an honest node's mouth.
        if parcel.isCorrupted, !message.isSigned { return endConnection(parcel.from, parcel.to) }
        node.receive(message, from: parcel.from)
    }

    // MARK: Connections

    func connectAll(of node: SimulatedNode) {
        for peer in network.neighbours(of: node.index) {
            schedule(.connect(node.index, peer), after: random.within(millisecond...50 * millisecond))
        }
    }

    private func connect(_ one: Int, _ other: Int) {
        guard nodes[one].isUp, nodes[other].isUp, network.epoch(one, other) == 0 else { return }
        network.connect(one, other)
        for (node, peer) in [(nodes[one], other), (nodes[other], one)] {
            if node.linked.remove(peer) != nil { node.feed(.peerDisconnected(nodes[peer].identity.node)) }
            guard node.isUp else { return }
            node.linked.insert(peer)
            node.feed(.peerConnected(nodes[peer].identity.node))
        }
    }

    /// A node ends the link with a peer that broke the rules; the peer may try again.
    func disconnect(_ node: SimulatedNode, _ peer: Int, because reason: String) {
        witness.noteDisconnect(node, nodes[peer], reason, mayBeCorrupted: weather.corrupted > 0)
        guard network.epoch(node.index, peer) > 0 else { return }
        endConnection(node.index, peer)
    }

    /// Both ends notice, one after the other, and one of them connects again.
    private func endConnection(_ one: Int, _ other: Int) {
        let epoch = network.epoch(one, other)
        guard epoch > 0 else { return }
        witness.count("connections ended")
        network.disconnect(one, other)
        for (node, peer) in [(one, other), (other, one)] {
            schedule(
                .gone(node: node, life: nodes[node].life, peer: peer, epoch: epoch),
                after: random.within(0...20 * millisecond))
        }
        schedule(.connect(one, other), after: random.within(100 * millisecond...2 * second))
    }

    private func noticeEnd(_ node: SimulatedNode, of peer: Int, epoch: Int) {
        let current = network.epoch(node.index, peer)
        guard current == 0 || current == epoch, node.linked.remove(peer) != nil else { return }
        node.feed(.peerDisconnected(nodes[peer].identity.node))
    }

    // MARK: Power

    func powerFails(_ node: SimulatedNode) -> Bool { !isHealed && random.happens(weather.crashes) }

    func noteCrash(of node: SimulatedNode) {
        witness.count("crashes")
        for peer in network.peers(of: node.index) {
            let epoch = network.epoch(node.index, peer)
            network.disconnect(node.index, peer)
            schedule(
                .gone(node: peer, life: nodes[peer].life, peer: node.index, epoch: epoch),
                after: random.within(millisecond...500 * millisecond))
        }
        schedule(.restart(node.index), after: random.within(millisecond...2 * second))
    }
}

/// What part a message has in a decision.
enum MessagePart { case prevote, decision, other }

extension PeerMessage {
    /// Whether what it says is proven by signatures and hashes, whoever brings it.
    var isSigned: Bool {
        switch self {
        case .consensus, .block, .decided, .validator, .evidence, .compactBlock, .transactions: true
        case .lastVote(let message): message != nil
        case .status, .wantBlock, .wantDecided, .wantLastVote, .wantTransactions: false
        }
    }

    var part: MessagePart {
        switch self {
        case .consensus(.vote(let vote)): vote.type == .precommit ? .decision : .prevote
        case .decided: .decision
        default: .other
        }
    }
}
