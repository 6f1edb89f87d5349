import Glibc
import Hummingbird
import HummingbirdHTTP2
import Logging
import NIOCore
import NIOSSL

/// Hummingbird with TLS and one route that answers bytes it was given: what any server on it costs at least.
///
/// usage: bare-hummingbird CERTIFICATE KEY BYTES; prints the port that it listens on. The path is `/status`, as the gateway's.
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
        let body = ByteBuffer(repeating: UInt8(ascii: "x"), count: count)
        let router = Router()
        router.get("status") { _, _ in
            Response(status: .ok, headers: [.contentType: "application/json"], body: .init(byteBuffer: body))
        }
        var logger = Logger(label: "bare")
        logger.logLevel = .notice
        let application = Application(
            router: router,
            server: try .http2Upgrade(
                tlsConfiguration: tls,
                configuration: .init(idleTimeout: .seconds(120), streamConfiguration: .init(idleTimeout: .seconds(120)))),
            configuration: .init(address: .hostname("127.0.0.1", port: 0), serverName: "bare"),
            onServerRunning: { channel in
                print(channel.localAddress?.port ?? 0)
                fflushAll()
            },
            logger: logger)
        try await application.runService()
    }
}


/// The port is read through a pipe, which the C library would fill first.
func fflushAll() { fflush(nil) }
