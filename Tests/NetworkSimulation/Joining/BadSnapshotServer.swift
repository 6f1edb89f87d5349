import Consensus
import Cryptography

/// Who offers snapshots, and how.
enum SnapshotServerRole: CaseIterable {
    case honest
    /// Sends bytes that are not the chunk's.
    case otherChunks
    /// Has the true manifest's headers before a state of its own making.
    case foreignState
    /// Sends a manifest that does not hold.
    case foreignManifest
    /// Sends a manifest of another length than it said.
    case otherLength
    /// Offers, and then says nothing.
    case silent
    /// Answers just before it would be passed over.
    case slow
    /// Takes back what it offered, and offers it again.
    case fickle
    /// Says that it is far ahead and holds every block, and offers nothing.
    case heightLiar
    /// Sends what nobody asked for.
    case flooder
    /// Leaves and comes back.
    case quitter

    static let bad = allCases.filter { $0 != .honest }
}

/// A server of snapshots that does what its role says.
struct SimulatedSnapshotServer {
    let role: SnapshotServerRole
    let first: UInt64
    let newest: UInt64
    /// By rising height.
    let snapshots: [SimulatedSnapshot]
    private var asks = 0

    init(role: SnapshotServerRole, first: UInt64, newest: UInt64, snapshots: [SimulatedSnapshot]) {
        self.role = role
        self.first = first
        self.newest = newest
        self.snapshots = snapshots
    }

    /// What it sends to a message, each after so many nanoseconds.
    mutating func answer(
        _ message: SnapshotMessage, _ random: inout SimulatedRandom
    ) -> [(message: SnapshotMessage, after: UInt64)] {
        asks += 1
        let delay = role == .slow ? random.within(14 * second...29 * second) : random.within(0...300 * millisecond)
        switch message {
        case .ask: return offers(random.within(0...300 * millisecond))
        case .wantManifest(let content, 0): return manifest(content, delay)
        case .wantChunk(let content, let index): return chunk(content, index, delay, &random)
        default: return []
        }
    }

    private func offers(_ delay: UInt64) -> [(message: SnapshotMessage, after: UInt64)] {
        let held = role == .fickle && asks % 2 == 0 ? [] : snapshots.map(\.offer)
        let offers =
            role == .heightLiar
            ? SnapshotOffers(first: 1, newest: newest * 2, offers: [])
            : SnapshotOffers(first: first, newest: newest, offers: held)
        return [(.offers(offers), delay)]
    }

    private func manifest(_ content: Digest, _ delay: UInt64) -> [(message: SnapshotMessage, after: UInt64)] {
        guard let held = snapshots.first(where: { $0.content == content }) else {
            return [(.gone(content: content), delay)]
        }
        switch role {
        case .silent: return []
        case .foreignManifest: return [(.manifest(content: content, part: 0, bytes: held.manifest.map(~)), delay)]
        case .otherLength: return [(.manifest(content: content, part: 0, bytes: held.manifest + [0]), delay)]
        case .fickle where asks % 3 == 0: return [(.gone(content: content), delay)]
        default: return [(.manifest(content: content, part: 0, bytes: held.manifest), delay)]
        }
    }

    private func chunk(
        _ content: Digest, _ index: UInt32, _ delay: UInt64, _ random: inout SimulatedRandom
    ) -> [(message: SnapshotMessage, after: UInt64)] {
        guard let held = snapshots.first(where: { $0.content == content }), index < held.chunks.count else {
            return [(.gone(content: content), delay)]
        }
        let bytes = held.chunks[Int(index)]
        switch role {
        case .silent: return []
        case .otherChunks where random.happens(700):
            return [(.chunk(content: content, index: index, bytes: bytes + [1]), delay)]
        case .fickle where asks % 2 == 0: return [(.gone(content: content), delay)]
        case .flooder:
            return (0..<8).map {
                let other = UInt32((Int(index) + $0) % held.chunks.count)
                return (.chunk(content: content, index: other, bytes: held.chunks[Int(other)]), delay)
            }
        default: return [(.chunk(content: content, index: index, bytes: bytes), delay)]
        }
    }
}

private prefix func ~ (byte: UInt8) -> UInt8 { byte ^ 0xff }
