import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// Where requests come in from the server: each is taken to its route, and its answer written.
///
/// In the place of Hummingbird's `Application`, which makes a logger with an id of its own for each request, and of its
/// router, which looks for a path segment by segment: together they cost as much as a small route. A path without
/// parameters is found by its text here. What is not found so is the router's, with all that it knows of other spellings,
/// methods and paths.
struct Entrance: Sendable {
    /// By path: routes with their methods.
    private var plain: [String: [(method: HTTPRequest.Method, pipeline: RequestPipeline)]] = [:]
    private let router: RouterResponder<GatewayContext>
    private let core: CoreRequestContextStorage

    private struct Source: RequestContextSource { let logger: Logger }

    init(_ pipelines: [RequestPipeline], router: RouterResponder<GatewayContext>, logger: Logger) {
        self.router = router
        core = CoreRequestContextStorage(source: Source(logger: logger))
        for pipeline in pipelines where !pipeline.route.hasParameters {
            for method in pipeline.route.methods {
                plain[pipeline.route.template, default: []].append((method, pipeline))
            }
        }
    }

    /// What the server calls for each request.
    var responder: HTTPChannelHandler.Responder {
        { request, writer, channel in
            let response = await response(to: request, GatewayContext(core, channel: channel))
            do { try await writer.write(response: response.head, body: response.body) } catch {
                // The server would answer a request that turns out malformed by now a second time.
                throw AnswerCutOff()
            }
        }
    }

    private func response(to request: Request, _ context: GatewayContext) async -> Response {
        // A path with a query is another text.
        if let found = plain[request.head.path ?? ""]?.first(where: { $0.method == request.method }) {
            return await found.pipeline.answer(request, context)
        }
        do { return try await router.respond(to: request, context: context) } catch {
            context.logger.error("request failed", metadata: ["error": "\(type(of: error))"])
            return Response(status: .internalServerError)
        }
    }
}

/// The answer did not go out whole; the connection ends.
struct AnswerCutOff: Error {}
