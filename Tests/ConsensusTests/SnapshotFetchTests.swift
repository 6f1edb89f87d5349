import Consensus
import Cryptography
import Testing

/// A node that joins, and peers who are told what to say.
struct Joiner {
    static let second: UInt64 = 1_000_000_000
    static let nodes = (1...4).map { NodeID([UInt8](repeating: UInt8($0), count: 32))! }

    /// A snapshot as peers have it.
    struct Held {
        var height: UInt64
        var chunks: [[UInt8]]
        var manifest: [UInt8]

        init(_ height: UInt64, chunks: Int = 5, seed: UInt8 = 0) {
            self.height = height
            self.chunks = (0..<chunks).map { [UInt8(height & 0xff), UInt8($0), seed] }
            manifest = [UInt8(height & 0xff), seed, 1]
        }

        var digests: [Digest] { chunks.map { SHA256.hash($0) } }
        var content: Digest { SHA256.hash(digests.flatMap(\.bytes)) }
        var offer: SnapshotOffer {
            SnapshotOffer(
                height: height, content: content, chunkCount: UInt32(chunks.count),
                manifestBytes: UInt32(manifest.count))
        }
    }

    var fetch: SnapshotFetch
    var now: UInt64 = 0
    var banned: [NodeID] = []
    var kept: [UInt32: [UInt8]] = [:]
    var outcome: SnapshotFetch.Outcome?
    var judged: [SnapshotOffer] = []
    var begun: [SnapshotOffer] = []
    var sent: [(message: SnapshotMessage, peer: NodeID)] = []

    init(height: UInt64 = 0, peers: Int = 2, blocksMin: UInt64 = 100, preferred: Digest? = nil) {
        fetch = SnapshotFetch(
            SnapshotFetch.Settings(
                height: height, peersExpected: peers, blocksMin: blocksMin, preferred: preferred), at: 0)
    }

    /// Feeds an input; what is to be sent is kept in ``sent``, the rest is noted.
    mutating func feed(_ input: SnapshotFetch.Input) {
        for effect in fetch.receive(input, at: now) {
            switch effect {
            case .send(let message, let peer): sent.append((message, peer))
            case .judge(_, let offer): judged.append(offer)
            case .keep(let index, let bytes):
                #expect(kept[index] == nil, "chunk \(index) is kept twice")
                kept[index] = bytes
            case .begin(let offer): begun.append(offer)
            case .ban(let peer, _): banned.append(peer)
            case .finish(let outcome):
                #expect(self.outcome == nil)
                self.outcome = outcome
            }
        }
    }

    mutating func pass(seconds: UInt64) {
        for _ in 0..<seconds {
            now += Self.second
            feed(.tick)
        }
    }

    mutating func connect(_ peers: Int...) { for peer in peers { feed(.connected(Self.nodes[peer])) } }

    mutating func answer(_ peer: Int, first: UInt64 = 1, newest: UInt64 = 2_000, _ held: [Held] = []) {
        feed(
            .received(
                .offers(SnapshotOffers(first: first, newest: newest, offers: held.map(\.offer))), from: Self.nodes[peer]
            ))
    }

    /// Lets a peer answer whatever it was asked and has not answered; `spoil` may change a chunk.
    mutating func serve(_ peer: Int, _ held: Held, spoil: (UInt32, [UInt8]) -> [UInt8] = { $1 }) {
        let node = Self.nodes[peer]
        while let place = sent.firstIndex(where: { $0.peer == node && $0.message.isAsk(of: held.content) }) {
            switch sent.remove(at: place).message {
            case .wantManifest(let content, let part):
                feed(.received(.manifest(content: content, part: part, bytes: held.manifest), from: Self.nodes[peer]))
            case .wantChunk(let content, let index):
                let bytes = spoil(index, held.chunks[Int(index)])
                feed(.received(.chunk(content: content, index: index, bytes: bytes), from: Self.nodes[peer]))
            default: break
            }
        }
    }

    /// Whom a chunk or manifest was asked of, and not answered.
    func asked(_ peer: Int) -> Int {
        sent.count { $0.peer == Self.nodes[peer] && ($0.message.isChunkAsk || $0.message.isManifestAsk) }
    }
}

extension SnapshotMessage {
    var isChunkAsk: Bool { if case .wantChunk = self { true } else { false } }
    var isManifestAsk: Bool { if case .wantManifest = self { true } else { false } }
    func isAsk(of content: Digest) -> Bool {
        switch self {
        case .wantManifest(content, _), .wantChunk(content, _): true
        default: false
        }
    }
}

