import Consensus
import Cryptography
import LedgerModel

/// A node that begins from the snapshots of others, some of whom lie: one seed, one run, in virtual time.
///
/// The joiner is ``SnapshotFetch`` itself; what its host does is done here: a manifest holds where its headers are true, a
/// ledger begins where its roots come out.
struct JoiningSimulation {
    let seed: UInt64
    /// Of the run, in nanoseconds.
    private(set) var now: UInt64 = 0
    private(set) var servers: [SimulatedSnapshotServer] = []
    private(set) var outcome: SnapshotFetch.Outcome?
    private(set) var banned: Set<Int> = []
    private(set) var messages = 0

    private enum Event {
        case toServer(Int, SnapshotMessage)
        case toJoiner(Int, SnapshotMessage)
        case link(Int)
        case unlink(Int)
        case tick
    }

    private var random: SimulatedRandom
    private var fetch: SnapshotFetch
    private var events = EventQueue<Event>()
    private var linked: Set<Int> = []
    private var kept: [UInt32: [UInt8]] = [:]
    private var violations: [String] = []
    /// Asks that a busy server drops, in a thousand; links themselves lose nothing without ending.
    private let dropped: Int
    /// The ledger's own snapshots, by content.
    private let known: [Digest: SimulatedSnapshot]

    /// All that a run may take: refusals, lateness and what is fetched again, of all servers.
    static let patience: UInt64 = 3_600 * second

    private static func node(_ index: Int) -> NodeID {
        NodeID([UInt8](repeating: UInt8(index + 1), count: NodeID.byteCount))!
    }

    init(seed: UInt64) {
        self.seed = seed
        var random = SimulatedRandom(seed: seed ^ 0x6a6f_696e)
        let newest = 5_000 + random.within(0...50_000)
        let isPruned = random.happens(700)
        let counts = (0..<2).map { _ in 1 + random.below(12) }
        let own = [
            SimulatedSnapshot(height: newest - 4_000, chunkCount: counts[0]),
            SimulatedSnapshot(height: newest - 1_000, chunkCount: counts[1]),
        ]
        var known = own
        let honest = 1 + random.below(3)
        let bad = random.below(5)
        // Conspirators offer the same.
        let forged = SimulatedSnapshot(
            height: newest - random.within(1...900), chunkCount: 1 + random.below(6), maker: 7)
        known.append(forged)
        for index in 0..<(honest + bad) {
            let role = index < honest ? .honest : SnapshotServerRole.bad[random.below(SnapshotServerRole.bad.count)]
            var held = random.happens(700) ? own : [own[random.below(2)]]
            if role == .foreignState {
                let isShared = random.happens(500)
                let made =
                    isShared
                    ? forged
                    : SimulatedSnapshot(height: newest - 10, chunkCount: 1 + random.below(6), maker: UInt8(index + 10))
                known.append(made)
                held = [own[0], made]
            }
            servers.append(
                SimulatedSnapshotServer(
                    role: role, first: isPruned ? held[0].height : 1, newest: newest, snapshots: held))
        }
        servers.shuffle(using: &random)
        self.known = Dictionary(known.map { ($0.content, $0) }, uniquingKeysWith: { first, _ in first })
        dropped = random.happens(300) ? random.below(40) : 0
        fetch = SnapshotFetch(SnapshotFetch.Settings(height: 0, peersExpected: servers.count), at: 0)
        self.random = random
    }

    /// Runs it; what did not hold.
    mutating func run() -> [String] {
        for index in servers.indices { events.push(.link(index), at: random.within(0...2 * second)) }
        events.push(.tick, at: second)
        while outcome == nil, let (time, event) = events.pop() {
            now = time
            guard now < Self.patience else { break }
            take(event)
        }
        check()
        return violations
    }

    private mutating func take(_ event: Event) {
        switch event {
        case .tick:
            feed(.tick)
            events.push(.tick, at: now + second)
        case .link(let index):
            guard !banned.contains(index), linked.insert(index).inserted else { return }
            feed(.connected(Self.node(index)))
            if servers[index].role == .quitter {
                events.push(.unlink(index), at: now + random.within(second...20 * second))
            }
        case .unlink(let index):
            guard linked.remove(index) != nil else { return }
            feed(.disconnected(Self.node(index)))
            events.push(.link(index), at: now + random.within(100 * millisecond...5 * second))
        case .toServer(let index, let message):
            guard linked.contains(index) else { return }
            for (answer, delay) in servers[index].answer(message, &random) {
                events.push(.toJoiner(index, answer), at: now + millisecond + delay)
            }
        case .toJoiner(let index, let message):
            guard linked.contains(index) else { return }
            // As it comes over a link.
            guard let read = try? SnapshotMessage(decoding: message.encoded) else {
                return violations.append("a message that cannot be read: \(message)")
            }
            feed(.received(read, from: Self.node(index)))
        }
    }

    private mutating func feed(_ input: SnapshotFetch.Input) {
        var inputs = [input]
        while let next = inputs.popLast(), outcome == nil {
            for effect in fetch.receive(next, at: now) {
                if let answer = perform(effect) { inputs.append(answer) }
            }
        }
    }

    /// What the host answers.
    private mutating func perform(_ effect: SnapshotFetch.Effect) -> SnapshotFetch.Input? {
        switch effect {
        case .send(let message, let peer):
            messages += 1
            let index = Int(peer.bytes[0]) - 1
            if !random.happens(dropped) { events.push(.toServer(index, message), at: now + millisecond) }
        case .judge(let manifest, let offer):
            guard let snapshot = known[offer.content], snapshot.manifest == manifest else {
                return .manifestRefused(reason: "its headers do not hold")
            }
            kept = [:]
            return .manifestHolds(snapshot.digests, held: [])
        case .keep(let index, let bytes):
            if kept.updateValue(bytes, forKey: index) != nil { violations.append("chunk \(index) was kept twice") }
        case .begin(let offer):
            guard let snapshot = known[offer.content],
                snapshot.chunks.indices.allSatisfy({ kept[UInt32($0)] == snapshot.chunks[$0] })
            else {
                violations.append("a ledger was begun from other chunks than the manifest's")
                return nil
            }
            return snapshot.isTrue ? .begun : .beginningRefused(reason: "its roots do not come out")
        case .ban(let peer, let reason):
            let index = Int(peer.bytes[0]) - 1
            banned.insert(index)
            linked.remove(index)
            if [.honest, .silent, .slow, .fickle, .heightLiar, .flooder, .quitter].contains(servers[index].role) {
                violations.append("server \(index), \(servers[index].role), was banned: \(reason)")
            }
        case .finish(let end): outcome = end
        }
        return nil
    }

    private mutating func check() {
        switch outcome {
        case nil: violations.append("it did not end within \(Self.patience / second) s")
        case .begun(let height):
            if !servers.contains(where: { $0.snapshots.contains { $0.isTrue && $0.height == height } }) {
                violations.append("it began from a state that nobody has: \(height)")
            }
        case .blocks(let reason):
            // An honest server was there all the time, offered a true state, and was far ahead.
            violations.append("it follows block by block, since \(reason)")
        }
        if messages > 20_000 { violations.append("\(messages) messages were sent") }
    }
}
