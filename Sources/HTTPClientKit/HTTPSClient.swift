import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// One answer of a server.
package struct HTTPReply: Sendable {
    package var status: Int
    /// Header fields by lower-case name; the last one of a name counts.
    package var headers: [String: String]
    package var body: [UInt8]

    /// An answer's status and fields, with what was read of its body.
    init(_ response: HTTPClientResponse, body: [UInt8] = []) {
        status = Int(response.status.code)
        headers = [:]
        for (name, value) in response.headers { headers[name.lowercased()] = value }
        self.body = body
    }
}

/// Why a request got no answer, and what to do.
///
/// Never holds a body or a secret.
package struct HTTPClientFailure: Error, Sendable, CustomStringConvertible {
    package let description: String
    /// Whether no connection could be made, so that nothing was sent.
    package var isUnreached = false
}

/// HTTPS requests to one server, over connections that are kept open; TLS is checked against the given roots.
package final class HTTPSClient: Sendable {
    /// Largest answer, in bytes: a bundle may have 16 MiB (bundles.md), a snapshot is streamed elsewhere.
    package static let bodyBytesMax = 64 << 20
    /// How long an answer may take, unless the caller says otherwise.
    package static let timeoutSeconds: Int64 = 60

    private let client: HTTPClient
    /// Scheme, host and port, without a slash at the end.
    package let base: String

    /// `base`: such as `https://127.0.0.1:8443`.
    ///
    /// `rootsFile`: PEM file of the certificate authority to trust; nil takes the system's.
    package init(base: String, rootsFile: String?) throws(HTTPClientFailure) {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let rootsFile { tls.trustRoots = .file(rootsFile) }
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.timeout.connect = .seconds(5)
        configuration.redirectConfiguration = .disallow
        // Whoever cannot be reached is said at once, not after five seconds of trying.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        self.base = base.hasSuffix("/") ? String(base.dropLast()) : base
    }

    /// Sends one request and reads the whole answer, which may have so many bytes.
    package func send(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8]? = nil,
        bodyBytesMax: Int = HTTPSClient.bodyBytesMax, timeoutSeconds: Int64 = HTTPSClient.timeoutSeconds
    ) async throws(HTTPClientFailure) -> HTTPReply {
        var request = HTTPClientRequest(url: base + path)
        request.method = .RAW(value: method)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        do {
            let response = try await client.execute(request, timeout: .seconds(timeoutSeconds))
            let buffer = try await response.body.collect(upTo: bodyBytesMax)
            return HTTPReply(response, body: Array(buffer.readableBytesView))
        } catch {
            throw HTTPClientFailure(
                description: "\(method) \(base)\(path) got no answer (\(error)); is the gateway running there?",
                isUnreached: Self.isUnreached(error))
        }
    }

    private static func isUnreached(_ error: any Error) -> Bool {
        switch error {
        case is NIOConnectionError, is NIOSSLError: true
        case let error as HTTPClientError: error == .connectTimeout || error == .tlsHandshakeTimeout
        default: false
        }
    }

    /// Asks for a stream and hands over its bytes as they come, until it ends.
    ///
    /// Returns the answer: with its body where it is a refusal, with none where it was a stream.
    package func stream(
        _ path: String, headers: [(String, String)], receive: ([UInt8]) async throws -> Void
    ) async throws(HTTPClientFailure) -> HTTPReply {
        var request = HTTPClientRequest(url: base + path)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        do {
            let response = try await client.execute(request, deadline: .distantFuture)
            var reply = HTTPReply(response)
            guard response.status == .ok else {
                reply.body = Array(try await response.body.collect(upTo: 1 << 20).readableBytesView)
                return reply
            }
            for try await buffer in response.body { try await receive(Array(buffer.readableBytesView)) }
            return reply
        } catch {
            throw HTTPClientFailure(description: "the stream \(base)\(path) broke off (\(error))")
        }
    }

    /// Closes all connections.
    ///
    /// Nothing can be sent afterwards.
    package func shutdown() async { try? await client.shutdown() }
}