@Suite("Beginning from a peer's snapshot") struct SnapshotFetchTests {
    typealias Held = Joiner.Held
    static let old = Held(1_000)
    static let new = Held(1_900, chunks: 7)

    /// Two peers who offer both snapshots; the manifest of the newer one is here.
    static func judging() -> Joiner {
        var joiner = Joiner()
        joiner.connect(0, 1)
        joiner.answer(0, [old, new])
        joiner.answer(1, [old, new])
        joiner.serve(0, new)
        joiner.serve(1, new)
        return joiner
    }

    static func fetching(held: Set<UInt32> = []) -> Joiner {
        var joiner = judging()
        joiner.feed(.manifestHolds(new.digests, held: held))
        return joiner
    }

    @Test func `a new node takes the newest snapshot, from all who have it`() {
        var joiner = Self.judging()
        #expect(joiner.judged == [Self.new.offer])
        joiner.feed(.manifestHolds(Self.new.digests, held: []))
        #expect(joiner.asked(0) == 2 && joiner.asked(1) == 2)
        while joiner.begun.isEmpty {
            let before = joiner.kept.count
            joiner.serve(0, Self.new)
            joiner.serve(1, Self.new)
            guard joiner.kept.count > before else { break }
        }
        #expect(joiner.kept.count == 7 && joiner.kept.allSatisfy { Self.new.chunks[Int($0.key)] == $0.value })
        #expect(joiner.begun == [Self.new.offer] && joiner.banned.isEmpty)
        joiner.feed(.begun)
        #expect(joiner.outcome == .begun(height: 1_900))
    }

    // MARK: Block by block instead

    @Test func `peers that are not far ahead are followed block by block`() {
        var joiner = Joiner()
        joiner.connect(0, 1)
        joiner.answer(0, newest: 90)
        joiner.answer(1, newest: 100, [Held(50)])
        #expect(joiner.outcome == .blocks(.isNear))
    }

    @Test func `a new network begins at once`() {
        var joiner = Joiner()
        joiner.connect(0, 1)
        joiner.answer(0, first: 0, newest: 0)
        joiner.answer(1, first: 0, newest: 0)
        #expect(joiner.outcome == .blocks(.isNear))
    }

    @Test func `nobody to ask, nobody who answers, nobody who offers`() {
        var alone = Joiner(peers: 0)
        alone.pass(seconds: 1)
        #expect(alone.outcome == .blocks(.silence))
        var silent = Joiner()
        silent.connect(0, 1)
        silent.pass(seconds: 9)
        #expect(silent.outcome == nil)
        silent.pass(seconds: 1)
        #expect(silent.outcome == .blocks(.silence))
        var empty = Joiner()
        empty.connect(0, 1)
        empty.answer(0)
        empty.answer(1)
        #expect(empty.outcome == .blocks(.noOffer))
    }

    @Test func `a slow peer is waited for, but not for long`() {
        var joiner = Joiner()
        joiner.connect(0, 1)
        joiner.answer(0, [Self.new])
        joiner.pass(seconds: 2)
        #expect(joiner.asked(0) == 0)
        joiner.pass(seconds: 1)
        #expect(joiner.asked(0) == 1)
    }

    @Test func `a ledger that a peer leads on is never left`() {
        var joiner = Joiner(height: 500)
        joiner.connect(0, 1)
        joiner.answer(0, first: 900, [Self.new])
        joiner.answer(1, first: 501, [Self.new])
        #expect(joiner.outcome == .blocks(.nextBlockIsHeld))
    }

    @Test func `a ledger that nobody leads on is left, even for near blocks`() {
        var joiner = Joiner(height: 500)
        joiner.connect(0, 1)
        let near = Held(590)
        joiner.answer(0, first: 550, newest: 600, [near])
        joiner.answer(1, first: 560, newest: 600, [near])
        #expect(joiner.asked(0) == 1)
    }

    @Test func `where nobody leads on, an offer is waited for`() {
        var joiner = Joiner()
        joiner.connect(0, 1)
        joiner.answer(0, first: 900)
        joiner.answer(1, first: 950)
        joiner.pass(seconds: 5)
        #expect(joiner.outcome == nil)
        joiner.answer(1, first: 950, [Self.new])
        #expect(joiner.asked(1) == 1)
    }

    // MARK: Offers that are not taken

