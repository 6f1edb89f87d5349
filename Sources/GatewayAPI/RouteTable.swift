import Codec
import HTTPTypes
import Hummingbird

/// One route: the contract names it by method and template (OpenAPI's `{name}`).
struct Route: Sendable {
    let method: HTTPRequest.Method
    /// Path with `{name}` for one segment; a last `{name...}` takes the rest.
    let template: String
    let handle: @Sendable (RouteInput) async throws -> Response

    init(
        _ method: HTTPRequest.Method, _ template: String,
        _ handle: @escaping @Sendable (RouteInput) async throws -> Response
    ) {
        self.method = method
        self.template = template
        self.handle = handle
    }

    /// The template as the router spells it.
    var routerPath: String {
        template.split(separator: "/").map { segment in
            segment.hasSuffix("...}") ? "**" : String(segment)
        }.joined(separator: "/")
    }
}

/// Every route of the gateway.
///
/// The OpenAPI document lists the same; a test compares them.
enum RouteTable {
    static func routes(of parts: GatewayParts) -> [Route] {
        CaptureRoutes(parts: parts).routes + RecordRoutes(parts: parts).routes + LedgerRoutes(parts: parts).routes
            + LogRoutes(parts: parts).routes + OperationRoutes(parts: parts).routes
    }
}
