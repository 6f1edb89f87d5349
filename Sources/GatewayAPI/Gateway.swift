import HTTPTypes
import Hummingbird
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
    /// Loopback only, until access control exists.
    package var host: String
    /// 0 takes a free port.
    package var port: Int
    /// Certificate chain and key, PEM files.
    package var certificatePath: String
    package var keyPath: String
    /// Largest capture, in bytes: 10,000 events of 1.6 KB.
    package var captureBytesMax: Int
    /// Largest transaction, in bytes: the ledger's own limit (`ProtocolRules`).
    package var transactionBytesMax: Int
    package var version: String

    package static let captureBytesMaxDefault = 16 << 20
    package static let transactionBytesMaxDefault = 1 << 20

    package init(
        host: String, port: Int, certificatePath: String, keyPath: String,
        captureBytesMax: Int = captureBytesMaxDefault, transactionBytesMax: Int = transactionBytesMaxDefault,
        version: String
    ) {
        self.host = host
        self.port = port
        self.certificatePath = certificatePath
        self.keyPath = keyPath
        self.captureBytesMax = captureBytesMax
        self.transactionBytesMax = transactionBytesMax
        self.version = version
    }

    /// Addresses that the gateway may bind without access control.
    package static let loopbackHosts: Set<String> = ["127.0.0.1", "::1", "localhost"]
}

/// What the routes work on.
package struct GatewayParts: Sendable {
    package var configuration: GatewayConfiguration
    package var identity: LedgerIdentity
    package var ledger: any LedgerAccess
    package var records: RecordService
    package var metrics: Metrics

    package init(
        configuration: GatewayConfiguration, identity: LedgerIdentity, ledger: any LedgerAccess,
        records: RecordService, metrics: Metrics = Metrics()
    ) {
        self.configuration = configuration
        self.identity = identity
        self.ledger = ledger
        self.records = records
        self.metrics = metrics
    }
}

/// The context of one request.
struct GatewayContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    init(source: ApplicationRequestContextSource) { coreContext = .init(source: source) }
}

/// The HTTPS server: TLS 1.3, HTTP/2 and HTTP/1.1.
package struct Gateway: Service {
    private let application: Application<RouterResponder<GatewayContext>>
    private let address: String

    /// `onListening`: called once with the port that was bound.
    /// Throws ``GatewayStartFailure``
    package init(parts: GatewayParts, logger: Logger, onListening: @escaping @Sendable (Int) async -> Void) throws {
        let configuration = parts.configuration
        guard GatewayConfiguration.loopbackHosts.contains(configuration.host) else {
            throw GatewayStartFailure(
                "the gateway binds loopback only until access control exists; listen on 127.0.0.1, not "
                    + configuration.host)
        }
        let tls: TLSConfiguration
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(configuration.certificatePath)
            var made = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: configuration.keyPath, format: .pem)))
            made.minimumTLSVersion = .tlsv13
            // A key that is not the certificate's would else show with the first client only.
            _ = try NIOSSLContext(configuration: made)
            tls = made
        } catch {
            throw GatewayStartFailure(
                "the certificate \(configuration.certificatePath) or its key cannot be read, or they do not belong "
                    + "together: \(error)")
        }
        address = "\(configuration.host):\(configuration.port)"
        // RFC 9110 §9.1: whoever answers GET answers HEAD.
        let router = Router(context: GatewayContext.self, options: .autoGenerateHeadEndpoints)
        router.middlewares.add(ProblemMiddleware(metrics: parts.metrics))
        for route in RouteTable.routes(of: parts) {
            router.on(RouterPath(route.routerPath), method: route.method) { request, context in
                try await route.handle(RouteInput(request: request, context: context))
            }
        }
        application = Application(
            router: router,
            server: try .http2Upgrade(tlsConfiguration: tls),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port), serverName: "vivian"),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? configuration.port) },
            logger: logger)
    }

    package func run() async throws {
        do {
            try await application.run()
        } catch let error as IOError {
            throw GatewayStartFailure(
                "cannot listen on \(address) (\(error)); stop what listens there, or choose another with --listen")
        }
    }
}

/// Why the gateway does not start, and what to do.
package struct GatewayStartFailure: Error, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}

/// Turns whatever a route throws into its problem document, and counts.
struct ProblemMiddleware: RouterMiddleware {
    typealias Context = GatewayContext
    let metrics: Metrics

    func handle(
        _ request: Request, context: GatewayContext,
        next: @concurrent (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        metrics.count("http_requests")
        do {
            return try await next(request, context)
        } catch {
            metrics.count("http_request_errors")
            let problem = ProblemTable.problem(for: error)
            if problem.name == "internal" {
                context.logger.error("request failed", metadata: ["error": "\(type(of: error))"])
            }
            // An answer to HEAD has no body, or an HTTP/2 client drops the stream.
            return request.method == .head ? problem.response().createHeadResponse() : problem.response()
        }
    }
}
