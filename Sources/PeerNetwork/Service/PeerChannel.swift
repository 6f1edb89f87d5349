import NIOCore
import NIOPosix
import NIOSSL

/// How the channels of connections are made.
struct PeerChannel: Sendable {
    /// Bytes that a channel holds for its socket before the lanes have to wait, and below which they go on.
    private static let writeBuffer = ChannelOptions.Types.WriteBufferWaterMark(low: 32 << 10, high: 64 << 10)
    /// Bytes that the kernel holds unsent: what is there cannot be overtaken any more (TCP_NOTSENT_LOWAT, Linux 3.12).
    private static let unsentBytesMax = 128 << 10
    private static let notSentLowAt = NIOBSDSocket.Option(rawValue: 25)
    private static let backlog: CInt = 256

    let identity: TLSIdentity
    let switchboard: Switchboard
    let group: any EventLoopGroup

    /// Listens; connections are taken from then on.
    func listen(on address: PeerAddress) async throws -> any Channel {
        try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.tcpOption(Self.notSentLowAt), value: Self.unsentBytesMax)
            .childChannelOption(.writeBufferWaterMark, value: Self.writeBuffer)
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let link = switchboard.accept(channel) else { throw ChannelError.eof }
                    let tls = NIOSSLServerHandler(
                        context: identity.server, customVerificationCallback: { judge(link, $0, $1) })
                    try add(tls, link, to: channel)
                }
            }
            .bind(host: address.host, port: address.port).get()
    }

    /// Begins to connect to a peer's address; what comes of it the switchboard is told.
    func dial(_ address: PeerAddress) {
        let timeout = TimeAmount.nanoseconds(Int64(switchboard.limits.handshakeNanoseconds))
        ClientBootstrap(group: group)
            .connectTimeout(timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.tcpOption(Self.notSentLowAt), value: Self.unsentBytesMax)
            .channelOption(.writeBufferWaterMark, value: Self.writeBuffer)
            .connect(host: address.host, port: address.port)
            .flatMap { [self] channel in
                // After connecting: of several addresses of a name only the one that answers is a connection.
                channel.eventLoop.makeCompletedFuture { try greet(channel, at: address) }.flatMapErrorThrowing {
                    channel.close(promise: nil)
                    throw $0
                }
            }
            .whenFailure { [self] error in switchboard.dialFailed(address, "no connection: \(error.reason)") }
    }

    private func greet(_ channel: any Channel, at address: PeerAddress) throws {
        guard let link = switchboard.dialled(channel, to: address) else { throw ChannelError.eof }
        let tls = try NIOSSLClientHandler(
            context: identity.client, serverHostname: nil, customVerificationCallback: { judge(link, $0, $1) })
        try add(tls, link, to: channel)
    }

    private func add(_ tls: NIOSSLHandler, _ link: Link, to channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandlers(tls, LinkHandler(link: link, switchboard: switchboard))
    }

    private func judge(
        _ link: Link, _ certificates: [NIOSSLCertificate], _ promise: EventLoopPromise<NIOSSLVerificationResult>
    ) {
        do throws(Unproven) {
            try switchboard.prove(link, TLSIdentity.identify(certificates))
            promise.succeed(.certificateVerified)
        } catch {
            link.doubted(error.reason)
            promise.fail(error)
        }
    }
}
