import HTTPTypes

/// One route: the contract names it by method and template (OpenAPI's `{name}`).
final class Route: Sendable {
    let method: HTTPRequest.Method
    /// Path with `{name}` for one segment; a last `{name...}` takes the rest.
    let template: String
    /// Who may call it.
    let access: RouteAccess
    /// Whether each call stands in the audit log: what changes something, and what hands out a payload.
    let isAudited: Bool
    /// Whether it has one effect for each `Idempotency-Key` and its answer is kept for a repeated one: a POST whose answer
    /// holds no secret.
    let isReplayed: Bool
    /// Whether `If-Match` is heeded or wanted.
    let match: MatchRule
    /// Whether it answers from memory within microseconds, so that it may do so on the connection's own event loop.
    let isLight: Bool
    /// Largest body, in bytes, as sent and as decoded; 0 takes none.
    let bodyBytesMax: Int
    /// Waits, at most that long, for what the answer says is still going on (`Prefer: wait`).
    ///
    /// It gives the answer as it is then, or nil where too many wait. Routes without it have nothing to wait for.
    let awaited: (@Sendable (RouteInput, Reply, Duration) async throws -> Reply?)?
    let handle: @Sendable (RouteInput) async throws -> Reply

    init(
        _ method: HTTPRequest.Method, _ template: String, _ access: RouteAccess, bodyBytesMax: Int = 0,
        isAudited: Bool? = nil,
        isReplayed: Bool = true, match: MatchRule? = nil, isLight: Bool = false,
        awaited: (@Sendable (RouteInput, Reply, Duration) async throws -> Reply?)? = nil,
        _ handle: @escaping @Sendable (RouteInput) async throws -> Reply
    ) {
        self.method = method
        self.template = template
        self.access = access
        self.isAudited = isAudited ?? (method != .get)
        self.isReplayed = isReplayed && method == .post
        self.match = match ?? (method == .get || method == .post ? .none : .taken)
        self.awaited = awaited
        self.isLight = isLight
        self.bodyBytesMax = bodyBytesMax
        self.handle = handle
    }

    /// Methods that it answers: where there is GET, there is HEAD.
    var methods: [HTTPRequest.Method] { method == .get ? [.get, .head] : [method] }

    /// Whether many paths are its own.
    var hasParameters: Bool { template.contains("{") }

    /// The template as the contract spells it.
    var contractPath: String { template.replacing("...}", with: "}") }

    /// The template as the router spells it.
    var routerPath: String {
        template.split(separator: "/").map { segment in
            segment.hasSuffix("...}") ? "**" : String(segment)
        }.joined(separator: "/")
    }
}

/// Every route of the gateway.
///
/// The OpenAPI document lists the same with the same scopes; a test compares them.
enum RouteTable {
    static func routes(of parts: GatewayParts) -> [Route] {
        CaptureRoutes(parts: parts).routes + RecordRoutes(parts: parts).routes + SimilarRoutes(parts: parts).routes
            + LedgerRoutes(parts: parts).routes
            + LogRoutes(parts: parts).routes + OperationRoutes(parts: parts).routes
            + NetworkRoutes(parts: parts).routes
            + WellKnownRoutes(parts: parts).routes + APIKeyRoutes(parts: parts).routes
            + AuditRoutes(parts: parts).routes
            + EventRoutes(parts: parts).routes + WebhookRoutes(parts: parts).routes
            + SchemaRoutes(parts: parts).routes + VectorRoutes(parts: parts).routes
            + RegistryRoutes(parts: parts).routes
    }
}
