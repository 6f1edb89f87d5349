import NIOCore
import Synchronization

/// One connection, as every thread may use it: what waits to be sent, and what is counted.
///
/// The event loop's side is ``LinkHandler``, which is woken by an event of the channel.
final class Link: Sendable {
    /// Asks the handler to send what waits.
    struct Wake: Sendable {}
    /// Asks the handler to read again if it may.
    struct Resume: Sendable {}
    /// Asks the handler to end the connection.
    struct End: Sendable { let end: LinkEnd }

    private struct State {
        var queue: SendQueue
        var counts = PerLane { _ in PeerInfo.Traffic() }
        /// A wake is on its way, or the handler waits for room in the socket: no other one is needed.
        var isAwake = false
        var isEnded = false
        var isReadingPaused = false
        var roundTrip: UInt64?
        var id: PeerID?
        var doubt: String?
        var listen: PeerAddress?
        var since = Moment(steady: 0, wall: 0)

        mutating func count(_ piece: SendQueue.Piece) {
            switch piece.kind {
            case .piece(let lane): counts[lane].bytesOut += piece.range.count
            case .last(let lane):
                counts[lane].bytesOut += piece.range.count
                counts[lane].messagesOut += 1
            default: break
            }
        }
    }

    /// Told apart within the process.
    let serial: UInt64
    let channel: any Channel
    /// Where it was dialled, with the identity that is asked for; or where an inbound one comes from.
    let address: PeerAddress
    let isOutbound: Bool
    private let state: Mutex<State>

    init(
        serial: UInt64, channel: any Channel, address: PeerAddress, isOutbound: Bool, limits: PeerNetworkLimits
    ) {
        self.serial = serial
        self.channel = channel
        self.address = address
        self.isOutbound = isOutbound
        state = Mutex(State(queue: SendQueue(limits: limits.queues)))
    }

    /// Who the other end has proven to be; nil before the handshake.
    var id: PeerID? { state.withLock(\.id) }
    var since: Moment { state.withLock(\.since) }

    /// The handshake has proven who the other end is.
    func proven(_ id: PeerID) { state.withLock { $0.id = id } }

    /// Why the handshake proves nobody, which TLS's own error does not say.
    var doubt: String? { state.withLock(\.doubt) }
    func doubted(_ reason: String) { state.withLock { $0.doubt = reason } }

    /// The other end said hello and is admitted.
    func admitted(listen: PeerAddress?, at now: Moment) {
        state.withLock { state in
            state.listen = listen
            state.since = now
        }
    }

    /// Queues a message; false where there is no room or the connection has ended.
    func send(_ message: [UInt8], in lane: Lane) -> Bool {
        let (isQueued, needsWake) = state.withLock { state -> (Bool, Bool) in
            guard !state.isEnded, state.queue.append(message, to: lane) else {
                state.counts[lane].messagesRefused += 1
                return (false, false)
            }
            defer { state.isAwake = true }
            return (true, !state.isAwake)
        }
        if needsWake { channel.triggerUserOutboundEvent(Wake(), promise: nil) }
        return isQueued
    }

    /// Bytes that wait in a lane.
    func queuedBytes(in lane: Lane) -> Int { state.withLock { $0.queue.depths[lane].bytes } }

    /// Queues a control frame; the caller is the handler, and sends it.
    func send(_ frame: Frame) { state.withLock { $0.queue.append(frame) } }

    /// Frames for one write: at least one if any waits, and small ones together up to about `bytesMax`; false where none
    /// waits, after which the next message wakes the handler.
    func take(into buffer: inout ByteBuffer, bytesMax: Int) -> Bool {
        state.withLock { state in
            while buffer.readableBytes < bytesMax, let piece = state.queue.next() {
                buffer.writeInteger(UInt32(1 + piece.range.count))
                buffer.writeInteger(piece.kind.code)
                buffer.writeBytes(piece.message[piece.range])
                state.count(piece)
            }
            guard buffer.readableBytes == 0 else { return true }
            state.isAwake = false
            return false
        }
    }

    func received(_ byteCount: Int, in lane: Lane) {
        state.withLock { state in
            state.counts[lane].messagesIn += 1
            state.counts[lane].bytesIn += byteCount
        }
    }

    func measured(_ roundTrip: UInt64) { state.withLock { $0.roundTrip = roundTrip } }
    func readingPaused(_ isPaused: Bool) { state.withLock { $0.isReadingPaused = isPaused } }

    /// Nothing more is queued from now on.
    func ended() { state.withLock { $0.isEnded = true } }

    /// Ends the connection from any thread.
    func end(_ end: LinkEnd) {
        ended()
        channel.triggerUserOutboundEvent(End(end: end), promise: nil)
    }

    /// Reads again what the consumer's backlog had stopped.
    func resume() { channel.triggerUserOutboundEvent(Resume(), promise: nil) }

    /// The connection as operators see it; nil before the handshake.
    var info: PeerInfo? {
        state.withLock { state in
            guard let id = state.id else { return nil }
            var traffic = state.counts
            for lane in Lane.allCases {
                traffic[lane].messagesQueued = state.queue.depths[lane].messages
                traffic[lane].bytesQueued = state.queue.depths[lane].bytes
            }
            return PeerInfo(
                id: id, address: address.of(id), listen: state.listen, isOutbound: isOutbound,
                connectedSince: state.since.wall, traffic: traffic, roundTripNanoseconds: state.roundTrip,
                isReadingPaused: state.isReadingPaused)
        }
    }
}
