/// Whether a running node can still be led on block by block: the peers that are ahead may have pruned what it lacks.
///
/// A pure value; times are nanoseconds of a steady clock. Peers are asked only while no block comes, and a verdict needs
/// the answers of more than half of them, none of whom holds the next block: one peer alone cannot make a node leave its
/// ledger, and whoever begins from a snapshot asks all of them again.
package struct BehindWatch: Sendable {
    /// Without a block for so long: three heartbeats of an idle ledger, and six times what a run of blocks may take.
    static let patience: UInt64 = 30_000_000_000
    /// Answers are waited for.
    static let answering: UInt64 = 4_000_000_000

    package enum Verdict: Equatable, Sendable {
        case wait
        /// Ask all peers what they offer.
        case ask
        /// Nobody leads on, and somebody offers a later state.
        case behind
    }

    private var height: UInt64 = 0
    private var since: UInt64
    private var askedAt: UInt64?
    private var answers: [NodeID: SnapshotOffers] = [:]

    package init(at now: UInt64) { since = now }

    /// A peer's answer; one that was not asked for counts for nothing.
    package mutating func answered(_ peer: NodeID, _ offers: SnapshotOffers) {
        if askedAt != nil { answers[peer] = offers }
    }

    /// Called every few seconds.
    package mutating func look(height: UInt64, peers: Set<NodeID>, at now: UInt64) -> Verdict {
        if height != self.height {
            self.height = height
            since = now
            askedAt = nil
        }
        guard now >= since + Self.patience, !peers.isEmpty else { return .wait }
        guard let asked = askedAt else { return ask(at: now) }
        guard now >= asked + Self.answering else { return .wait }
        return isBehind(peers) ? .behind : ask(at: now)
    }

    private mutating func ask(at now: UInt64) -> Verdict {
        (askedAt, answers) = (now, [:])
        return .ask
    }

    private func isBehind(_ peers: Set<NodeID>) -> Bool {
        let heard = answers.filter { peers.contains($0.key) }.map(\.value)
        guard 2 * heard.count > peers.count, !heard.contains(where: { $0.holds(height + 1) }) else { return false }
        return heard.contains { $0.offers.contains { $0.height > height } }
    }
}
