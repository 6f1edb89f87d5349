import LedgerModel

/// Decided blocks that others have and this node lacks: what to ask of whom, and what has come.
///
/// Blocks are asked for in runs, each of one peer, a few runs at a time; one that does not come in time is asked of
/// another. Times are nanoseconds of the host's steady clock.
struct CatchUp: Sendable {
    /// Heights in one run.
    static let runMax = 16
    /// Heights beyond the last decided one that are held or asked for: bounds memory to so many blocks.
    static let windowMax: Int64 = 64
    /// How long a run may take before its peer is passed over: 5 s.
    static let patience: UInt64 = 5_000_000_000

    /// A decided block as somebody sent it; nothing is checked yet.
    struct Arrival: Sendable {
        var block: ProposedBlock
        var commit: Commit
        var sender: NodeID
    }

    struct Request: Equatable {
        var peer: NodeID
        var from: Int64
        var count: Int
    }

    private var asked: [Int64: (peer: NodeID, deadline: UInt64)] = [:]
    private(set) var ready: [Int64: Arrival] = [:]
    /// When a block came last: while they come, this node need not take part in old heights' rounds.
    private(set) var lastArrival: UInt64?

    /// Takes a block that was asked of its sender.
    ///
    /// - Returns: false for one that nobody asked for.
    mutating func take(_ arrival: Arrival, at now: UInt64) -> Bool {
        let height = arrival.block.height
        guard let request = asked[height], request.peer == arrival.sender else { return false }
        asked[height] = nil
        ready[height] = arrival
        lastArrival = now
        return true
    }

    /// Whether blocks come: one within the last second.
    func isFlowing(at now: UInt64) -> Bool { lastArrival.map { now < $0 + 1_000_000_000 } ?? false }

    /// Drops a block that did not hold, so that it is asked for again.
    mutating func drop(_ height: Int64) { ready[height] = nil }

    /// Forgets what is decided now.
    mutating func decided(_ height: Int64) {
        ready = ready.filter { $0.key > height }
        asked = asked.filter { $0.key > height }
    }

    /// Forgets what a peer was asked that has gone.
    mutating func lost(_ peer: NodeID) { asked = asked.filter { $0.value.peer != peer } }

    /// What to ask now, given how far each peer is.
    mutating func requests(after height: Int64, peers: [(node: NodeID, height: Int64)], at now: UInt64) -> [Request] {
        let late = Set(asked.values.filter { $0.deadline <= now }.map(\.peer))
        asked = asked.filter { $0.value.deadline > now }
        guard let target = peers.map(\.height).max(), target > height else { return [] }
        var requests: [Request] = []
        var next = height + 1
        let last = min(target, height + Self.windowMax)
        while next <= last {
            guard ready[next] == nil, asked[next] == nil, let peer = choose(for: next, peers, late: late) else {
                next += 1
                continue
            }
            let end = min(last, peer.height, next + Int64(Self.runMax) - 1)
            var count = 0
            while next + Int64(count) <= end, ready[next + Int64(count)] == nil, asked[next + Int64(count)] == nil {
                asked[next + Int64(count)] = (peer.node, now + Self.patience)
                count += 1
            }
            requests.append(Request(peer: peer.node, from: next, count: count))
            next += Int64(count)
        }
        return requests
    }

    /// The least busy peer that has a height, one that was not late where there is a choice.
    private func choose(
        for height: Int64, _ peers: [(node: NodeID, height: Int64)], late: Set<NodeID>
    ) -> (node: NodeID, height: Int64)? {
        let able = peers.filter { $0.height >= height }
        let prompt = able.filter { !late.contains($0.node) }
        return (prompt.isEmpty ? able : prompt).min { load(of: $0.node) < load(of: $1.node) }
    }

    private func load(of peer: NodeID) -> Int { asked.values.count { $0.peer == peer } }
}
