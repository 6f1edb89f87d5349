import HummingbirdCore
import NIOCore
import Synchronization

/// One connection as the others see it.
final class Connection: Sendable {
    let channel: any Channel
    let caller: Caller
    let address: AddressShare
    /// Since when it carries no request, in nanoseconds of the steady clock; `.max` while it carries one, or was told to
    /// end.
    let quietSince: Atomic<UInt64>

    fileprivate init(_ channel: any Channel, _ caller: Caller, _ address: AddressShare) {
        self.channel = channel
        self.caller = caller
        self.address = address
        quietSince = Atomic(NIODeadline.now().uptimeNanoseconds)
    }
}

/// Tells a connection that others wait for its place.
struct PlaceWanted: Sendable {}

/// Every connection there is, so that one which nobody uses can be ended in favour of who comes.
final class Connections: Sendable {
    /// At the limit one in so many is ended at a time: a few, so that who comes finds room, and the look at all of them is
    /// seldom.
    private static let endedShare = 128

    private struct State {
        var all: [ObjectIdentifier: Connection] = [:]
        var shares: [Caller: AddressShare] = [:]
        /// Those that were told to end.
        var ending: Set<ObjectIdentifier> = []
    }

    let countMax: Int
    private let state = Mutex(State())
    /// Whether all places were taken and no connection was quiet: the next one to fall quiet goes.
    private let isStarved = Atomic(false)

    init(countMax: Int) { self.countMax = countMax }

    func join(_ channel: any Channel) -> Connection {
        let caller = Caller(channel.remoteAddress)
        return state.withLock { state in
            let share = state.shares[caller] ?? AddressShare()
            state.shares[caller] = share
            share.connections.wrappingAdd(1, ordering: .relaxed)
            let connection = Connection(channel, caller, share)
            state.all[ObjectIdentifier(connection)] = connection
            return connection
        }
    }

    func leave(_ connection: Connection) {
        state.withLock { state in
            let id = ObjectIdentifier(connection)
            state.ending.remove(id)
            guard state.all.removeValue(forKey: id) != nil else { return }
            if connection.address.connections.wrappingSubtract(1, ordering: .relaxed).newValue == 0 {
                state.shares[connection.caller] = nil
            }
        }
    }

    /// Ends the connections that have carried no request for longest.
    ///
    /// Those of addresses that hold more than a quarter of all places go first, however long the others are quiet: who
    /// opens thousands, and keeps each awake, pushes nobody else out.
    func makeRoom() {
        let (chosen, isStuck) = state.withLock { state -> ([Connection], Bool) in
            let count = max(countMax / Self.endedShare, 1) - state.ending.count
            guard count > 0 else { return ([], false) }
            let quiet = state.all.values.map { ($0, $0.quietSince.load(ordering: .relaxed)) }.filter { $0.1 != .max }
            let most = AddressShare.quarter(of: countMax)
            let greedy = quiet.filter { $0.0.address.connections.load(ordering: .relaxed) > most }
            let chosen = (greedy.isEmpty ? quiet : greedy).sorted { $0.1 < $1.1 }.prefix(count).map(\.0)
            state.ending.formUnion(chosen.map { ObjectIdentifier($0) })
            return (chosen, state.ending.isEmpty)
        }
        isStarved.store(isStuck, ordering: .relaxed)
        for connection in chosen { Self.end(connection) }
    }

    /// A connection has no request any more.
    func fellQuiet(_ connection: Connection) {
        guard isStarved.load(ordering: .relaxed), isStarved.exchange(false, ordering: .relaxed) else { return }
        state.withLock { _ = $0.ending.insert(ObjectIdentifier(connection)) }
        Self.end(connection)
    }

    /// A connection that was told to end carries a request again.
    func stays(_ connection: Connection) {
        state.withLock { _ = $0.ending.remove(ObjectIdentifier(connection)) }
    }

    private static func end(_ connection: Connection) {
        connection.quietSince.store(.max, ordering: .relaxed)
        connection.channel.pipeline.fireUserInboundEventTriggered(PlaceWanted())
    }
}

/// Counts connections, and has room made when all places are taken.
///
/// Who comes while all connections carry requests waits in the kernel's queue.
struct ConnectionPlaces: AvailableConnectionsDelegate {
    let connections: Connections
    private var count = 0

    init(_ connections: Connections) { self.connections = connections }

    mutating func connectionOpened() {
        count += 1
        if count >= connections.countMax { connections.makeRoom() }
    }

    mutating func connectionClosed() { count -= 1 }

    func isAcceptingNewConnections() -> Bool { count < connections.countMax }
}
