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
            Route(.delete, "/api-keys/{id}", .scope(.keysManage), revoke),
        ]
    }

    private var access: AccessControl { parts.access }

    @Sendable func list(_ input: RouteInput) async throws -> Reply {
        let keys = try access.book.keys(tenant: input.tenant)
        return Reply.json(
            .object(of: ["keys": .array(keys.map { .object(Self.members($0)) })]),
            headers: [.cacheControl: "no-store"])
    }

    /// Makes a key; its secret is in this answer and nowhere else.
    @Sendable func create(_ input: RouteInput) async throws -> Reply {
        // Read and held against the contract before; no more than this route's own limit is parsed twice.
        let wish = try JSONDocument(parsing: input.body).root
        let scopes = Set(wish["scopes"]?.elements.compactMap { $0.string.flatMap(Scope.init) } ?? [])
        let excess = scopes.subtracting(input.principal.scopes)
        if let first = excess.min() {
            throw Problem(
                "insufficient-scope", .forbidden, title: "A key cannot grant more than its maker has",
                detail: "The scope \(first.rawValue) is not yours to grant.",
                members: [(name: "scope", value: .string(first.rawValue))],
                headers: [
                    .wwwAuthenticate:
                        "\(Problem.realm), error=\"insufficient_scope\", scope=\"\(first.rawValue)\""
                ])
        }
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

    @Sendable func revoke(_ input: RouteInput) async throws -> Reply {
        let id = Hex.encode(try input.hex("id", byteCount: 8))
        guard
            let isFirst = try access.book.revoke(
                id, tenant: input.tenant, now: input.now(), audit: input.auditLine(status: 200))
        else {
            throw Problem(
                "not-found", .notFound, title: "There is no such key",
                detail: "The id is not one of this tenant's keys.")
        }
        access.forget()
        input.mark.set()
        return Reply.json(
            .object(of: [
                "id": .string(id), "revoked": .boolean(true), "alreadyRevoked": .boolean(!isFirst),
            ]))
    }

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