    @Test func `one peer's height counts less than what two offer`() {
        var joiner = Joiner(peers: 3)
        joiner.connect(0, 1, 2)
        joiner.answer(0, newest: 9_000_000, [Held(8_000_000)])
        joiner.answer(1, [Self.new])
        joiner.answer(2, [Self.new])
        #expect(joiner.asked(0) == 0 && joiner.asked(1) == 1)
    }

    @Test func `a snapshot from which nobody leads on is not taken, nor one below the own ledger`() {
        var joiner = Joiner(height: 950)
        joiner.connect(0, 1)
        joiner.answer(0, first: 1_500, [Held(900), Self.old])
        joiner.answer(1, first: 1_500, [Held(900), Self.old])
        joiner.pass(seconds: 10)
        #expect(joiner.asked(0) == 0 && joiner.asked(1) == 0 && joiner.outcome == .blocks(.noOffer))
    }

    @Test func `a manifest too long to be one is not asked for`() {
        var joiner = Joiner(peers: 1)
        joiner.connect(0)
        var offer = Self.new.offer
        offer.manifestBytes = .max
        joiner.feed(
            .received(.offers(SnapshotOffers(first: 1, newest: 2_000, offers: [offer])), from: Joiner.nodes[0]))
        #expect(joiner.asked(0) == 0 && joiner.outcome == .blocks(.noOffer))
    }

    // MARK: Manifests

    @Test func `a manifest that does not hold bans its sender alone, and the other's is asked for`() {
        var joiner = Self.judging()
        joiner.feed(.manifestRefused(reason: "no header proves it"))
        #expect(joiner.banned == [Joiner.nodes[0]])
        #expect(joiner.asked(1) == 1)
        joiner.serve(1, Self.new)
        #expect(joiner.judged.count == 2)
        // What the banned one says does not count any more.
        joiner.answer(0, [Held(1_950)])
        joiner.feed(.connected(Joiner.nodes[0]))
        joiner.feed(.manifestRefused(reason: "nor this"))
        #expect(joiner.banned.count == 2)
        joiner.pass(seconds: 10)
        #expect(joiner.outcome == .blocks(.silence))
    }

    @Test func `a part of another length bans, a part that nobody asked for is dropped`() {
        var joiner = Joiner()
        joiner.connect(0, 1)
        joiner.answer(0, [Self.new])
        joiner.answer(1, [Self.new])
        let content = Self.new.content
        joiner.feed(.received(.manifest(content: content, part: 0, bytes: [1, 2, 3]), from: Joiner.nodes[1]))
        joiner.feed(.received(.manifest(content: content, part: 1, bytes: [1, 2, 3]), from: Joiner.nodes[0]))
        joiner.feed(.received(.manifest(content: Self.old.content, part: 0, bytes: [1]), from: Joiner.nodes[0]))
        #expect(joiner.banned.isEmpty && joiner.judged.isEmpty)
        joiner.feed(.received(.manifest(content: content, part: 0, bytes: [1, 2]), from: Joiner.nodes[0]))
        #expect(joiner.banned == [Joiner.nodes[0]] && joiner.asked(1) == 1)
    }

    @Test(arguments: [true, false]) func `who sends no manifest, or goes, is passed over`(_ goes: Bool) {
        var joiner = Joiner()
        joiner.connect(0, 1)
        joiner.answer(0, [Self.new])
        joiner.answer(1, [Self.new])
        if goes { joiner.feed(.disconnected(Joiner.nodes[0])) } else { joiner.pass(seconds: 15) }
        #expect(joiner.asked(1) == 1 && joiner.banned.isEmpty)
    }

    @Test func `a manifest of more than a part is asked for part by part, each as long as was said`() {
        for isShort in [true, false] {
            var joiner = Joiner(peers: 1)
            joiner.connect(0)
            var long = Self.new
            long.manifest = [UInt8](repeating: 7, count: SnapshotMessage.partBytes + 5)
            joiner.answer(0, [long])
            let content = long.content
            func part(_ number: UInt32, _ bytes: ArraySlice<UInt8>) -> SnapshotFetch.Input {
                .received(.manifest(content: content, part: number, bytes: Array(bytes)), from: Joiner.nodes[0])
            }
            joiner.feed(part(0, long.manifest[..<SnapshotMessage.partBytes]))
            #expect(joiner.sent.last?.message == .wantManifest(content: content, part: 1) && joiner.judged.isEmpty)
            joiner.feed(part(1, long.manifest.suffix(isShort ? 4 : 5)))
            #expect(joiner.banned.isEmpty == !isShort && joiner.judged == (isShort ? [] : [long.offer]))
        }
    }

