import Codec
import HTTPTypes
import Records

/// API keys of one's own tenant.
struct APIKeyRoutes {
    let parts: GatewayParts
    /// Largest request, in bytes.
    static let bodyBytesMax = 16 << 10

    var routes: [Route] {
        [
            Route(.get, "/api-keys", .scope(.keysManage), list),
            Route(.post, "/api-keys", .scope(.keysManage), bodyBytesMax: Self.bodyBytesMax, isReplayed: false, create),
            Route(.get, "/api-keys/{id}", .scope(.keysManage), read),
            Route(
                .patch, "/api-keys/{id}", .scope(.keysManage), bodyBytesMax: Self.bodyBytesMax, match: .required, change
            ),
            Route(.delete, "/api-keys/{id}", .scope(.keysManage), match: .taken, revoke),
        ]
    }

    private var access: AccessControl { parts.access }

    /// By time of creation, page by page.
    @Sendable func list(_ input: RouteInput) async throws -> Reply {
        let page = try PageRequest(
            input, .own, placeBytes: AccessBook.keyPlaceBytes, cursors: try parts.cursors())
        let keys = try access.book.keys(tenant: input.tenant, after: page.place, limit: page.limit)
        var headers: HTTPFields = [.cacheControl: "no-store"]
        headers[.link] = page.link(to: keys.next)
        return Reply.json(
            .object(of: [
                "keys": .array(keys.items.map { .object(Self.members($0)) }),
                "next": page.cursor(to: keys.next).map { .string($0) },
            ]), headers: headers)
    }

    /// Makes a key; its secret is in this answer and nowhere else.
    @Sendable func create(_ input: RouteInput) async throws -> Reply {
        // Read and held against the contract before; no more than this route's own limit is parsed twice.
        let wish = try JSONDocument(parsing: input.body).root
        let scopes = Self.scopes(wish) ?? []
        try Self.check(scopes, areHeldBy: input.principal)
        let key = APIKey.make()
        let time = input.now()
        let grant = APIKeyGrant(
            id: key.id, tenant: input.tenant, secretHash: key.secretHash, scopes: scopes.map(\.rawValue).sorted(),
            label: wish["label"]?.string ?? "", createdBy: input.principal.name, createdAt: time,
            // An integer by the schema, which may be written 1.0 or 1e3.
            expiresAt: wish["expiresInSeconds"]?.double.map { time + UInt64($0) * 1_000_000_000 })
        try access.book.add(grant, audit: input.auditLine(status: 201, target: key.id))
        input.mark.set()
        return Reply.json(
            .object(Self.members(grant) + [.init("key", .string(key.text))]), status: .created,
            headers: [.location: "/api-keys/\(key.id)", .cacheControl: "no-store"])
    }

    @Sendable func read(_ input: RouteInput) async throws -> Reply {
        let id = Hex.encode(try input.hex("id", byteCount: 8))
        guard let key = try access.book.key(id), key.tenant == input.tenant else { throw Self.notFound }
        return Self.reply(key)
    }

    /// Changes label, scopes or expiry as a JSON merge patch says (RFC 7396).
    ///
    /// Two who read the same key cannot both change it: whoever comes second has to look again.
    @Sendable func change(_ input: RouteInput) async throws -> Reply {
        let id = Hex.encode(try input.hex("id", byteCount: 8))
        let wish = try JSONDocument(parsing: input.body).root
        var expiresAt: UInt64?
        if let text = wish["expiresAt"]?.string {
            guard let time = TimeText.nanoseconds(text) else {
                throw Problem.badParameter("expiresAt", "a time since 1970 such as 2027-05-01T08:00:00Z (RFC 3339)")
            }
            expiresAt = time
        }
        let changed = try access.book.change(id, tenant: input.tenant, audit: input.auditLine(status: 200)) { key in
            guard input.preconditions.isMet(by: Self.reply(key)) else { throw Problem.preconditionFailed }
            guard key.revokedAt == nil else { throw Self.revoked }
            var key = key
            if let label = wish["label"]?.string { key.label = label }
            if let scopes = Self.scopes(wish) { key.scopes = scopes.map(\.rawValue).sorted() }
            if wish["expiresAt"] != nil { key.expiresAt = expiresAt }
            // Whoever changes a key vouches for all that it then grants.
            try Self.check(Set(key.scopes.compactMap(Scope.init)), areHeldBy: input.principal)
            return key
        }
        guard let changed else { throw Self.notFound }
        access.forget()
        input.mark.set()
        return Self.reply(changed.after)
    }

    @Sendable func revoke(_ input: RouteInput) async throws -> Reply {
        let id = Hex.encode(try input.hex("id", byteCount: 8))
        let isFirst = try access.book.revoke(
            id, tenant: input.tenant, now: input.now(), audit: input.auditLine(status: 200)
        ) { key in
            guard input.preconditions.isMet(by: Self.reply(key)) else { throw Problem.preconditionFailed }
        }
        guard let isFirst else { throw Self.notFound }
        access.forget()
        input.mark.set()
        return Reply.json(
            .object(of: [
                "id": .string(id), "revoked": .boolean(true), "alreadyRevoked": .boolean(!isFirst),
            ]))
    }

    private static var notFound: Problem {
        Problem(
            "not-found", .notFound, title: "There is no such key",
            detail: "The id is not one of this tenant's keys.")
    }

    private static var revoked: Problem {
        Problem(
            "key-revoked", .conflict, title: "The key is revoked",
            detail: "A revoked key stays revoked. Make another one.")
    }

    private static func scopes(_ wish: JSONNode) -> Set<Scope>? {
        wish["scopes"].map { Set($0.elements.compactMap { $0.string.flatMap(Scope.init) }) }
    }

    /// Nobody grants what they lack.
    private static func check(_ scopes: Set<Scope>, areHeldBy principal: Principal) throws(Problem) {
        guard let first = scopes.subtracting(principal.scopes).min() else { return }
        throw Problem(
            "insufficient-scope", .forbidden, title: "A key cannot grant more than its maker has",
            detail: "The scope \(first.rawValue) is not yours to grant.",
            members: [(name: "scope", value: .string(first.rawValue))],
            headers: [
                .wwwAuthenticate: "\(Problem.realm), error=\"insufficient_scope\", scope=\"\(first.rawValue)\""
            ])
    }

    /// What GET answers, of which the entity tag is.
    private static func reply(_ key: APIKeyGrant) -> Reply { Reply.json(.object(members(key))) }

    private static func members(_ key: APIKeyGrant) -> [JSON.Member] {
        JSON.object(of: [
            "id": .string(key.id), "tenant": .string(key.tenant), "label": .string(key.label),
            "scopes": .array(key.scopes.map { .string($0) }), "createdBy": .string(key.createdBy),
            "createdAt": .string(TimeText.rfc3339(nanoseconds: key.createdAt)),
            "expiresAt": key.expiresAt.map { .string(TimeText.rfc3339(nanoseconds: $0)) },
            "revokedAt": key.revokedAt.map { .string(TimeText.rfc3339(nanoseconds: $0)) },
        ]).object ?? []
    }
}
