import Cryptography
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

@testable import PeerNetwork

/// A peer that says exactly what it is told to, behind a handshake that is in order.
final class RawPeer: Sendable {
    private let channel: any Channel
    private let stream = Mutex<(frames: [Frame], stream: FrameStream, isClosed: Bool)>(([], FrameStream(), false))
    let key: SigningKey

    /// Connects to a node; without `isReading` nothing of what it sends is ever read after the handshake.
    static func connect(to address: PeerAddress, key: SigningKey? = nil) async throws -> RawPeer {
        let key = try key ?? SigningKey.generate(.edDSA)
        let identity = try TLSIdentity(nodeKey: key)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let tls = try NIOSSLClientHandler(
                        context: identity.client, serverHostname: nil,
                        customVerificationCallback: { $1.succeed(.certificateVerified) })
                    try channel.pipeline.syncOperations.addHandler(tls)
                }
            }
            .connect(host: address.host, port: address.port).get()
        let peer = RawPeer(channel, key)
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHandler(Reader(peer: peer))
        }.get()
        return peer
    }

    private init(_ channel: any Channel, _ key: SigningKey) {
        self.channel = channel
        self.key = key
    }

    var id: PeerID {
        guard case .ed25519(let publicKey) = key.publicKey else { preconditionFailure("an Ed25519 key") }
        return PeerID(publicKey: publicKey)
    }

    /// The frames that the node has sent.
    var frames: [Frame] { stream.withLock(\.frames) }
    var isClosed: Bool { stream.withLock(\.isClosed) }

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
        let peer: RawPeer
        init(peer: RawPeer) { self.peer = peer }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            peer.stream.withLock { state in
                state.stream.append(buffer.readableBytesView)
                while let frame = try? state.stream.next() { state.frames.append(frame) }
            }
        }

        func channelInactive(context: ChannelHandlerContext) { peer.stream.withLock { $0.isClosed = true } }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
