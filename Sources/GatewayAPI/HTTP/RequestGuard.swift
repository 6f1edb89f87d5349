import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// What reads a body sees when the time for it is over.
struct BodyTimeout: Error {}

/// Where a ``BodyTimeout`` ends that the route has been told of.
private final class BodyTimeoutEnd: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !(error is BodyTimeout) { context.fireErrorCaught(error) }
    }
}

/// Ends what a client leaves half done: an answer that it does not take, a body that does not
/// come to its end, or goes on after the answer.
///
/// One for each connection of HTTP/1.1, and for each stream of HTTP/2. Where answers are taken at once it keeps no timer.
final class RequestGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let patience: Patience
    private let all: OpenRequests
    private var connection: ConnectionGuard?
    /// What the client's address holds, over all its connections.
    private var address = AddressShare.unknown
    /// Whether it is a stream of HTTP/2.
    private var isStream = false
    private var context: ChannelHandlerContext?
    /// Requests whose head is here and whose answer is not wholly sent.
    private var open = 0
    /// Those whose answer is not wholly written.
    private var unanswered = 0
    /// Whether the newest one's end is still to come.
    private var isArriving = false
    private var arrivalTimer: Scheduled<Void>?
    /// Its bytes since it was answered.
    private var restBytes = 0
    private var restTimer: Scheduled<Void>?
    /// Bytes of large parts that wait.
    private var heldBytes = 0
    private var lastProgress = NIODeadline.now()
    private var lookTimer: Scheduled<Void>?

    init(_ patience: Patience, _ all: OpenRequests) {
        self.patience = patience
        self.all = all
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        // A stream's parent is its connection, and a connection's the listener.
        let channel = context.channel
        let carrier = channel.parent.flatMap { $0.parent == nil ? nil : $0 }
        isStream = carrier != nil
        connection = try? (carrier ?? channel).pipeline.syncOperations.handler(type: ConnectionGuard.self)
        if let share = connection?.address { address = share }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        arrivalTimer?.cancel()
        restTimer?.cancel()
        lookTimer?.cancel()
        all.end(open, of: address)
        all.release(heldBytes, of: address)
        connection?.requestsEnded(open)
        (open, heldBytes, connection, self.context) = (0, 0, nil, nil)
    }

    // MARK: What comes

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            guard all.begin(beside: connection?.requests ?? open, of: address) else {
                return context.close(promise: nil)
            }
            connection?.requestBegan()
            (open, unanswered, isArriving, restBytes) = (open + 1, unanswered + 1, true, 0)
        case .body(let bytes):
            if unanswered == 0 {
                restBytes += bytes.readableBytes
                guard restBytes <= Patience.restBytesMax else { return cutOff(context) }
            }
        case .end:
            isArriving = false
            arrivalTimer?.cancel()
            restTimer?.cancel()
            (arrivalTimer, restTimer) = (nil, nil)
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isArriving, arrivalTimer == nil, unanswered > 0 {
            arrivalTimer = context.eventLoop.assumeIsolated().scheduleTask(in: patience.body) { [self] in
                arrivalTimer = nil
                guard isArriving, unanswered > 0 else { return }
                // Past what hands the parts to the route, the error would end an HTTP/2 connection with all its streams.
                try? context.pipeline.syncOperations.addHandler(BodyTimeoutEnd(), position: .last)
                context.fireErrorCaught(BodyTimeout())
            }
        }
        context.fireChannelReadComplete()
    }

    /// Closes, and reads no more meanwhile: while it waits for the other side's farewell, TLS would take in all that comes.
    private func cutOff(_ context: ChannelHandlerContext) {
        context.channel.setOption(.autoRead, value: false).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }

    // MARK: What goes

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            context.write(isStream ? wrapOutboundOut(.head(Self.ofStream(head))) : data, promise: promise)
        case .body(let bytes):
            let count = bytes.readableBytes
            guard count >= OpenRequests.bytesCounted else { return context.write(data, promise: promise) }
            guard all.hold(count, of: address) else {
                promise?.fail(ChannelError.ioOnClosedChannel)
                return context.close(promise: nil)
            }
            heldBytes += count
            context.write(data, promise: watched(promise, context) { $0.sent(bytes: count) })
        case .end:
            unanswered -= 1
            if open == 1 { lastProgress = .now() }
            context.write(data, promise: watched(promise, context) { $0.sent() })
            if isArriving, unanswered == 0 {
                restTimer = context.eventLoop.assumeIsolated().scheduleTask(in: patience.rest) { [self] in
                    cutOff(context)
                }
            }
        }
    }

    /// The same without what is about a connection: the HTTP/2 library would end it with all its streams (RFC 9113 §8.2.2).
    private static func ofStream(_ head: HTTPResponse) -> HTTPResponse {
        guard head.headerFields.contains(.connection) else { return head }
        var head = head
        head.headerFields[.connection] = nil
        return head
    }

    func flush(context: ChannelHandlerContext) {
        connection?.isHurried = heldBytes > 0
        context.flush()
        connection?.isHurried = false
        if let connection, connection.isFlushAhead { connection.tell(self) } else { flushed() }
    }

    /// What was flushed has gone, or waits for the client.
    func flushed() {
        if let context, open > unanswered || heldBytes > 0 { look(context) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        lastProgress = .now()
        if !context.channel.isWritable { look(context) }
        context.fireChannelWritabilityChanged()
    }

    private func watched(
        _ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext, _ sent: @escaping (RequestGuard) -> Void
    ) -> EventLoopPromise<Void> {
        let promise = promise ?? context.eventLoop.makePromise()
        promise.futureResult.assumeIsolated().whenComplete { _ in sent(self) }
        return promise
    }

    /// Bytes have gone, or will never; nothing is counted any more where the connection is gone.
    private func sent(bytes count: Int) {
        guard heldBytes > 0 else { return }
        lastProgress = .now()
        heldBytes -= count
        all.release(count, of: address)
    }

    /// The same of an answer's end.
    private func sent() {
        guard open > 0 else { return }
        lastProgress = .now()
        open -= 1
        all.end(1, of: address)
        connection?.requestsEnded(1)
    }

    /// Looks now and then at what waits, until nothing does.
    private func look(_ context: ChannelHandlerContext) {
        guard lookTimer == nil else { return }
        lookTimer = context.eventLoop.assumeIsolated().scheduleTask(in: Patience.look) { [self] in
            lookTimer = nil
            guard open > unanswered || heldBytes > 0 || !context.channel.isWritable else { return }
            let allowance = patience.answer + .seconds(Int64(heldBytes / Patience.answerBytesPerSecond))
            let waiting = NIODeadline.now() - lastProgress
            if waiting >= (all.isCrowded ? min(allowance, Patience.answerWhenCrowded) : allowance) {
                context.close(promise: nil)
            } else {
                look(context)
            }
        }
    }
}
