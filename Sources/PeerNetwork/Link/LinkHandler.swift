import NIOCore
import NIOSSL
import NIOTLS

/// Performs what ``LinkStateMachine`` asks for, on the channel's event loop, and sends what ``Link`` holds.
final class LinkHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What is written at once: a piece, or many small frames.
    ///
    /// A vote waits for no more than this and what the channel holds (``PeerChannel``).
    private static let writeBytes = 64 << 10
    /// How often silence is looked at.
    private static let tickInterval = TimeAmount.milliseconds(500)

    private let link: Link
    private let switchboard: Switchboard
    private var machine: LinkStateMachine?
    private var isEnded = false
    /// Set where the event queue is full, or until a time where the peer is too fast.
    private var isBacklogged = false
    private var pausedUntil: UInt64 = 0
    /// The channel asked to read while that was not allowed.
    private var owesRead = false
    private var deadline: Scheduled<Void>?
    private var ticking: Scheduled<Void>?
    private var failure: String?

    init(link: Link, switchboard: Switchboard) {
        self.link = link
        self.switchboard = switchboard
    }

    // MARK: The channel's life

    func handlerAdded(context: ChannelHandlerContext) {
        let limit = TimeAmount.nanoseconds(Int64(switchboard.limits.handshakeNanoseconds))
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: limit) { [weak self] in
            guard let self, !self.isEnded, !self.switchboard.isAdmitted(self.link) else { return }
            self.end(.refused("no hello within \(limit.nanoseconds / 1_000_000) ms"), context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        ended(.lost(failure ?? "connection lost"))
        deadline?.cancel()
        ticking?.cancel()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What TLS found first is the reason; what follows is its consequence.
        if failure == nil { failure = link.doubt ?? Self.reason(error, isProven: link.id != nil) }
        guard !isEnded else { return }
        ended(.lost(failure ?? "connection lost"))
        context.close(promise: nil)
    }

    private static func reason(_ error: any Error, isProven: Bool) -> String {
        if case .uncleanShutdown? = error as? NIOSSLError { return "connection lost" }
        return isProven ? "connection failed: \(error)" : "no TLS handshake: \(error)"
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { handshakeCompleted(context) }
        context.fireUserInboundEventTriggered(event)
    }

    private func handshakeCompleted(_ context: ChannelHandlerContext) {
        // Nobody has been judged where a session is resumed, which we never offer.
        guard link.id != nil else { return end(.refused("no certificate in the handshake"), context) }
        machine = LinkStateMachine(limits: switchboard.limits, now: Moment.now.steady)
        // Whoever dialled says hello first; the other end answers once it has admitted it, so that a peer which is refused
        // never takes itself for connected.
        if link.isOutbound { sayHello() }
        drain(context)
        tick(context)
    }

    /// Looks at the time, and comes again until the connection has ended.
    private func tick(_ context: ChannelHandlerContext) {
        let now = Moment.now.steady
        perform(machine?.timePassed(to: now, isReading: !isPaused(at: now)) ?? [], context)
        guard !isEnded else { return }
        ticking = context.eventLoop.assumeIsolated().scheduleTask(in: Self.tickInterval) { [weak self] in
            self?.tick(context)
        }
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isEnded else { return }
        perform(machine?.received(unwrapInboundIn(data).readableBytesView, at: Moment.now.steady) ?? [], context)
    }

    /// The channel wants to read: not while this peer is to wait, which its socket then makes it feel.
    func read(context: ChannelHandlerContext) {
        if isPaused(at: Moment.now.steady) { owesRead = true } else { context.read() }
    }

    private func isPaused(at now: UInt64) -> Bool { !isEnded && (isBacklogged || pausedUntil > now) }

    private func readIfOwed(_ context: ChannelHandlerContext) {
        guard !isPaused(at: Moment.now.steady) else { return }
        link.readingPaused(false)
        guard owesRead else { return }
        owesRead = false
        context.read()
    }

    private func perform(_ effects: [LinkStateMachine.Effect], _ context: ChannelHandlerContext) {
        for effect in effects {
            guard !isEnded else { return }
            switch effect {
            case .admit(let hello): admit(hello, context)
            case .deliver(let lane, let message): deliver(message, in: lane)
            case .send(let frame): link.send(frame)
            case .learn(let addresses): switchboard.learn(addresses, from: link)
            case .measured(let roundTrip): link.measured(roundTrip)
            case .pause(let until): pause(until, context)
            case .end(let end): self.end(end, context)
            }
        }
        drain(context)
    }

    private func admit(_ hello: Hello, _ context: ChannelHandlerContext) {
        if let refusal = switchboard.admit(link, hello) { return end(.refused(refusal), context) }
        if !link.isOutbound { sayHello() }
        link.send(Frame(.addresses, AddressList.encode(switchboard.addresses(for: link))))
    }

    private func sayHello() { link.send(Frame(.hello, switchboard.hello.encoded)) }

    private func deliver(_ message: [UInt8], in lane: Lane) {
        guard let id = link.id else { return }
        link.received(message.count, in: lane)
        if !switchboard.events.received(link, id, lane, message) {
            isBacklogged = true
            link.readingPaused(true)
        }
    }

    private func pause(_ until: UInt64, _ context: ChannelHandlerContext) {
        pausedUntil = max(pausedUntil, until)
        link.readingPaused(true)
        let now = Moment.now.steady
        let wait = TimeAmount.nanoseconds(Int64(pausedUntil > now ? pausedUntil - now : 0))
        context.eventLoop.assumeIsolated().scheduleTask(in: wait) { [weak self] in
            guard let self, !self.isEnded else { return }
            self.readIfOwed(context)
        }
    }

    // MARK: Sending

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        switch event {
        case is Link.Wake: drain(context)
        case is Link.Resume:
            isBacklogged = false
            readIfOwed(context)
        case let order as Link.End: end(order.end, context)
        default: context.triggerUserOutboundEvent(event, promise: promise)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        drain(context)
        context.fireChannelWritabilityChanged()
    }

    /// Writes while the channel has room: what does not fit stays in the lanes, where something more urgent can overtake.
    private func drain(_ context: ChannelHandlerContext) {
        guard machine != nil, !isEnded else { return }
        while context.channel.isWritable {
            var buffer = context.channel.allocator.buffer(capacity: 256)
            guard link.take(into: &buffer, bytesMax: Self.writeBytes) else { return }
            context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        }
    }

    // MARK: The end

    /// Says why, as far as the other end still listens, and closes.
    private func end(_ end: LinkEnd, _ context: ChannelHandlerContext) {
        guard !isEnded else { return }
        ended(end)
        if machine != nil, end.saysGoodbye {
            let goodbye = Frame(.goodbye, Goodbye.encode(end.reason))
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: goodbye.encoded)), promise: nil)
        }
        // TLS waits for the other end's goodbye, which is behind what was not read yet.
        if owesRead {
            owesRead = false
            context.read()
        }
        context.close(promise: nil)
    }

    private func ended(_ end: LinkEnd) {
        guard !isEnded else { return }
        isEnded = true
        link.ended()
        switchboard.ended(link, end)
    }
}
