import Cryptography
import Synchronization

/// Credentials that were checked, by SHA-256 of their text, so that a check costs one hash.
///
/// Two generations of half the bound each: when the young one is full the old one is dropped, so memory is bounded and
/// whoever keeps asking stays.
final class TokenCache: Sendable {
    struct Entry: Sendable {
        var principal: Principal
        /// Nanoseconds since 1970 after which it must be checked again.
        var until: UInt64
        /// SHA-256 of the client certificate that the credential is bound to.
        var certificate: [UInt8]?
    }

    /// Credentials that are remembered: each takes less than 1 KiB.
    static let entriesMax = 16_384

    private struct State {
        var young: [Digest: Entry] = [:]
        var old: [Digest: Entry] = [:]
        /// How often all was forgotten.
        var epoch = 0
    }

    private let state = Mutex(State())
    private let generationMax: Int

    init(entriesMax: Int = TokenCache.entriesMax) { generationMax = max(1, entriesMax / 2) }

    func entry(_ key: Digest, at now: UInt64) -> Entry? {
        state.withLock { state in
            if let entry = state.young[key] { return now < entry.until ? entry : nil }
            guard let entry = state.old[key], now < entry.until else { return nil }
            insert(entry, key, into: &state)
            return entry
        }
    }

    /// Names the time before a check: what is forgotten while it goes on is not remembered from it.
    var epoch: Int { state.withLock(\.epoch) }

    /// Remembers what a check gave that began at that epoch.
    func insert(_ entry: Entry, for key: Digest, checkedAt epoch: Int) {
        state.withLock { state in
            if state.epoch == epoch { insert(entry, key, into: &state) }
        }
    }

    func removeAll() { state.withLock { $0 = State(epoch: $0.epoch + 1) } }

    var count: Int { state.withLock { $0.young.count + $0.old.count } }

    private func insert(_ entry: Entry, _ key: Digest, into state: inout State) {
        if state.young.count >= generationMax, state.young[key] == nil {
            state.old = state.young
            state.young = [:]
        }
        state.young[key] = entry
    }
}
