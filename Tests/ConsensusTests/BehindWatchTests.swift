import Consensus
import Cryptography
import Testing

@Suite("Whether peers can still lead on") struct BehindWatchTests {
    static let second: UInt64 = 1_000_000_000
    static let nodes = (1...3).map { NodeID([UInt8](repeating: UInt8($0), count: 32))! }
    static let ahead = SnapshotOffers(
        first: 900, newest: 2_000,
        offers: [SnapshotOffer(height: 1_000, content: .zero, chunkCount: 1, manifestBytes: 1)])
    static let leading = SnapshotOffers(first: 101, newest: 2_000, offers: ahead.offers)
    static let equal = SnapshotOffers(first: 1, newest: 100, offers: [])

    /// What is made of answers, after a node that stands at block 100 has asked.
    static func verdict(_ answers: [SnapshotOffers?], peers: Int = 3) -> BehindWatch.Verdict {
        var watch = BehindWatch(at: 0)
        let peers = Set(nodes.prefix(peers))
        #expect(watch.look(height: 100, peers: peers, at: second) == .wait)
        #expect(watch.look(height: 100, peers: peers, at: 30 * second) == .wait)
        #expect(watch.look(height: 100, peers: peers, at: 31 * second) == .ask)
        for (node, answer) in zip(nodes, answers) { if let answer { watch.answered(node, answer) } }
        #expect(watch.look(height: 100, peers: peers, at: 34 * second) == .wait)
        return watch.look(height: 100, peers: peers, at: 35 * second)
    }

    @Test func `a ledger is left where more than half answer, nobody leads on and somebody offers more`() {
        #expect(Self.verdict([Self.ahead, Self.ahead, Self.ahead]) == .behind)
        #expect(Self.verdict([Self.ahead, nil, Self.equal]) == .behind)
    }

    @Test(arguments: [
        [leading, ahead, ahead], [ahead, nil, nil], [nil, nil, nil], [equal, equal, equal],
        [SnapshotOffers(first: 900, newest: 2_000, offers: []), equal, equal],
    ])
    func `in any other case it is asked again`(_ answers: [SnapshotOffers?]) {
        #expect(Self.verdict(answers) == .ask)
    }

    @Test func `who has gone does not count, and nobody is asked where nobody is there`() {
        #expect(Self.verdict([Self.equal, Self.ahead, Self.ahead], peers: 1) == .ask)
        var watch = BehindWatch(at: 0)
        #expect(watch.look(height: 100, peers: [], at: 99 * Self.second) == .wait)
    }

    @Test func `each block begins the wait anew, and answers from before it count for nothing`() {
        var watch = BehindWatch(at: 0)
        let peers = Set(Self.nodes)
        for time in 1...10 {
            #expect(watch.look(height: UInt64(time), peers: peers, at: UInt64(time) * 29 * Self.second) == .wait)
        }
        #expect(watch.look(height: 10, peers: peers, at: 321 * Self.second) == .ask)
        for node in Self.nodes { watch.answered(node, Self.ahead) }
        #expect(watch.look(height: 11, peers: peers, at: 326 * Self.second) == .wait)
        for node in Self.nodes { watch.answered(node, Self.ahead) }
        #expect(watch.look(height: 11, peers: peers, at: 357 * Self.second) == .ask)
        #expect(watch.look(height: 11, peers: peers, at: 362 * Self.second) == .ask)
    }
}
