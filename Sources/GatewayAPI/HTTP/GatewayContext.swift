import Cryptography
import Codec
import HTTPTypes
import Hummingbird
import NIOCore

/// The context of one request.
struct GatewayContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Names this request in its answer, in problems and in the log: ours, never the client's.
    let requestID: String
    /// Whose rate this request counts against.
    let caller: String
    /// The connection, or the stream of one.
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        requestID = Hex.encode(SecureRandom.bytes(8))
        channel = source.channel
        caller = source.channel.remoteAddress?.ipAddress ?? "unknown"
    }
}

/// Answers what no route took: a problem, and counted.
struct UnroutedMiddleware: RouterMiddleware {
    typealias Context = GatewayContext
    let metrics: Metrics

    func handle(
        _ request: Request, context: GatewayContext,
        next: @concurrent (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            metrics.count("http_requests")
            metrics.count("http_request_errors")
            var reply = ProblemTable.problem(for: error).reply(requestID: context.requestID)
            reply.headers[.requestID] = context.requestID
            return reply.response(to: request.method)
        }
    }
}

/// What a known path answers to methods that it does not have (RFC 9110 §15.5.6, §9.3.7).
struct MethodAnswers: Sendable {
    private static let known: [HTTPRequest.Method] = [
        .get, .head, .post, .put, .delete, .patch, .options, .trace, .connect,
    ]
    /// As `Allow` has them.
    let allowed: [HTTPRequest.Method]

    init(_ methods: [HTTPRequest.Method]) {
        let all = Set(methods + [.options] + (methods.contains(.get) ? [.head] : []))
        allowed = Self.known.filter(all.contains)
    }

    /// Methods that no route of the path takes, OPTIONS among them.
    var others: [HTTPRequest.Method] { Self.known.filter { !allowed.contains($0) || $0 == .options } }

    func answer(_ method: HTTPRequest.Method, _ context: GatewayContext) -> Response {
        let names = allowed.map(\.rawValue).joined(separator: ", ")
        var reply =
            method == .options
            ? Reply(.noContent, headers: [.allow: names])
            : Problem(
                "method-not-allowed", .methodNotAllowed, title: "The path does not have that method",
                detail: "It takes \(names).", headers: [.allow: names]
            ).reply(requestID: context.requestID)
        reply.headers[.requestID] = context.requestID
        return reply.response(to: method)
    }
}
