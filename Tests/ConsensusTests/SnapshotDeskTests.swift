import Consensus
import Cryptography
import Testing

@Suite("Turns of those who fetch") struct SnapshotDeskTests {
    static let nodes = (0..<20).map { NodeID([UInt8](repeating: UInt8($0), count: 32))! }
    static let content = SHA256.hash([1])
    static func ask(_ index: UInt32) -> SnapshotDesk.Ask { .chunk(content: content, index: index) }

    @Test func `peers take turns, whoever asks for more`() {
        var desk = SnapshotDesk()
        for index in 0..<4 { #expect(desk.take(Self.ask(UInt32(index)), from: Self.nodes[0], at: 0) == true) }
        #expect(desk.take(Self.ask(9), from: Self.nodes[1], at: 0) == true)
        var served: [NodeID] = []
        while case .serve(_, let peer) = desk.next(at: 0, isReady: { _ in true }) { served.append(peer) }
        #expect(served.map { Self.nodes.firstIndex(of: $0) } == [0, 1, 0, 0, 0])
        #expect(desk.next(at: 0, isReady: { _ in true }) == .idle)
    }

    @Test func `a fifth ask, the same ask again and a seventeenth peer are dropped`() {
        var desk = SnapshotDesk()
        for index in 0..<4 { _ = desk.take(Self.ask(UInt32(index)), from: Self.nodes[0], at: 0) }
        #expect(desk.take(Self.ask(4), from: Self.nodes[0], at: 0) == false)
        for node in Self.nodes[1..<16] { #expect(desk.take(Self.ask(0), from: node, at: 0) == true) }
        #expect(desk.take(Self.ask(0), from: Self.nodes[1], at: 0) == false)
        #expect(desk.take(Self.ask(0), from: Self.nodes[16], at: 61_000_000_000) == false)
        // Who was served and asks for nothing more gives its place up, and who has gone at once.
        desk.lost(Self.nodes[3])
        #expect(desk.take(Self.ask(0), from: Self.nodes[16], at: 61_000_000_000) == true)
        while case .serve = desk.next(at: 61_000_000_000, isReady: { _ in true }) {}
        #expect(desk.take(Self.ask(0), from: Self.nodes[17], at: 61_000_000_000) == true)
    }

    @Test func `bytes are paid for in time, by the peer and by all`() {
        var desk = SnapshotDesk()
        for node in Self.nodes.prefix(3) {
            for index in 0..<2 { _ = desk.take(Self.ask(UInt32(index)), from: node, at: 0) }
        }
        var (now, bytes) = (UInt64(0), [NodeID: Int]())
        while true {
            switch desk.next(at: now, isReady: { _ in true }) {
            case .serve(_, let peer):
                desk.served(4 << 20, to: peer, at: now)
                bytes[peer, default: 0] += 4 << 20
            case .wait(let time):
                #expect(time > now)
                now = time
                continue
            case .idle: break
            }
            if bytes.values.reduce(0, +) == 24 << 20 { break }
        }
        // The sixth answer begins when five are paid for at 32 MiB a second.
        #expect(now == 625_000_000)
        var one = SnapshotDesk()
        for index in 0..<2 { _ = one.take(Self.ask(UInt32(index)), from: Self.nodes[0], at: 0) }
        _ = one.next(at: 0, isReady: { _ in true })
        one.served(4 << 20, to: Self.nodes[0], at: 0)
        #expect(one.next(at: 200_000_000, isReady: { _ in true }) == .wait(until: 250_000_000))
    }

    @Test func `who goes while it is served has no place any more, and what it took is paid for by all`() {
        var desk = SnapshotDesk()
        let (gone, next) = (Self.nodes[0], Self.nodes[1])
        for index in 0..<2 { _ = desk.take(Self.ask(UInt32(index)), from: gone, at: 0) }
        _ = desk.take(Self.ask(0), from: next, at: 0)
        #expect(desk.next(at: 0, isReady: { _ in true }) == .serve(Self.ask(0), to: gone))
        desk.lost(gone)
        desk.served(4 << 20, to: gone, at: 0)
        #expect(desk.next(at: 0, isReady: { _ in true }) == .wait(until: 125_000_000))
        #expect(desk.next(at: 125_000_000, isReady: { _ in true }) == .serve(Self.ask(0), to: next))
        #expect(desk.next(at: 125_000_000, isReady: { _ in true }) == .idle)
    }

    @Test func `who has not taken what was sent is given no more`() {
        var desk = SnapshotDesk()
        _ = desk.take(Self.ask(0), from: Self.nodes[0], at: 0)
        _ = desk.take(Self.ask(1), from: Self.nodes[1], at: 0)
        let slow = Self.nodes[0]
        #expect(desk.next(at: 0, isReady: { $0 != slow }) == .serve(Self.ask(1), to: Self.nodes[1]))
        guard case .wait(let time) = desk.next(at: 0, isReady: { $0 != slow }) else {
            Issue.record("it is served")
            return
        }
        #expect(time > 0)
    }
}
