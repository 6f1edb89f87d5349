package import Codec
import Cryptography
package import GatewayStore
package import LedgerAccess
import LedgerModel
import SchemaValidation

/// The schema registry: what a tenant's documents are held to, pinned on the ledger by digest.
///
/// A version is checked and compiled first, then it stands in the store together with the signed transaction that pins
/// it, and the ``Outbox`` carries that to the ledger. Documents are public by their author's word; nothing is ever
/// fetched.
package final class SchemaBook: Sendable {
    /// The tenant whose ids stand on the ledger as they are: the operator's own.
    ///
    /// Those of the others stand behind a random name, so that they neither clash nor tell the tenant.
    static let openTenant = "default"

    let store: GatewayStore
    let issuer: Issuer
    let ledger: any LedgerAccess
    private let outbox: Outbox
    private let now: @Sendable () -> UInt64
    let cache = SchemaCache()

    package init(
        store: GatewayStore, issuer: Issuer, ledger: any LedgerAccess, outbox: Outbox,
        now: @escaping @Sendable () -> UInt64
    ) {
        self.store = store
        self.issuer = issuer
        self.ledger = ledger
        self.outbox = outbox
        self.now = now
    }

    // MARK: Registering

    /// Registers the next version of a schema; durable when this returns.
    ///
    /// The document of the newest version once more, under the same rule, is that version and nothing new.
    ///
    /// `rule`: becomes the schema's; the newest version's if nil, ``CompatibilityRule/standard`` for a new schema.
    /// `who`: who registers it, as the audit log names them.
    /// `audit`: the line in the audit log, given the version.
    /// Returns the version and whether it is new.
    package func register(
        _ document: [UInt8], id: String, mediaType field: String, rule: CompatibilityRule?, tenant: String,
        by who: String, audit: (_ version: UInt64) -> AuditLine
    ) async throws(RecordsFailure) -> (view: SchemaVersionView, isNew: Bool) {
        guard SchemaReference.isID(id) else { throw .schema(.unknown(id)) }
        guard !id.hasPrefix(BundledSchema.prefix) else { throw .schema(.reserved(id)) }
        guard let mediaType = SchemaSource.mediaType(field) else { throw .unsupportedMediaType(field) }
        let digest = SHA256.hash(document)
        let newest = try row(id, version: nil, tenant: tenant)
        let rule = rule ?? newest.flatMap { CompatibilityRule(rawValue: $0.mode) } ?? .standard
        if let newest, newest.digest == digest.bytes, newest.mediaType == mediaType, newest.mode == rule.rawValue {
            return (SchemaVersionView(newest, account: issuer.account), false)
        }
        let source = try SchemaSource(document, mediaType: mediaType)
        let shelf = SchemaShelf(store: store, cache: cache, tenant: tenant)
        try shelf.compile(
            source, at: SchemaShelf.location(id, (newest?.version ?? 0) + 1), before: .max, isNew: true)
        if let newest {
            let findings = try compare(newest, with: source, mediaType: mediaType, rule: rule, on: shelf)
            guard findings.isEmpty else {
                throw .schema(.incompatible(rule: rule, version: newest.version, findings))
            }
        }
        let space = tenant == Self.openTenant ? nil : "t-" + Hex.encode(SecureRandom.bytes(8))
        try await checkLedger(newest?.ledgerName ?? (space == nil ? id : nil), known: newest?.version ?? 0)
        guard let ledgerType = SchemaMediaType(mediaType) else { throw .unsupportedMediaType(field) }
        let time = now()
        let entry = NewSchema(
            tenant: tenant, name: id, mediaType: mediaType, uri: source.uri, digest: digest.bytes, document: document,
            mode: rule.rawValue, createdBy: who, predecessor: newest?.row)
        let stored: SchemaRow
        do {
            stored = try store.registerSchema(entry, space: space, now: time, audit: { audit($0).entry }) {
                name, version in
                guard let name = SchemaName(name) else { throw RecordsFailure.schema(.unknown(id)) }
                return try issuer.registration(
                    name, version: version, mediaType: ledgerType, digest: digest, now: time)
            }
        } catch let failure as GatewayStoreFailure where failure.code == .conflict {
            throw .schema(.changedMeanwhile)
        } catch let failure as GatewayStoreFailure where failure.code == .backlog {
            throw .schema(.tooMany)
        } catch { throw RecordsFailure(error) }
        outbox.wake()
        return (SchemaVersionView(stored, account: issuer.account), true)
    }

    /// Refuses to give a version away that the ledger has already: the store is older than the ledger then.
    private func checkLedger(_ name: String?, known: UInt64) async throws(RecordsFailure) {
        guard let name = name.flatMap({ SchemaName($0) }) else { return }
        let value: [UInt8]?
        do { value = try await ledger.value(.schema, key: NewestSchema.key(issuer.account, name)) } catch {
            throw .ledger(error)
        }
        let onLedger = NewestSchema.version(value)
        guard onLedger <= known else { throw .schema(.ledgerAhead(id: name.text, onLedger: onLedger)) }
    }

    // MARK: Reading

    /// The newest version of every schema that a tenant sees, by id: its own and the bundled ones.
    package func list(tenant: String) throws(RecordsFailure) -> [SchemaVersionView] {
        let rows: [SchemaRow]
        do { rows = try store.schemas(tenant: tenant) } catch { throw RecordsFailure(error) }
        var newest: [String: SchemaRow] = [:]
        for row in rows { newest[row.name] = row }
        let own = newest.values.map { SchemaVersionView($0, account: issuer.account) }
        return (own + Self.bundled).sorted { $0.id < $1.id }
    }

    /// All versions of one schema, oldest first.
    package func versions(_ id: String, tenant: String) throws(RecordsFailure) -> [SchemaVersionView] {
        if let bundled = Self.bundled.first(where: { $0.id == id }) { return [bundled] }
        let rows: [SchemaRow]
        do { rows = try store.schemas(tenant: tenant, name: id) } catch { throw RecordsFailure(error) }
        guard !rows.isEmpty else { throw .schema(.unknown(id)) }
        return rows.map { SchemaVersionView($0, account: issuer.account) }
    }

    /// One version; the newest if none is named.
    package func version(_ reference: SchemaReference, tenant: String) throws(RecordsFailure) -> SchemaVersionView {
        if let bundled = Self.bundled.first(where: { $0.id == reference.id }), reference.version ?? 1 == 1 {
            return bundled
        }
        return SchemaVersionView(try existing(reference, tenant: tenant), account: issuer.account)
    }

    /// The bytes of a version and their media type.
    package func document(_ reference: SchemaReference, tenant: String) throws(RecordsFailure)
        -> (bytes: [UInt8], mediaType: String)
    {
        if let bundled = BundledSchema.named(reference.id), reference.version ?? 1 == 1 {
            return (bundled.document, bundled.mediaType)
        }
        let row = try existing(reference, tenant: tenant)
        do { return (try store.schemaDocument(row.row, tenant: tenant), row.mediaType) } catch {
            throw RecordsFailure(error)
        }
    }

    private static let bundled = BundledSchema.all.map {
        SchemaVersionView($0, digest: SHA256.hash($0.document).bytes)
    }

    private func row(_ id: String, version: UInt64?, tenant: String) throws(RecordsFailure) -> SchemaRow? {
        do { return try store.schema(id, version: version, tenant: tenant) } catch { throw RecordsFailure(error) }
    }

    private func existing(_ reference: SchemaReference, tenant: String) throws(RecordsFailure) -> SchemaRow {
        guard let row = try row(reference.id, version: reference.version, tenant: tenant) else {
            throw .schema(.unknown(reference.text))
        }
        return row
    }

    // MARK: Comparing

    /// Whether a candidate may follow the newest version; nothing is registered.
    package func check(
        _ document: [UInt8], id: String, mediaType field: String, rule: CompatibilityRule?, tenant: String
    ) throws(RecordsFailure) -> SchemaComparison {
        guard !id.hasPrefix(BundledSchema.prefix) else { throw .schema(.reserved(id)) }
        guard let mediaType = SchemaSource.mediaType(field) else { throw .unsupportedMediaType(field) }
        let newest = try existing(SchemaReference(id: id, version: nil), tenant: tenant)
        let rule = rule ?? CompatibilityRule(rawValue: newest.mode) ?? .standard
        let source = try SchemaSource(document, mediaType: mediaType)
        let shelf = SchemaShelf(store: store, cache: cache, tenant: tenant)
        try shelf.compile(source, at: SchemaShelf.location(id, newest.version + 1), before: .max, isNew: true)
        return SchemaComparison(
            id: id, version: newest.version, rule: rule,
            findings: try compare(newest, with: source, mediaType: mediaType, rule: rule, on: shelf))
    }

    private func compare(
        _ newest: SchemaRow, with candidate: SchemaSource, mediaType: String, rule: CompatibilityRule,
        on shelf: SchemaShelf
    ) throws(RecordsFailure) -> [SchemaViolation] {
        guard let mode = rule.mode else { return [] }
        let bytes: [UInt8]
        do { bytes = try store.schemaDocument(newest.row, tenant: shelf.tenant) } catch { throw RecordsFailure(error) }
        let known = try SchemaSource(bytes, mediaType: newest.mediaType)
        switch (known, candidate) {
        case (.json(let old), .json(let new)):
            do {
                let location = SchemaShelf.location(newest.name, newest.version + 1)
                let registry = try shelf.references(of: [new, old], at: location, before: .max).registry
                return try SchemaCompatibility.compare(old: old, new: new, mode: mode, registry: registry).map {
                    Self.violation($0, in: new)
                }
            } catch let failure as SchemaFailure {
                throw .schema(.unusable(SchemaShelf.violations(failure, candidate, "")))
            } catch { throw RecordsFailure(error) }
        case (.xml(let old, let oldMain), .xml(let new, let newMain)):
            // A document by itself has no name of its own.
            if oldMain == newMain, SchemaCompatibility.compareXML(old: old, new: new) == .equal { return [] }
            return [Self.notCompared("two different versions of an XML Schema are not compared")]
        default: return [Self.notCompared("a JSON Schema and an XML Schema have nothing in common")]
        }
    }

    private static func notCompared(_ message: String) -> SchemaViolation {
        SchemaViolation(
            instancePointer: "", schemaPointer: "", rule: "notCompared",
            message: "\(message); register it with the compatibility none if you know that it fits", line: 0, column: 0)
    }

    private static func violation(_ finding: SchemaCompatibility.Finding, in new: JSONDocument) -> SchemaViolation {
        var found = SchemaViolation(
            instancePointer: finding.pointer, schemaPointer: "", rule: finding.rule,
            message: "\(finding.direction.rawValue): \(finding.message)", line: 0, column: 0)
        // The new version refuses: its own text has the place.
        if finding.direction == .backward, let pointer = JSONPointer(parsing: finding.pointer),
            let node = new.root.node(at: pointer)
        {
            (found.line, found.column) = (node.position.line, node.position.column)
        }
        return found
    }

    // MARK: Applying

    /// A schema by which documents can be checked.
    package func applied(_ reference: SchemaReference, tenant: String) throws(RecordsFailure) -> AppliedSchema {
        if let bundled = BundledSchema.named(reference.id), reference.version ?? 1 == 1 {
            guard let compile = bundled.compile else { throw .schema(.notForDocuments(reference.id)) }
            do { return AppliedSchema(id: bundled.id, row: 0, compiled: try compile()) } catch {
                throw .store(isDiskFull: false, "a bundled schema does not compile")
            }
        }
        let row = try existing(reference, tenant: tenant)
        let shelf = SchemaShelf(store: store, cache: cache, tenant: tenant)
        return AppliedSchema(id: "\(row.name):\(row.version)", row: row.row, compiled: try shelf.compiled(row))
    }

    /// What a schema says of a document, in a standard output format of JSON Schema 2020-12 §12; nothing is stored.
    package func validate(
        _ document: [UInt8], mediaType: String, by reference: SchemaReference, isBasic: Bool, tenant: String
    ) throws(RecordsFailure) -> JSON {
        let applied = try applied(reference, tenant: tenant)
        let type = mediaType.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        let isXML = type.hasSuffix("xml")
        switch applied.compiled {
        case .json(let schema):
            guard !isXML else { throw .schema(.otherKind(id: applied.id, isForJSON: true)) }
            let parsed: JSONDocument
            do { parsed = try JSONDocument(parsing: document) } catch {
                throw .unreadable(
                    SchemaViolation(
                        instancePointer: "", schemaPointer: "", rule: "json", message: error.text,
                        line: error.position?.line ?? 1, column: error.position?.column ?? 1))
            }
            return schema.output(parsed, format: isBasic ? .basic : .flag).json
        case .xml(let schema):
            guard isXML else { throw .schema(.otherKind(id: applied.id, isForJSON: false)) }
            let violations = try schema.violations(of: document)
            var members = [JSON.Member("valid", .boolean(violations.isEmpty))]
            if isBasic, !violations.isEmpty {
                members.append(.init("errors", .array(violations.map { Self.unit($0, applied.id) })))
            }
            return .object(members)
        }
    }

    /// An XML Schema's violation as an output unit: the keyword is libxml2's code.
    private static func unit(_ violation: SchemaViolation, _ id: String) -> JSON {
        [
            "keywordLocation": .string("/\(violation.rule)"),
            "absoluteKeywordLocation": .string("urn:vivian:schema:\(id)#/\(violation.rule)"),
            "instanceLocation": .string(violation.instancePointer),
            "error": .string("line \(violation.line): \(violation.message)"),
        ]
    }
}
