import Codec
import Cryptography
import HTTPTypes
import LedgerAccess
import LedgerModel

/// The registry of models, datasets and statements: `/registry`.
///
/// Read only: versions are published and withdrawn by transactions. Every answer names the keys of the state behind it, and
/// `GET /state/registry/{key}?prove=true` proves each.
struct RegistryRoutes {
    let parts: GatewayParts

    var routes: [Route] {
        [
            Route(.get, "/registry/{kind}", .scope(.ledgerRead), list),
            Route(.get, "/registry/{kind}/{id}", .scope(.ledgerRead), show),
            Route(.get, "/registry/{kind}/{id}/uses", .scope(.ledgerRead), uses),
        ]
    }

    @Sendable func list(_ input: RouteInput) async throws -> Reply {
        let kind = try Self.kind(input)
        let page = try PageRequest(input, .own, placeBytes: 8, cursors: try parts.cursors())
        let counted = try await parts.ledger.entry(.registry, key: RegistryKeys.subjectCount(kind), at: nil)
        let height = counted.stateHeight
        let (range, next) = Self.range(of: page, count: RegistryKeys.number(counted.value))
        var items: [JSON] = []
        for index in range {
            let key = RegistryKeys.subject(kind, index)
            guard let id = (try await value(key, at: height)).flatMap({ Digest($0) }) else {
                throw LedgerAccessFailure.unavailable("subject \(index) does not read back")
            }
            let subject = VectorSubject(kind: kind.rawValue, id: id)
            let newest = RegistryKeys.number(try await value(RegistryKeys.newest(subject), at: height))
            let version = RegistryVersion(subject: subject, number: newest)
            guard let bytes = try await value(RegistryKeys.entry(version), at: height) else {
                throw LedgerAccessFailure.unavailable("the newest version of subject \(index) does not read back")
            }
            let entry = try RegistryEntry(decoding: bytes)
            items.append(
                .object(of: [
                    "id": .string(id.hex), "publisher": .hex(entry.publisher.bytes), "name": .string(entry.name.text),
                    "newest": .decimal(newest), "title": .string(entry.card.title),
                    "licence": .string(entry.card.licence), "publishedIn": .decimal(entry.height.value),
                    "isWithdrawn": .boolean(entry.withdrawal != nil), "key": .string(Base64.encodeURL(key)),
                ]))
        }
        var headers = HTTPFields()
        headers[.link] = page.link(to: next)
        return Reply.json(
            .object(of: [
                "stateHeight": .decimal(height.value), "count": .decimal(RegistryKeys.number(counted.value)),
                "countKey": .string(Base64.encodeURL(RegistryKeys.subjectCount(kind))), "subjects": .array(items),
                "next": page.cursor(to: next).map { .string($0) },
            ]), headers: headers)
    }

    @Sendable func show(_ input: RouteInput) async throws -> Reply {
        let found = try await found(input)
        let version = found.version
        let uses = try await value(RegistryKeys.useCount(version), at: found.height)
        return Reply.json(
            .object(
                of: [
                    "stateHeight": .decimal(found.height.value), "kind": .string(found.kind.name),
                    "id": .string(version.subject.id.hex), "version": .decimal(version.number),
                    "newest": .decimal(found.newest), "publisher": .hex(found.entry.publisher.bytes),
                    "name": .string(found.entry.name.text), "digest": .string(found.entry.card.digest.hex),
                    "title": .string(found.entry.card.title), "text": .string(found.entry.card.text),
                    "licence": .string(found.entry.card.licence),
                    "edges": .array(found.entry.card.edges.map(Self.json)),
                    "measures": .array(
                        found.entry.card.measures.map {
                            .object(of: ["name": .string($0.name), "value": .string($0.value)])
                        }), "publishedIn": .decimal(found.entry.height.value),
                    "publishedAt": .string(TimeText.rfc3339(found.entry.time)),
                    "withdrawn": found.entry.withdrawal.map {
                        .object(of: [
                            "in": .decimal($0.height.value), "at": .string(TimeText.rfc3339($0.time)),
                            "reason": .decimal($0.reason),
                        ])
                    }, "uses": .decimal(RegistryKeys.number(uses)),
                    "key": .string(Base64.encodeURL(RegistryKeys.entry(version))),
                    "usesKey": .string(Base64.encodeURL(RegistryKeys.useCount(version))),
                ]))
    }

