package import Cryptography

/// Whose asks for snapshots are served when: a peer that fetches must starve neither votes nor the disk nor other peers.
///
/// A pure value; times are nanoseconds of a steady clock. One ask is served at a time, peers take turns, and after each
/// answer the peer, and all together, wait until its bytes are within their rates.
package struct SnapshotDesk: Sendable {
    /// Asks of one peer that wait; more are dropped, since whoever keeps to the protocol has two.
    package static let asksMax = 4
    /// Peers that are served at a time: what is read for them waits in memory until they have taken it.
    package static let peersMax = 16
    /// After which a peer that asks for nothing gives its place up.
    static let idleNanoseconds: UInt64 = 60_000_000_000
    /// 16 MiB/s to one peer and 32 MiB/s to all: a quarter of what a disk of the reference machine gives.
    static let bytesPerSecond: UInt64 = 16 << 20
    static let bytesPerSecondTotal: UInt64 = 32 << 20

    package enum Ask: Hashable, Sendable {
        case manifest(content: Digest, part: UInt32)
        case chunk(content: Digest, index: UInt32)
    }

    package enum Turn: Equatable, Sendable {
        case serve(Ask, to: NodeID)
        /// Nobody may be served before that time.
        case wait(until: UInt64)
        case idle
    }

    private struct Guest {
        var asks: [Ask] = []
        var lastAsk: UInt64
        var freeAt: UInt64 = 0
        /// When it was served last: who waits longest is next.
        var turn: UInt64 = 0
    }

    private var guests: [NodeID: Guest] = [:]
    private var freeAt: UInt64 = 0
    private var turn: UInt64 = 0

    package init() {}

    /// Takes an ask; false where it is dropped.
    package mutating func take(_ ask: Ask, from peer: NodeID, at now: UInt64) -> Bool {
        if guests[peer] == nil {
            guests = guests.filter { !$0.value.asks.isEmpty || now < $0.value.lastAsk + Self.idleNanoseconds }
            guard guests.count < Self.peersMax else { return false }
            guests[peer] = Guest(lastAsk: now)
        }
        guests[peer]?.lastAsk = now
        guard let guest = guests[peer], guest.asks.count < Self.asksMax, !guest.asks.contains(ask) else { return false }
        guests[peer]?.asks.append(ask)
        return true
    }

    /// Forgets a peer that has gone.
    package mutating func lost(_ peer: NodeID) { guests[peer] = nil }

    /// What to do now; `isReady` says whether a peer has taken what was sent before.
    package mutating func next(at now: UInt64, isReady: (NodeID) -> Bool) -> Turn {
        let waiting = guests.filter { !$0.value.asks.isEmpty }
        guard !waiting.isEmpty else { return .idle }
        if freeAt > now { return .wait(until: freeAt) }
        let ready = waiting.filter { $0.value.freeAt <= now && isReady($0.key) }
        guard let peer = ready.min(by: { ($0.value.turn, $0.key) < ($1.value.turn, $1.key) })?.key else {
            // Who has not taken its last answer is looked at again shortly.
            let times = waiting.values.map { max($0.freeAt, now + Self.lookAgainNanoseconds) }
            return .wait(until: times.min() ?? now)
        }
        turn += 1
        guests[peer]?.turn = turn
        let ask = guests[peer]?.asks.removeFirst()
        return ask.map { .serve($0, to: peer) } ?? .idle
    }

    /// Counts an answer.
    package mutating func served(_ byteCount: Int, to peer: NodeID, at now: UInt64) {
        let bytes = UInt64(byteCount)
        freeAt = max(freeAt, now) + bytes * 1_000_000_000 / Self.bytesPerSecondTotal
        let free = max(guests[peer]?.freeAt ?? 0, now) + bytes * 1_000_000_000 / Self.bytesPerSecond
        guests[peer]?.freeAt = free
    }

    private static let lookAgainNanoseconds: UInt64 = 20_000_000
}