    @Test func `a manifest that its peer drops is asked of another; what others drop is theirs`() {
        var joiner = Joiner()
        joiner.connect(0, 1)
        joiner.answer(0, [Self.new])
        joiner.answer(1, [Self.new, Self.old])
        #expect(joiner.asked(0) == 1)
        joiner.feed(.received(.gone(content: Self.old.content), from: Joiner.nodes[1]))
        joiner.feed(.received(.gone(content: Self.old.content), from: Joiner.nodes[0]))
        #expect(joiner.asked(0) == 1 && joiner.asked(1) == 0)
        joiner.feed(.received(.gone(content: Self.new.content), from: Joiner.nodes[0]))
        #expect(joiner.asked(1) == 1 && joiner.banned.isEmpty)
    }

    // MARK: Chunks

    @Test func `who begins to offer it meanwhile is asked as well`() {
        var joiner = Self.fetching()
        joiner.connect(2)
        joiner.answer(2, [Self.old])
        #expect(joiner.asked(2) == 0)
        joiner.answer(2, [Self.new])
        #expect(joiner.asked(2) == 2)
        joiner.feed(.received(.gone(content: Self.old.content), from: Joiner.nodes[2]))
        joiner.feed(.received(.wantHeader(height: 1), from: Joiner.nodes[2]))
        #expect(joiner.asked(2) == 2)
    }

    @Test func `how far it is can be seen while chunks come`() {
        var joiner = Self.judging()
        #expect(joiner.fetch.progress == nil)
        joiner.feed(.manifestHolds(Self.new.digests, held: [3]))
        #expect(joiner.fetch.progress?.kept == 1 && joiner.fetch.progress?.count == 7)
        let content = Self.new.content
        joiner.feed(.received(.chunk(content: content, index: 0, bytes: Self.new.chunks[0]), from: Joiner.nodes[0]))
        #expect(joiner.fetch.progress?.kept == 2)
    }

    @Test func `a chunk that does not hold bans its sender, and the others give it`() {
        var joiner = Self.fetching()
        joiner.serve(1, Self.new) { index, bytes in bytes.map { $0 ^ 1 } }
        #expect(joiner.banned == [Joiner.nodes[1]] && joiner.kept.isEmpty)
        joiner.serve(0, Self.new)
        #expect(joiner.kept.count == 7 && joiner.begun == [Self.new.offer])
    }

    @Test func `chunks that are of something else, or come twice, count for nothing`() {
        var joiner = Self.fetching()
        let peer = Joiner.nodes[0]
        joiner.feed(.received(.chunk(content: Self.old.content, index: 0, bytes: [9]), from: peer))
        joiner.feed(.received(.chunk(content: Self.new.content, index: 7, bytes: [9]), from: peer))
        joiner.feed(.received(.chunk(content: Self.new.content, index: .max, bytes: [9]), from: peer))
        for _ in 0..<2 {
            joiner.feed(.received(.chunk(content: Self.new.content, index: 0, bytes: Self.new.chunks[0]), from: peer))
        }
        #expect(joiner.kept.count == 1 && joiner.banned.isEmpty)
    }

    @Test func `a peer that stops is passed over, and what it was asked for is asked of the other`() {
        var joiner = Self.fetching()
        for _ in 0..<40 {
            joiner.pass(seconds: 2)
            joiner.serve(0, Self.new)
        }
        #expect(joiner.begun == [Self.new.offer] && joiner.banned.isEmpty)
    }

    @Test func `where all stop it ends, in bounded time`() {
        var joiner = Self.fetching()
        joiner.pass(seconds: 70)
        #expect(joiner.outcome == nil, "they get another chance")
        joiner.pass(seconds: 90)
        #expect(joiner.outcome == .blocks(.noOffer) && joiner.banned.isEmpty)
    }

