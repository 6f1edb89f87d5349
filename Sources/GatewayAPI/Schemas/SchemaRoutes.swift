import Codec
import HTTPTypes
import Hummingbird
import Records
import SchemaValidation

/// The schema registry: `/schemas`.
struct SchemaRoutes {
    let parts: GatewayParts

    /// Largest schema, in bytes; the registry says what each kind may hold.
    static let schemaBytesMax = 4 << 20

    var routes: [Route] {
        let documentBytesMax = parts.configuration.captureBytesMax
        return [
            Route(.get, "/schemas", .scope(.schemasRead), list),
            Route(.post, "/schemas", .scope(.schemasWrite), bodyBytesMax: Self.schemaBytesMax, register),
            Route(.get, "/schemas/{id}", .scope(.schemasRead), show),
            Route(.get, "/schemas/{id}/versions/{version}", .scope(.schemasRead), version),
            Route(.get, "/schemas/{id}/versions/{version}/document", .scope(.schemasRead), document),
            Route(
                .post, "/schemas/{id}/compatibility", .scope(.schemasRead), bodyBytesMax: Self.schemaBytesMax,
                isAudited: false, check),
            Route(
                .post, "/schemas/{id}/versions/{version}/validation", .scope(.schemasRead),
                bodyBytesMax: documentBytesMax, isAudited: false, validate),
        ]
    }

    private var book: SchemaBook { parts.schemas }

    @Sendable func list(_ input: RouteInput) async throws -> Reply {
        Reply.json(.object(of: ["schemas": .array(try book.list(tenant: input.tenant).map(Self.json))]))
    }

    @Sendable func register(_ input: RouteInput) async throws -> Reply {
        let id = input.query("id") ?? ""
        let (view, isNew) = try await book.register(
            input.body, id: id, mediaType: input.request.headers[.contentType] ?? "", rule: Self.rule(input),
            tenant: input.tenant, by: input.principal.name
        ) { input.auditLine(status: 201, target: "\(id):\($0)") }
        if isNew { input.mark.set() }
        return Reply.json(
            Self.json(view), status: isNew ? .created : .ok,
            headers: [.location: "/schemas/\(view.id)/versions/\(view.version)"])
    }

    @Sendable func show(_ input: RouteInput) async throws -> Reply {
        let versions = try book.versions(input.parameter("id"), tenant: input.tenant)
        return Reply.json(
            .object(of: [
                "id": .string(input.parameter("id")), "compatibility": Self.rule(versions.last),
                "versions": .array(versions.map(Self.json)),
            ]))
    }

    @Sendable func version(_ input: RouteInput) async throws -> Reply {
        Reply.json(Self.json(try book.version(try Self.reference(input), tenant: input.tenant)))
    }

    @Sendable func document(_ input: RouteInput) async throws -> Reply {
        let (bytes, mediaType) = try book.document(try Self.reference(input), tenant: input.tenant)
        return Reply.bytes(bytes, type: mediaType)
    }

    @Sendable func check(_ input: RouteInput) async throws -> Reply {
        let comparison = try book.check(
            input.body, id: input.parameter("id"), mediaType: input.request.headers[.contentType] ?? "",
            rule: Self.rule(input), tenant: input.tenant)
        return Reply.json(
            .object(of: [
                "id": .string(comparison.id), "version": .decimal(comparison.version),
                "compatibility": .string(comparison.rule.rawValue), "compatible": .boolean(comparison.isCompatible),
                "findings": .array(comparison.findings.map(\.json)),
            ]))
    }

    @Sendable func validate(_ input: RouteInput) async throws -> Reply {
        Reply.json(
            try book.validate(
                input.body, mediaType: input.request.headers[.contentType] ?? "", by: try Self.reference(input),
                isBasic: input.query("output") != "flag", tenant: input.tenant))
    }

    // MARK: Reading and writing

    /// The contract has held the parameters to their forms.
    private static func reference(_ input: RouteInput) throws -> SchemaReference {
        let text = input.parameter("version")
        let version = text == "latest" ? nil : try RouteInput.number(text, named: "version")
        return SchemaReference(id: input.parameter("id"), version: version)
    }

    private static func rule(_ input: RouteInput) -> CompatibilityRule? {
        input.query("compatibility").flatMap(CompatibilityRule.init)
    }

    private static func rule(_ view: SchemaVersionView?) -> JSON? { view?.rule.map { .string($0.rawValue) } }

    private static func json(_ view: SchemaVersionView) -> JSON {
        .object(of: [
            "id": .string(view.id), "version": .decimal(view.version), "mediaType": .string(view.mediaType),
            "digest": .hex(view.digest), "byteCount": .integer(view.byteCount), "state": .string(view.state.rawValue),
            "compatibility": rule(view), "registeredBy": view.registeredBy.map { .string($0) },
            "registeredAt": view.registeredAt.map { .string(TimeText.rfc3339(nanoseconds: $0)) },
            "ledger": view.place.map(json),
        ])
    }

    private static func json(_ place: SchemaVersionView.Place) -> JSON {
        .object(of: [
            "account": .hex(place.account), "schema": .string(place.name), "store": .string("schema"),
            "key": .string(Base64.encodeURL(place.key)),
            "path": .string("schema/" + String(decoding: place.key, as: UTF8.self)),
            "transaction": .hex(place.transactionID), "height": place.height.map { .decimal($0) },
            "blockTime": place.blockTime.map { .string(TimeText.rfc3339(nanoseconds: $0)) },
        ])
    }
}
