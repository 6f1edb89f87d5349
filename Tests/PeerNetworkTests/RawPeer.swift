import Cryptography
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

@testable import PeerNetwork

/// A peer that says exactly what it is told to, behind a handshake that is in order.
final class RawPeer: Sendable {
    /// What has come.
    private final class Seen: Sendable {
        let state = Mutex<(frames: [Frame], stream: FrameStream, isClosed: Bool)>(([], FrameStream(), false))
    }

    private let channel: any Channel
    private let seen: Seen
    let key: SigningKey

    /// Connects to a node; the handshake goes on by itself, and pings are answered unless it is mute.
    static func connect(to address: PeerAddress, key: SigningKey? = nil, isMute: Bool = false) async throws -> RawPeer {
        let key = try key ?? SigningKey.generate(.edDSA)
        let identity = try TLSIdentity(nodeKey: key)
        let seen = Seen()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let tls = try NIOSSLClientHandler(
                        context: identity.client, serverHostname: nil,
                        customVerificationCallback: { $1.succeed(.certificateVerified) })
                    try channel.pipeline.syncOperations.addHandlers(tls, Reader(seen, isMute))
                }
            }
            .connect(host: address.host, port: address.port).get()
        return RawPeer(channel, seen, key)
    }

    private init(_ channel: any Channel, _ seen: Seen, _ key: SigningKey) {
        self.channel = channel
        self.seen = seen
        self.key = key
    }

    var id: PeerID {
        guard case .ed25519(let publicKey) = key.publicKey else { preconditionFailure("an Ed25519 key") }
        return PeerID(publicKey: publicKey)
    }

    /// The frames that the node has sent.
    var frames: [Frame] { seen.state.withLock(\.frames) }
    var isClosed: Bool { seen.state.withLock(\.isClosed) }

    /// The reason that the node gave when it closed.
    var goodbye: String? {
        frames.last { $0.kind == .goodbye }.flatMap { try? Goodbye.decode($0.payload) }
    }

    func send(_ bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }

    func sayHello(network: String = TestNode.network, nonce: [UInt8] = [UInt8](repeating: 1, count: 16)) {
        send(Frame(.hello, Hello(network: network, listen: nil, nonce: nonce).encoded).encoded)
    }

    /// Reads nothing from the socket, or reads again.
    func read(_ isReading: Bool) async throws { try await channel.setOption(.autoRead, value: isReading).get() }

    func close() { channel.close(promise: nil) }

    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let seen: Seen
        private let isMute: Bool

        init(_ seen: Seen, _ isMute: Bool) {
            self.seen = seen
            self.isMute = isMute
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            let came = seen.state.withLock { state -> [Frame] in
                var came: [Frame] = []
                state.stream.append(buffer.readableBytesView)
                while let frame = try? state.stream.next() { came.append(frame) }
                state.frames += came
                return came
            }
            for ping in came where ping.kind == .ping && !isMute {
                let pong = Frame(.pong, ping.payload).encoded
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: pong)), promise: nil)
            }
        }

        func channelInactive(context: ChannelHandlerContext) { seen.state.withLock { $0.isClosed = true } }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