    @Test(arguments: [3, 4]) func `a busy server that drops what it is asked for is asked again, three times`(
        _ drops: Int
    ) {
        var joiner = Joiner()
        joiner.connect(0, 1)
        joiner.answer(0, [Self.new])
        joiner.answer(1)
        for _ in 0..<drops {
            #expect(joiner.asked(0) == 1)
            joiner.sent.removeAll()
            joiner.pass(seconds: 15)
        }
        guard drops == 3 else { return #expect(joiner.outcome == .blocks(.noOffer) && joiner.banned.isEmpty) }
        joiner.serve(0, Self.new)
        joiner.feed(.manifestHolds(Self.new.digests, held: []))
        joiner.serve(0, Self.new)
        #expect(joiner.begun == [Self.new.offer])
    }

    @Test func `a late chunk is taken all the same, and not a second time`() {
        var joiner = Self.fetching()
        joiner.pass(seconds: 31)
        joiner.feed(
            .received(.chunk(content: Self.new.content, index: 0, bytes: Self.new.chunks[0]), from: Joiner.nodes[0]))
        #expect(joiner.kept[0] == Self.new.chunks[0])
        joiner.sent.removeAll { $0.message == .wantChunk(content: Self.new.content, index: 0) }
        joiner.serve(0, Self.new)
        joiner.serve(1, Self.new)
        #expect(joiner.begun == [Self.new.offer])
    }

    @Test func `a snapshot that a peer drops is fetched from the others, or else the next one is`() {
        var joiner = Self.fetching()
        joiner.feed(.received(.gone(content: Self.new.content), from: Joiner.nodes[0]))
        #expect(joiner.outcome == nil)
        joiner.feed(.received(.gone(content: Self.new.content), from: Joiner.nodes[1]))
        joiner.sent.removeAll { $0.message.isChunkAsk }
        joiner.serve(0, Self.old)
        #expect(joiner.judged == [Self.new.offer, Self.old.offer])
    }

    @Test func `chunks that lie here already are not asked for`() {
        var joiner = Self.fetching(held: [0, 1, 2, 3, 5])
        #expect(joiner.sent.filter(\.message.isChunkAsk).count == 2)
        joiner.serve(0, Self.new)
        joiner.serve(1, Self.new)
        #expect(Set(joiner.kept.keys) == [4, 6] && joiner.begun.count == 1)
        #expect(Self.fetching(held: Set(0..<7)).begun == [Self.new.offer])
    }

    @Test func `a snapshot that lies here in part comes first while it is offered`() {
        var joiner = Joiner(preferred: Self.old.content)
        joiner.connect(0, 1)
        joiner.answer(0, [Self.old, Self.new])
        joiner.answer(1, [Self.new])
        joiner.serve(0, Self.old)
        #expect(joiner.judged == [Self.old.offer])
    }

    // MARK: The ledger

    @Test func `roots that do not come out ban all who offered the content, and nobody else`() {
        var joiner = Joiner(peers: 3)
        joiner.connect(0, 1, 2)
        let lie = Held(1_950, seed: 9)
        joiner.answer(0, [lie])
        joiner.answer(1, [lie])
        joiner.answer(2, [Self.new])
        joiner.serve(0, lie)
        joiner.feed(.manifestHolds(lie.digests, held: []))
        joiner.serve(0, lie)
        joiner.serve(1, lie)
        joiner.serve(0, lie)
        #expect(joiner.begun == [lie.offer])
        joiner.feed(.beginningRefused(reason: "the state does not lead to its app hash"))
        #expect(joiner.banned == [Joiner.nodes[0], Joiner.nodes[1]])
        joiner.kept = [:]
        joiner.serve(2, Self.new)
        joiner.feed(.manifestHolds(Self.new.digests, held: []))
        joiner.serve(2, Self.new)
        joiner.feed(.begun)
        #expect(joiner.outcome == .begun(height: 1_900))
        // It is over: nothing follows.
        joiner.sent = []
        joiner.pass(seconds: 100)
        joiner.connect(0)
        #expect(joiner.sent.isEmpty)
    }

    @Test func `answers out of turn change nothing`() {
        var joiner = Joiner()
        joiner.connect(0, 1)
        joiner.feed(.begun)
        joiner.feed(.beginningRefused(reason: ""))
        joiner.feed(.manifestHolds([], held: []))
        joiner.feed(.manifestRefused(reason: ""))
        joiner.feed(.disconnected(Joiner.nodes[3]))
        joiner.feed(.received(.offers(SnapshotOffers(first: 1, newest: 9, offers: [])), from: Joiner.nodes[3]))
        #expect(joiner.outcome == nil && joiner.banned.isEmpty && joiner.begun.isEmpty)
    }

    @Test func `another node that begins is told that there is nothing here`() {
        var joiner = Joiner(height: 0)
        joiner.connect(0)
        joiner.sent = []
        joiner.feed(.received(.ask, from: Joiner.nodes[0]))
        joiner.feed(.received(.wantChunk(content: Self.new.content, index: 0), from: Joiner.nodes[0]))
        #expect(
            joiner.sent.map(\.message) == [
                .offers(SnapshotOffers(first: 0, newest: 0, offers: [])), .gone(content: Self.new.content),
            ])
    }
}
