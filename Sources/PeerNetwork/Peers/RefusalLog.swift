/// The last connections that did not come about, the same one after another counted as one.
struct RefusalLog: Sendable {
    static let countMax = 128

    /// The last one is the newest.
    private(set) var refusals: [PeerRefusal] = []

    /// Enters a refusal; whether it is news, and worth a line in the log.
    mutating func enter(_ refusal: PeerRefusal) -> Bool {
        let place = refusals.firstIndex { known in
            known.id == refusal.id && known.address.host == refusal.address.host
                && known.isOutbound == refusal.isOutbound && known.reason == refusal.reason
        }
        var entry = refusal
        if let place { entry.count += refusals.remove(at: place).count }
        refusals.append(entry)
        if refusals.count > Self.countMax { refusals.removeFirst() }
        // 1, 2, 4, 8 ...: a peer that tries for ever fills no disk.
        return entry.count & (entry.count - 1) == 0
    }
}
