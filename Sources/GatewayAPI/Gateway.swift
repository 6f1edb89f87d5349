import Dispatch
import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdHTTP2
import HummingbirdTLS
package import LedgerAccess
package import LedgerModel
package import Logging
import NIOCore
import NIOSSL
package import Records
import ServiceLifecycle

/// What the gateway listens with, and its limits.
package struct GatewayConfiguration: Sendable {
    /// Addresses other than loopback want a certificate of their own: ``hasOwnCertificate``.
    package var host: String
    /// 0 takes a free port.
    package var port: Int
    /// Certificate chain and key, PEM files.
    package var certificatePath: String
    package var keyPath: String
    /// Whether the certificate was configured, rather than the data folder's, which names loopback only.
    package var hasOwnCertificate: Bool
    /// PEM file of the authorities whose client certificates are taken; no certificate is asked for if nil.
    package var clientRootsPath: String?
    /// Largest capture, in bytes: 10,000 events of 1.6 KB.
    package var captureBytesMax: Int
    /// Largest transaction, in bytes: the ledger's own limit (`ProtocolRules`).
    package var transactionBytesMax: Int
    /// Requests of one caller: a second in the long run, and at once.
    package var requestsPerSecond: UInt32
    package var requestsBurst: UInt32
    /// How long a client may take to send a body, or to take an answer.
    package var clientSeconds: Int
    /// Whom to tell of a vulnerability, as a URI (RFC 9116); nil publishes no security.txt.
    package var securityContact: String?
    package var version: String

    package static let captureBytesMaxDefault = 16 << 20
    /// More than one client can keep up with on the reference machine.
    package static let requestsPerSecondDefault: UInt32 = 5_000
    package static let requestsBurstDefault: UInt32 = 10_000
    package static let transactionBytesMaxDefault = 1 << 20
    /// At 16 MiB that is 280 KB/s.
    package static let clientSecondsDefault = 60

    package init(
        host: String, port: Int, certificatePath: String, keyPath: String, hasOwnCertificate: Bool = false,
        clientRootsPath: String? = nil,
        captureBytesMax: Int = captureBytesMaxDefault, transactionBytesMax: Int = transactionBytesMaxDefault,
        requestsPerSecond: UInt32 = requestsPerSecondDefault, requestsBurst: UInt32 = requestsBurstDefault,
        clientSeconds: Int = clientSecondsDefault, securityContact: String? = nil, version: String
    ) {
        self.host = host
        self.port = port
        self.certificatePath = certificatePath
        self.keyPath = keyPath
        self.hasOwnCertificate = hasOwnCertificate
        self.clientRootsPath = clientRootsPath
        self.captureBytesMax = captureBytesMax
        self.transactionBytesMax = transactionBytesMax
        self.requestsPerSecond = requestsPerSecond
        self.requestsBurst = requestsBurst
        self.clientSeconds = clientSeconds
        self.securityContact = securityContact
        self.version = version
    }

    /// Addresses that the data folder's own certificate is made for.
    package static let loopbackHosts: Set<String> = ["127.0.0.1", "::1", "localhost"]
}

/// What the routes work on.
package struct GatewayParts: Sendable {
    package var configuration: GatewayConfiguration
    package var identity: LedgerIdentity
    package var ledger: any LedgerAccess
    package var vectors: any VectorAccess
    package var records: RecordService
    package var schemas: SchemaBook
    package var answers: AnswerBook
    package var access: AccessControl
    package var events: EventBook
    package var webhooks: WebhookBook
    package var dispatcher: WebhookDispatcher
    package var metrics: Metrics

    package init(
        configuration: GatewayConfiguration, identity: LedgerIdentity, ledger: any LedgerAccess,
        vectors: any VectorAccess, records: RecordService, schemas: SchemaBook, answers: AnswerBook,
        access: AccessControl, events: EventBook,
        webhooks: WebhookBook, dispatcher: WebhookDispatcher, metrics: Metrics = Metrics()
    ) {
        self.configuration = configuration
        self.identity = identity
        self.ledger = ledger
        self.vectors = vectors
        self.records = records
        self.schemas = schemas
        self.answers = answers
        self.access = access
        self.events = events
        self.webhooks = webhooks
        self.dispatcher = dispatcher
        self.metrics = metrics
    }
}