    @Sendable func uses(_ input: RouteInput) async throws -> Reply {
        let page = try PageRequest(input, .own, placeBytes: 8, cursors: try parts.cursors())
        let found = try await found(input)
        let count = RegistryKeys.number(try await value(RegistryKeys.useCount(found.version), at: found.height))
        let (range, next) = Self.range(of: page, count: count)
        var items: [JSON] = []
        for index in range {
            let key = RegistryKeys.use(found.version, index)
            guard let bytes = try await value(key, at: found.height), let cbor = try? CBOR.decode(bytes),
                let edge = RegistryEdge(cbor: cbor)
            else { throw LedgerAccessFailure.unavailable("use \(index) of \(count) does not read back") }
            guard case .object(let members) = Self.json(edge) else { continue }
            items.append(
                .object(members + [JSON.Member(name: "key", value: .string(Base64.encodeURL(key)))]))
        }
        var headers = HTTPFields()
        headers[.link] = page.link(to: next)
        return Reply.json(
            .object(of: [
                "stateHeight": .decimal(found.height.value), "count": .decimal(count), "uses": .array(items),
                "next": page.cursor(to: next).map { .string($0) },
            ]), headers: headers)
    }

    // MARK: Reading

    /// The numbers of a page of so many, and where the next one begins.
    private static func range(of page: PageRequest, count: UInt64) -> (Range<UInt64>, next: [UInt8]?) {
        let begin = min(page.place.map { UInt64(bigEndianBytes: $0) } ?? 0, count)
        let end = min(count, begin + UInt64(page.limit))
        return (begin..<end, end < count ? end.bigEndianBytes : nil)
    }

    private static func kind(_ input: RouteInput) throws -> RegistryKind {
        guard let kind = RegistryKind(name: input.parameter("kind")) else {
            throw Problem.badParameter("kind", "model, dataset or statement")
        }
        return kind
    }

    private struct Found {
        let kind: RegistryKind
        let version: RegistryVersion
        let newest: UInt64
        let entry: RegistryEntry
        /// All that an answer says is of one state.
        let height: Height
    }

    private func found(_ input: RouteInput) async throws -> Found {
        let kind = try Self.kind(input)
        guard let id = Hex.decode(input.parameter("id")).flatMap({ Digest($0) }) else {
            throw Problem.badParameter("id", "32 bytes in lower-case hex")
        }
        let wanted = try input.query("version").map { try RouteInput.number($0, named: "version") }
        let subject = VectorSubject(kind: kind.rawValue, id: id)
        let newest = try await parts.ledger.entry(.registry, key: RegistryKeys.newest(subject), at: nil)
        let number = wanted ?? RegistryKeys.number(newest.value)
        let version = RegistryVersion(subject: subject, number: number)
        guard number > 0, let bytes = try await value(RegistryKeys.entry(version), at: newest.stateHeight) else {
            throw LedgerAccessFailure.notFound(
                newest.value == nil
                    ? "Nothing was published as \(kind.name) \(id.hex)."
                    : "There is no version \(number); the newest is \(RegistryKeys.number(newest.value)).")
        }
        return Found(
            kind: kind, version: version, newest: RegistryKeys.number(newest.value),
            entry: try RegistryEntry(decoding: bytes), height: newest.stateHeight)
    }

    private func value(_ key: [UInt8], at height: Height) async throws -> [UInt8]? {
        try await parts.ledger.entry(.registry, key: key, at: height).value
    }

    private static func json(_ edge: RegistryEdge) -> JSON {
        let kind = RegistryKind(rawValue: edge.version.subject.kind)?.name
        return .object(of: [
            "relation": .string(edge.relation.name), "kind": kind.map { .string($0) },
            "id": .string(edge.version.subject.id.hex), "version": .decimal(edge.version.number),
        ])
    }
}
