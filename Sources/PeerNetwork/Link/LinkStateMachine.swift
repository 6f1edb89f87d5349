import Codec

/// One connection's protocol after TLS, free of sockets and clocks: what arrives goes in, what is to be done comes out.
///
/// The first frame must be a hello; the host has it admitted (or ends the connection) before it performs the effects
/// that follow. Time is nanoseconds of a steady clock. After an end nothing more comes out.
struct LinkStateMachine: Sendable {
    enum Effect: Equatable, Sendable {
        case admit(Hello)
        case deliver(Lane, [UInt8])
        /// A control frame.
        case send(Frame)
        /// Addresses that the peer passes on.
        case learn([PeerAddress])
        /// Nanoseconds from a ping to its pong.
        case measured(roundTripNanoseconds: UInt64)
        /// Read nothing more until then: the peer has sent more than its rates allow.
        case pause(untilNanoseconds: UInt64)
        case end(LinkEnd)
    }

    private enum State { case awaitingHello, established, ended }

    private var state = State.awaitingHello
    private var stream = FrameStream()
    private var assembly = MessageAssembly()
    private var messageRates: PerLane<TokenBucket>
    private var byteRates: PerLane<TokenBucket>
    private var controlRate: TokenBucket
    private let keepalive: KeepaliveLimits
    /// When something last arrived.
    private var heardAt: UInt64
    private var pingedAt: UInt64 = 0

    /// `now`: when the handshake was done.
    init(limits: PeerNetworkLimits, now: UInt64) {
        messageRates = PerLane { TokenBucket(unitsPerSecond: limits.rates[$0].messagesPerSecond) }
        byteRates = PerLane { TokenBucket(unitsPerSecond: limits.rates[$0].bytesPerSecond) }
        controlRate = TokenBucket(unitsPerSecond: limits.controlFramesPerSecond)
        keepalive = limits.keepalive
        heardAt = now
    }

    /// Bytes arrived.
    mutating func received(_ bytes: some Collection<UInt8>, at now: UInt64) -> [Effect] {
        guard state != .ended else { return [] }
        heardAt = now
        stream.append(bytes)
        var effects: [Effect] = []
        var wait: UInt64 = 0
        do throws(WireFailure) {
            while state != .ended, let frame = try stream.next() {
                wait = max(wait, rate(frame, at: now))
                try take(frame, at: now, &effects)
            }
        } catch {
            state = .ended
            return effects + [.end(.failure(error))]
        }
        if wait > 0 { effects.append(.pause(untilNanoseconds: now + wait)) }
        return effects
    }

    /// Time passed; `isReading` is false while the host reads nothing, when silence is no sign of anything.
    mutating func timePassed(to now: UInt64, isReading: Bool) -> [Effect] {
        guard state == .established else { return [] }
        if !isReading { heardAt = now }
        if now > heardAt, now - heardAt >= UInt64(keepalive.deadNanoseconds) {
            state = .ended
            return [.end(LinkEnd(reason: "silent for \((now - heardAt) / 1_000_000) ms"))]
        }
        guard now - pingedAt >= UInt64(keepalive.pingNanoseconds) else { return [] }
        pingedAt = now
        return [.send(Frame(.ping, now.bigEndianBytes))]
    }

    private mutating func take(_ frame: Frame, at now: UInt64, _ effects: inout [Effect]) throws(WireFailure) {
        guard (frame.kind == .hello) == (state == .awaitingHello) || frame.kind == .goodbye else {
            throw .unexpected(frame.kind)
        }
        switch frame.kind {
        case .hello:
            effects.append(.admit(try Hello.decode(frame.payload)))
            state = .established
        case .ping:
            guard frame.payload.count == 8 else { throw .malformed(.ping) }
            effects.append(.send(Frame(.pong, frame.payload)))
        case .pong:
            guard frame.payload.count == 8 else { throw .malformed(.pong) }
            // Only the last ping's pong measures; an older one is late, a made-up one a peer's own loss.
            if UInt64(bigEndianBytes: frame.payload) == pingedAt, now >= pingedAt {
                effects.append(.measured(roundTripNanoseconds: now - pingedAt))
            }
        case .addresses: effects.append(.learn(try AddressList.decode(frame.payload)))
        case .goodbye:
            let reason = try Goodbye.decode(frame.payload)
            state = .ended
            effects.append(.end(.lost("closed by the peer: \(reason)")))
        case .piece(let lane): try assembly.piece(frame.payload, in: lane)
        case .last(let lane): effects.append(.deliver(lane, try assembly.last(frame.payload, in: lane)))
        }
    }

    /// Nanoseconds for which the frame's lane is overdrawn.
    private mutating func rate(_ frame: Frame, at now: UInt64) -> UInt64 {
        switch frame.kind {
        case .piece(let lane): byteRates[lane].take(frame.payload.count, at: now)
        case .last(let lane):
            max(messageRates[lane].take(1, at: now), byteRates[lane].take(frame.payload.count, at: now))
        default: controlRate.take(1, at: now)
        }
    }
}
