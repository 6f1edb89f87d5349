import Glibc
import HTTPTypes
import Hummingbird
import HummingbirdHTTP2
import Logging
import NIOCore
import NIOSSL

/// Hummingbird with TLS that answers bytes it was given: what any server on it costs at least.
///
/// usage: bare-hummingbird CERTIFICATE KEY BYTES; prints the port that it listens on. `GET /status` answers, `GET /fields`
/// does with as many fields as the gateway's answers have, `POST /status` reads the body before.
@main
struct BareHummingbird {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let count = Int(arguments[3]) else {
            print("usage: bare-hummingbird CERTIFICATE KEY BYTES")
            return
        }
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(arguments[1]).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: arguments[2], format: .pem)))
        tls.minimumTLSVersion = .tlsv13
        var logger = Logger(label: "bare")
        logger.logLevel = .notice
        let application = Application(
            router: router(ByteBuffer(repeating: UInt8(ascii: "x"), count: count)),
            server: try .http2Upgrade(
                tlsConfiguration: tls,
                configuration: .init(idleTimeout: .seconds(120), streamConfiguration: .init(idleTimeout: .seconds(120)))),
            configuration: .init(address: .hostname("127.0.0.1", port: 0), serverName: "bare"),
            onServerRunning: { channel in
                print(channel.localAddress?.port ?? 0)
                // The port is read through a pipe, which the C library would fill first.
                fflush(nil)
            },
            logger: logger)
        try await application.runService()
    }

    private static func router(_ body: ByteBuffer) -> Router<BasicRequestContext> {
        let router = Router()
        let type: HTTPFields = [.contentType: "application/json"]
        var fields = type
        fields[.eTag] = "\"0123456789abcdefghijkl\""
        fields[.cacheControl] = "private, no-cache"
        fields[HTTPField.Name("RateLimit-Policy")!] = "\"default\";q=10000;w=2"
        fields[HTTPField.Name("RateLimit")!] = "\"default\";r=9999;t=1"
        fields[HTTPField.Name("X-Request-Id")!] = "0123456789abcdef"
        let all = fields
        router.get("status") { _, _ in Response(status: .ok, headers: type, body: .init(byteBuffer: body)) }
        router.get("fields") { _, _ in Response(status: .ok, headers: all, body: .init(byteBuffer: body)) }
        router.post("status") { request, _ in
            _ = try await request.body.collect(upTo: 1 << 20)
            return Response(status: .ok, headers: type, body: .init(byteBuffer: body))
        }
        return router
    }
}
