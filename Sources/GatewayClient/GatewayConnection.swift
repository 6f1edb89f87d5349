package import Codec
import HTTPClientKit

/// One gateway and the credential that it is shown: the calls of the API as functions.
///
/// Connections are kept open until ``close()``, which must be called; ``with(_:authority:credential:retries:_:)`` does it
/// by itself. It may be used by any number of tasks at once.
public final class GatewayConnection: Sendable {
    /// Seconds that an answer may take, unless a call waits for longer.
    public static let answerSeconds: Int64 = 60

    /// Such as `https://127.0.0.1:8443`.
    public let address: String
    private let http: HTTPSClient
    private let credential: String?
    private let retries: RetryPolicy

    /// Nothing is sent yet.
    ///
    /// `authority`: PEM file of the certificate authority to trust; the system's if nil.
    /// `credential`: an API key or access token, sent as `Authorization: Bearer`.
    /// - Throws: `badAddress` where a credential must not be sent there.
    public init(
        _ address: String, authority: String? = nil, credential: String? = nil, retries: RetryPolicy = .standard
    ) throws(GatewayFailure) {
        let host = address.hasPrefix("https://") ? address.dropFirst("https://".count) : ""
        guard let first = host.first, first != "/",
            host.utf8.allSatisfy({ 0x21...0x7e ~= $0 && !"?#@\\".utf8.contains($0) })
        else { throw .badAddress(address) }
        self.credential = credential
        self.retries = retries
        do throws(HTTPClientFailure) { http = try HTTPSClient(base: address, rootsFile: authority) } catch {
            throw .unreachable(error.description)
        }
        self.address = http.base
    }

    /// Connects, does the work, and closes.
    public static func with<Value>(
        _ address: String, authority: String? = nil, credential: String? = nil, retries: RetryPolicy = .standard,
        _ body: (GatewayConnection) async throws -> Value
    ) async throws -> Value {
        let connection = try GatewayConnection(
            address, authority: authority, credential: credential, retries: retries)
        let result: Result<Value, any Error>
        do { result = .success(try await body(connection)) } catch { result = .failure(error) }
        await connection.close()
        return try result.get()
    }

    /// Closes all connections; nothing can be sent afterwards.
    public func close() async { await http.shutdown() }

    /// Sends one request of the API, for what has no call of its own here.
    ///
    /// It is sent again where that is safe: GET and HEAD, what carries an `Idempotency-Key`, and what the caller calls
    /// repeatable, such as a POST that changes nothing.
    /// `path` begins with a slash and may have a query.
    /// - Throws: ``GatewayFailure``, `refused` where the answer's status is 400 or above.
    public func send(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8]? = nil,
        isRepeatable: Bool = false, timeoutSeconds: Int64 = GatewayConnection.answerSeconds
    ) async throws(GatewayFailure) -> GatewayReply {
        var fields = headers
        if let credential { fields.append(("authorization", "Bearer \(credential)")) }
        let isRepeatable =
            isRepeatable || ["GET", "HEAD"].contains(method)
            || headers.contains { $0.0.lowercased() == "idempotency-key" }
        var plan = RetryPlan(retries, isRepeatable: isRepeatable)
        let start = ContinuousClock.now
        while true {
            let result: Result<GatewayReply, GatewayFailure>
            let outcome: RetryPlan.Outcome
            do throws(HTTPClientFailure) {
                let reply = GatewayReply(
                    try await http.send(method, path, headers: fields, body: body, timeoutSeconds: timeoutSeconds))
                if reply.status < 400 { return reply }
                let problem = ProblemDocument(reply)
                outcome = .answered(
                    status: reply.status, problem: problem.name, retryAfterSeconds: reply.retryAfterSeconds)
                result = .failure(.refused(problem))
            } catch {
                outcome = error.isUnreached ? .unreached : .unanswered
                result = .failure(.unreachable(error.description))
            }
            guard !Task.isCancelled else { throw .cancelled }
            let elapsed = ContinuousClock.now - start
            guard case .again(let pause) = plan.tried(outcome, elapsed: elapsed, chance: .random(in: 0...1_000)) else {
                return try result.get()
            }
            do { try await Task.sleep(for: pause) } catch { throw .cancelled }
        }
    }

    /// Receives an answer piece by piece for as long as it lasts; nil where it broke off.
    ///
    /// An answer whose status is not 200 is read whole.
    func stream(
        _ path: String, headers: [(String, String)], receive: ([UInt8]) async throws -> Void
    ) async -> GatewayReply? {
        let authorization = credential.map { [("authorization", "Bearer \($0)")] } ?? []
        return try? GatewayReply(await http.stream(path, headers: headers + authorization, receive: receive))
    }

    /// The same, its answer read as JSON.
    package func json(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8]? = nil
    ) async throws(GatewayFailure) -> JSON {
        JSON(try AnswerReader(try await send(method, path, headers: headers, body: body)).node)
    }
}

/// An answer as it came: status, fields and body.
public struct GatewayReply: Sendable {
    /// The HTTP status.
    public let status: Int
    /// By lower-case name; the last one of a name counts.
    public let headers: [String: String]
    /// Decoded.
    public let body: [UInt8]

    init(_ reply: HTTPReply) { self.init(status: reply.status, headers: reply.headers, body: reply.body) }

    init(status: Int, headers: [String: String], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The entity tag, for `If-Match`.
    public var entityTag: String? { headers["etag"] }

    /// Whole seconds of `Retry-After` (RFC 9110 §10.2.3); the gateway sends no dates.
    var retryAfterSeconds: UInt64? { headers["retry-after"].flatMap { UInt64($0) } }
}

/// A path of the API with what stands behind its question mark.
enum RequestTarget {
    /// Query items without a value are left out.
    static func path(_ segments: [String], _ query: KeyValuePairs<String, String?> = [:]) -> String {
        let items = query.compactMap { name, value in value.map { "\(name)=\(escaped($0))" } }
        return "/" + segments.map(escaped).joined(separator: "/")
            + (items.isEmpty ? "" : "?" + items.joined(separator: "&"))
    }

    /// Whatever is not unreserved (RFC 3986 §2.3) is escaped: nothing that a caller gives becomes another path.
    private static func escaped(_ text: String) -> String {
        let plain = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~".utf8)
        let escaped = text.utf8.map { byte in
            plain.contains(byte) ? String(UnicodeScalar(byte)) : "%" + Hex.encode([byte]).uppercased()
        }.joined()
        // Dots alone would be taken out of the path (§5.2.4).
        return escaped.utf8.allSatisfy { $0 == UInt8(ascii: ".") } ? escaped.replacing(".", with: "%2E") : escaped
    }
}
