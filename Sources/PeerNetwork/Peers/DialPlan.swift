/// Whom to dial, and when: the persistent peers always, others of the address book while connections of our own are too
/// few.
struct DialPlan: Sendable {
    /// A connection that lasted this long shows that the peer is well: the next attempt begins with the shortest delay.
    static let steadyNanoseconds: UInt64 = 5_000_000_000

    private struct Course: Sendable {
        var backoff = Backoff()
        var nextAt: UInt64 = 0
        var isDialling = false
    }

    private let persistent: [PeerID: PeerAddress]
    private let limits: PeerNetworkLimits
    private var courses: [PeerID: Course] = [:]

    init(peers: [PeerAddress], own: PeerID, limits: PeerNetworkLimits) {
        var persistent: [PeerID: PeerAddress] = [:]
        for peer in peers { if let id = peer.id, id != own { persistent[id] = peer } }
        self.persistent = persistent
        self.limits = limits
    }

    func isPersistent(_ id: PeerID) -> Bool { persistent[id] != nil }

    /// Attempts that run.
    var diallingCount: Int { courses.values.count(where: \.isDialling) }

    /// The addresses to dial now; each counts as being dialled until ``ended(_:wasDialled:after:at:using:)``.
    ///
    /// `isFree`: whether a peer is neither connected nor kept out. `outbound`: connections of our own that stand.
    mutating func due(
        at now: UInt64, outbound: Int, book: AddressBook, isFree: (PeerID) -> Bool,
        using random: inout some RandomNumberGenerator
    ) -> [PeerAddress] {
        var chosen: [PeerAddress] = []
        func isDue(_ id: PeerID) -> Bool {
            guard let course = courses[id] else { return isFree(id) }
            return !course.isDialling && course.nextAt <= now && isFree(id)
        }
        for (id, address) in persistent.sorted(by: { $0.key < $1.key }) where isDue(id) { chosen.append(address) }
        let missing = limits.outboundWanted - outbound - diallingCount - chosen.count
        if missing > 0 {
            let others = book.entries.values.map(\.address).filter { address in
                address.id.map { persistent[$0] == nil && isDue($0) } ?? false
            }
            chosen += others.shuffled(using: &random).prefix(missing)
        }
        for id in chosen.compactMap(\.id) { courses[id, default: Course()].isDialling = true }
        // Courses of those who left the book are forgotten once they mean nothing.
        courses = courses.filter { persistent[$0.key] != nil || book.entries[$0.key] != nil || $0.value.isDialling }
        return chosen
    }

    /// The attempt led to a connection that stands.
    mutating func connected(_ id: PeerID) { courses[id]?.isDialling = false }

    /// An attempt failed, or a connection ended after so many nanoseconds; `wasDialled` by us.
    mutating func ended(
        _ id: PeerID, wasDialled: Bool, after lasted: UInt64, at now: UInt64,
        using random: inout some RandomNumberGenerator
    ) {
        guard persistent[id] != nil || courses[id] != nil else { return }
        var course = courses[id] ?? Course()
        if wasDialled { course.isDialling = false }
        if lasted >= Self.steadyNanoseconds { course.backoff.succeeded() }
        course.nextAt = now + course.backoff.failed(limits: limits, using: &random)
        courses[id] = course
    }
}