/// The HTTPS server: TLS 1.3, HTTP/2 and HTTP/1.1.
package struct Gateway: Service {
    /// Connections at a time, where the process may open so many files; who comes beyond takes the place of a quiet one.
    static let connectionsMax = 12_000
    /// The kernel's queue: as long as the kernel lets it be, so that many who connect at once need not try again.
    private static let backlog = 4_096
    /// A request's head: a field takes the longest token that is read, the whole of it that and some more.
    private static let head = HTTP1Channel.Configuration.DecoderConfiguration(
        maxHeaderFieldSize: 18 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 128)

    private let server: HTTPServerBuilder
    private let listening: ServerConfiguration
    private let entrance: Entrance
    private let onListening: @Sendable (any Channel) async -> Void
    private let logger: Logger
    private let address: String

    /// `onListening`: called once with the port that was bound.
    /// Throws ``GatewayStartFailure``
    package init(parts: GatewayParts, logger: Logger, onListening: @escaping @Sendable (Int) async -> Void) throws {
        let configuration = parts.configuration
        guard configuration.hasOwnCertificate || GatewayConfiguration.loopbackHosts.contains(configuration.host)
        else {
            throw GatewayStartFailure(
                "to listen on \(configuration.host) the gateway needs a certificate for the name that its callers use; "
                    + "configure certificate and certificateKey, or listen on 127.0.0.1")
        }
        address = "\(configuration.host):\(configuration.port)"
        let patience = Patience(seconds: configuration.clientSeconds)
        let tls = try Self.tls(configuration)
        let open = OpenRequests()
        let connections = Connections(countMax: OpenFiles.connections(atMost: Self.connectionsMax))
        let stream = HTTP1Channel.Configuration(
            additionalChannelHandlers: [RequestGuard(patience, open)], idleTimeout: .init(patience.idle),
            httpDecoderConfiguration: Self.head)
        server = HTTPServerBuilder { responder in
            GuardedChannel(
                inner: try HTTP2UpgradeChannel(
                    tlsConfiguration: tls,
                    configuration: .init(
                        idleTimeout: patience.idle, gracefulCloseTimeout: patience.idle, streamConfiguration: stream),
                    responder: responder),
                patience: patience, connections: connections)
        }
        listening = ServerConfiguration(
            address: .hostname(configuration.host, port: configuration.port), backlog: Self.backlog,
            availableConnectionsDelegate: ConnectionPlaces(connections))
        let stamp = AnswerStamp(date: DateField(parts.access.now))
        let pipelines = try Self.pipelines(parts, patience, stamp)
        entrance = Entrance(
            pipelines, router: Self.router(pipelines, parts.metrics, stamp).buildResponder(), logger: logger)
        self.onListening = { channel in await onListening(channel.localAddress?.port ?? configuration.port) }
        self.logger = logger
    }

    package func run() async throws {
        do {
            try await server.buildServer(
                configuration: listening, eventLoopGroup: EventLoopGroupProvider.singleton.eventLoopGroup,
                logger: logger,
                responder: entrance.responder,
                onServerRunning: onListening
            ).run()
        } catch let error as IOError {
            throw GatewayStartFailure(
                "cannot listen on \(address) (\(error)); stop what listens there, or choose another with --listen")
        }
    }

    private static func tls(_ configuration: GatewayConfiguration) throws -> TLSConfiguration {
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(configuration.certificatePath)
            var made = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: configuration.keyPath, format: .pem)))
            made.minimumTLSVersion = .tlsv13
            if let roots = configuration.clientRootsPath {
                // A client may show a certificate; one that is shown must hang from these.
                made.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(roots))
                made.certificateVerification = .optionalVerification
            }
            // A key that is not the certificate's would else show with the first client only.
            _ = try NIOSSLContext(configuration: made)
            return made
        } catch {
            throw GatewayStartFailure(
                "the certificate \(configuration.certificatePath), its key, or the clients' authorities cannot be read, or "
                    + "certificate and key do not belong together: \(error)")
        }
    }

    /// Every route behind its pipeline.
    private static func pipelines(
        _ parts: GatewayParts, _ patience: Patience, _ stamp: AnswerStamp
    ) throws -> [RequestPipeline] {
        let contract = try Contract(OpenAPIDocument.bytes)
        let shared = SharedLimits(
            policy: .init(
                burst: parts.configuration.requestsBurst, perSecond: parts.configuration.requestsPerSecond),
            patience: patience,
            steadyClock: { DispatchTime.now().uptimeNanoseconds })
        let gate = Gate(access: parts.access, metrics: parts.metrics)
        let routes = RouteTable.routes(of: parts)
        return try Dictionary(grouping: routes, by: \.template).flatMap { template, group in
            let reading = group.first { $0.method == .get }
            return try group.map { route in
                guard let operation = contract[route.method.rawValue.lowercased(), route.contractPath] else {
                    throw ContractFailure("\(route.method) \(template) is not in the OpenAPI document")
                }
                return RequestPipeline(
                    route: route, operation: operation, reading: reading, parts: parts, gate: gate, shared: shared,
                    stamp: stamp)
            }
        }
    }

    /// The way to every route; other methods on known paths are answered with what is there.
    private static func router(
        _ pipelines: [RequestPipeline], _ metrics: Metrics, _ stamp: AnswerStamp
    ) -> Router<GatewayContext> {
        let router = Router(context: GatewayContext.self)
        for group in Dictionary(grouping: pipelines, by: \.route.template).values {
            let path = RouterPath(group[0].route.routerPath)
            for pipeline in group {
                for method in pipeline.route.methods {
                    router.on(path, method: method) { request, context in await pipeline.answer(request, context) }
                }
            }
            let methods = MethodAnswers(group.map(\.route.method), stamp)
            for method in methods.others {
                router.on(path, method: method) { _, context in methods.answer(method, context) }
            }
        }
        // Last: what stands above passes by it, since pipelines answer what fails themselves.
        router.middlewares.add(UnroutedMiddleware(metrics: metrics, stamp: stamp))
        return router
    }
}

/// Why the gateway does not start, and what to do.
package struct GatewayStartFailure: Error, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}
