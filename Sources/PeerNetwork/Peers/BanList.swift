/// Who is kept out, why and until when; in memory, up to a bound beyond which the ban that ends first goes.
struct BanList: Sendable {
    private var bans: [PeerID: (ban: PeerBan, end: UInt64)] = [:]
    private let countMax: Int

    init(countMax: Int) { self.countMax = countMax }

    /// Keeps a peer out from now on; a ban that ends later stays.
    mutating func ban(_ id: PeerID, seconds: Int, reason: String, at now: Moment) {
        dropEnded(at: now)
        let span = max(0, min(seconds, Self.secondsMax))
        let end = now.steady + UInt64(span) * 1_000_000_000
        guard bans[id].map({ $0.end < end }) ?? true else { return }
        let ban = PeerBan(id: id, reason: reason, since: now.wall, until: now.wall + Int64(span) * 1_000)
        bans[id] = (ban, end)
        guard bans.count > countMax, let first = bans.min(by: { $0.value.end < $1.value.end }) else { return }
        bans[first.key] = nil
    }

    /// A century: longer is for ever.
    private static let secondsMax = 100 * 366 * 86_400

    /// The ban that holds now, or nil.
    func ban(of id: PeerID, at now: Moment) -> PeerBan? {
        bans[id].flatMap { $0.end > now.steady ? $0.ban : nil }
    }

    /// All that hold, in the order of identities.
    mutating func all(at now: Moment) -> [PeerBan] {
        dropEnded(at: now)
        return bans.values.map(\.ban).sorted { $0.id < $1.id }
    }

    private mutating func dropEnded(at now: Moment) { bans = bans.filter { $0.value.end > now.steady } }
}
