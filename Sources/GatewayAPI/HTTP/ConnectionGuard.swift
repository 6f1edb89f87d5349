import HummingbirdCore
import HummingbirdHTTP2
import Logging
import NIOCore
import NIOSSL
import NIOTLS
import Synchronization

/// Closes a connection whose TLS handshake does not end in time, and one that carries no request for too long, whatever
/// trickles in on it.
///
/// The libraries below begin to count when the handshake is over, and wait without end for an HTTP/2 client to confirm
/// their farewell.
///
/// A connection that is closed sends first what was written. One whose place others want goes at once, without waiting for
/// the other side's farewell, if it carries no request.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny
    typealias OutboundIn = NIOAny

    private let patience: Patience
    private let all: Connections
    /// How the others see it; nil once it is gone.
    private var connection: Connection?
    private var context: ChannelHandlerContext?
    private var timer: Scheduled<Void>?
    /// Requests whose answer is not wholly sent.
    private(set) var requests = 0
    private var quietSince = NIODeadline.now()
    /// Whether this turn of the event loop ends with a flush, and whose answers it sends.
    private(set) var isFlushAhead = false
    private var flushed: [RequestGuard] = []
    /// Whether a large answer goes, which must feel at once that the client takes no more.
    var isHurried = false

    init(_ patience: Patience, _ all: Connections) {
        self.patience = patience
        self.all = all
    }

    /// What the other side's address holds.
    var address: AddressShare? { connection?.address }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        connection = all.join(context.channel)
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: patience.handshake) { self.close() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        self.context = nil
        if let connection { all.leave(connection) }
        connection = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is PlaceWanted { return giveWay(context) }
        if case .handshakeCompleted? = event as? TLSUserEvent {
            timer?.cancel()
            quietSince = .now()
            look(in: patience.idleAtMost)
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// Where many answers are on their way, those that are ready together go together: one TLS record and one system call
    /// at the end of the turn, not one for each stream.
    func flush(context: ChannelHandlerContext) {
        guard requests > 1, !isHurried else { return context.flush() }
        guard !isFlushAhead else { return }
        isFlushAhead = true
        context.eventLoop.assumeIsolated().execute { [self] in
            isFlushAhead = false
            self.context?.flush()
            let all = flushed
            flushed.removeAll(keepingCapacity: true)
            for answers in all { answers.flushed() }
        }
    }

    /// Tells a stream's guard when the flush that is ahead is done.
    func tell(_ answers: RequestGuard) { flushed.append(answers) }

    /// After its farewell the HTTP/2 library closes as soon as the last answer's end is written, before it is flushed.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        context.flush()
        context.close(mode: mode, promise: promise)
    }

    /// A request's head is here.
    func requestBegan() {
        requests += 1
        if requests == 1, let connection { connection.quietSince.store(.max, ordering: .relaxed) }
    }

    /// A request's answer is sent, or will never be.
    func requestsEnded(_ count: Int) {
        requests -= count
        quietSince = .now()
        guard requests == 0, count > 0, let connection else { return }
        connection.quietSince.store(quietSince.uptimeNanoseconds, ordering: .relaxed)
        all.fellQuiet(connection)
    }

    private func giveWay(_ context: ChannelHandlerContext) {
        guard requests == 0 else {
            if let connection { all.stays(connection) }
            return
        }
        let tls = try? context.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self)
        context.close(promise: nil)
        tls?.close(promise: nil)
    }

    private func look(in time: TimeAmount) {
        timer = context?.eventLoop.assumeIsolated().scheduleTask(in: time) { [self] in
            let end = quietSince + patience.idleAtMost
            if requests > 0 {
                look(in: patience.idleAtMost)
            } else if end <= .now() {
                close()
            } else {
                look(in: end - .now())
            }
        }
    }

    private func close() { context?.close(promise: nil) }
}

/// HTTPS with a ``ConnectionGuard`` on every connection.
struct GuardedChannel: HTTPChannelHandler {
    typealias Value = HTTP2UpgradeChannel.Value

    let inner: HTTP2UpgradeChannel
    let patience: Patience
    let connections: Connections

    var responder: Responder { inner.responder }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let made = inner.setup(channel: channel, logger: logger)
        do {
            // Behind TLS, whose end of the handshake it waits for.
            let pipeline = channel.pipeline.syncOperations
            let tls = try pipeline.handler(type: NIOSSLServerHandler.self)
            try pipeline.addHandler(ConnectionGuard(patience, connections), position: .after(tls))
        } catch {
            return channel.eventLoop.makeFailedFuture(error)
        }
        return made
    }

    func handle(value: Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopExecutor.of(value.channel.eventLoop)) {
            await inner.handle(value: value, logger: logger)
        }
    }
}
