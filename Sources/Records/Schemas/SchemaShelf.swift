import Codec
import GatewayStore
import SchemaValidation

/// A tenant's registered schemas, as references between them see them, compiled when they are needed.
///
/// A JSON Schema refers to another one by `urn:vivian:schema:ID:VERSION`, or by the other's absolute `$id`: then to the
/// newest of that `$id` that was registered before it, so what a version means never changes. Bundled schemas are
/// referred to by their URN. Nothing is ever fetched.
struct SchemaShelf: Sendable {
    /// Schemas to which one may lead, directly and through others, and their bytes.
    static let referencesMax = 64
    static let referenceBytesMax = 4 << 20
    /// How far references lead from one schema to the next.
    static let referenceDepthMax = 16

    let store: GatewayStore
    let cache: SchemaCache
    let tenant: String

    static func location(_ id: String, _ version: UInt64) -> String { "urn:vivian:schema:\(id):\(version)" }

    private static let standard = Result { () throws(SchemaFailure) in try SchemaRegistry.standard }

    // MARK: Compiling

    /// The compiled form of a registered version.
    func compiled(_ row: SchemaRow) throws(RecordsFailure) -> CompiledSchema {
        if let known = cache.schema(row.row) { return known }
        let bytes: [UInt8]
        do { bytes = try store.schemaDocument(row.row, tenant: tenant) } catch { throw RecordsFailure(error) }
        let source = try SchemaSource(bytes, mediaType: row.mediaType)
        let (schema, byteCount) = try compile(source, at: Self.location(row.name, row.version), before: row.row)
        cache.keep(schema, row: row.row, byteCount: bytes.count + byteCount)
        return schema
    }

    /// Compiles a schema with all that it refers to; tells how many bytes that is besides itself.
    ///
    /// `before`: only what was registered before this row is seen. `isNew`: references that nothing leads to must lead
    /// somewhere as well; earlier versions took others.
    @discardableResult
    func compile(
        _ source: SchemaSource, at location: String, before row: Int64, isNew: Bool = false
    ) throws(RecordsFailure) -> (schema: CompiledSchema, byteCount: Int) {
        do {
            switch source {
            case .json(let document):
                let (registry, byteCount) = try references(of: [document], at: location, before: row)
                let schema = try JSONSchema(compiling: document, at: location, registry: registry)
                if isNew {
                    var whole = registry
                    try whole.register(document, at: location)
                    try whole.checkReferences(of: location)
                }
                return (.json(schema), byteCount)
            case .xml(let files, let main):
                try XMLSchemaLimits.registered.check(files)
                return (.xml(try XMLSchema(documents: files, main: main)), 0)
            }
        } catch let failure as SchemaFailure {
            throw .schema(.unusable(Self.violations(failure, source, location)))
        } catch { throw RecordsFailure(error) }
    }

    /// The standard meta-schemas and every document to which these lead, directly or through others.
    func references(of documents: [JSONDocument], at location: String, before row: Int64) throws
        -> (registry: SchemaRegistry, byteCount: Int)
    {
        var registry = try Self.standard.get()
        var (count, byteCount) = (0, 0)
        for document in documents {
            // What is found for one document serves the next.
            for depth in 0...Self.referenceDepthMax {
                var probe = registry
                try probe.register(document, at: location)
                var isComplete = true
                for uri in probe.missingReferences {
                    guard let found = try find(uri, before: row), found.location != location else { continue }
                    count += 1
                    byteCount += found.document.source.count
                    guard count <= Self.referencesMax, byteCount <= Self.referenceBytesMax else {
                        throw SchemaFailure.unresolvedReference(
                            "more than \(Self.referencesMax) schemas, or \(Self.referenceBytesMax) bytes of them,",
                            at: location + "#")
                    }
                    // One round may name a document twice, by its `$id` and by its URN.
                    guard !registry.holds(found.location) else { continue }
                    try registry.register(found.document, at: found.location)
                    isComplete = false
                }
                if isComplete { break }
                guard depth < Self.referenceDepthMax else {
                    throw SchemaFailure.unresolvedReference(
                        "a chain of more than \(Self.referenceDepthMax) schemas", at: location + "#")
                }
            }
        }
        return (registry, byteCount)
    }

    private func find(_ uri: String, before row: Int64) throws -> (location: String, document: JSONDocument)? {
        var found: SchemaRow?
        if let reference = SchemaReference(urn: uri) {
            let version = reference.version ?? 1
            if let bundled = BundledSchema.named(reference.id), version == 1, bundled.mediaType.hasSuffix("json"),
                bundled.mediaType != SchemaSource.xmlSetType
            {
                return (uri, try JSONDocument(parsing: bundled.document))
            }
            found = try store.schema(reference.id, version: version, tenant: tenant)
        } else {
            found = try store.schema(uri: uri, before: row, tenant: tenant)
        }
        guard let found, found.row < row, found.mediaType == SchemaSource.jsonType else { return nil }
        let document = try JSONDocument(parsing: store.schemaDocument(found.row, tenant: tenant))
        return (Self.location(found.name, found.version), document)
    }

    // MARK: Telling

    /// The document that an XML Schema lacks, where that is what its compiler says: nothing is fetched.
    private static func missingDocument(_ message: String, _ source: SchemaSource) -> String? {
        guard case .xml(let files, _) = source, let scheme = message.firstRange(of: "'vivian-schema:/") else {
            return nil
        }
        let name = String(message[scheme.upperBound...].prefix { $0 != "'" })
        return files[name] == nil ? name : nil
    }

    /// What is wrong with a schema, with the place in it.
    static func violations(_ failure: SchemaFailure, _ source: SchemaSource, _ location: String) -> [SchemaViolation] {
        func violation(_ rule: String, _ message: String, at place: String = "") -> SchemaViolation {
            let hash = place.lastIndex(of: "#") ?? place.endIndex
            let pointer = hash < place.endIndex ? String(place[place.index(after: hash)...]) : ""
            var found = SchemaViolation(
                instancePointer: pointer, schemaPointer: place, rule: rule, message: message, line: 0, column: 0)
            if case .json(let document) = source, place.isEmpty || place[..<hash] == location {
                let node = JSONPointer(parsing: pointer).flatMap { document.root.node(at: $0) } ?? document.root
                (found.line, found.column) = (node.position.line, node.position.column)
            }
            return found
        }
        switch failure {
        case .malformedKeyword(let keyword, let place):
            return [violation(keyword, "\(keyword) has a value that it cannot have", at: place)]
        case .unresolvedReference(let reference, let place):
            return [violation("$ref", "\(reference) is not registered here, and nothing is fetched", at: place)]
        case .duplicateIdentifier(let name): return [violation("$id", "\(name) is there twice")]
        case .unknownDialect(let name): return [violation("$schema", "the dialect \(name) is not known")]
        case .malformedPattern(_, let reason, let place): return [violation("pattern", reason, at: place)]
        case .malformedXMLSchema(let found) where found.isEmpty: return [violation("xsd", "it is no XML Schema")]
        case .malformedXMLSchema(let found):
            return found.map { item in
                var item = item
                if let missing = missingDocument(item.message, source) {
                    item.message = "it refers to \(missing), which is not among its documents; register all together"
                }
                let name = item.schemaPointer.replacing("vivian-schema:/", with: "")
                if !name.isEmpty { item.message = "\(name): \(item.message)" }
                return item
            }
        case .unreadableXML(let failure, let name):
            var found = SchemaViolation(failure)
            found.message = "\(name): \(found.message)"
            return [found]
        }
    }
}

/// `ID` or `ID:VERSION`.
package struct SchemaReference: Hashable, Sendable {
    package var id: String
    /// The newest if nil.
    package var version: UInt64?

    package init(id: String, version: UInt64?) {
        self.id = id
        self.version = version
    }

    /// Reads `ID` or `ID:VERSION`; nil for what is neither.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let id = parts.first, Self.isID(String(id)) else { return nil }
        self.id = String(id)
        guard parts.count == 2 else { return }
        guard let version = UInt64(parts[1]), version > 0, String(version) == parts[1] else { return nil }
        self.version = version
    }

    /// `ID` or `ID:VERSION`.
    package var text: String { version.map { "\(id):\($0)" } ?? id }

    init?(urn: String) {
        let prefix = "urn:vivian:schema:"
        guard urn.hasPrefix(prefix), let reference = SchemaReference(String(urn.dropFirst(prefix.count))),
            reference.version != nil
        else { return nil }
        self = reference
    }

    /// Whether a text is an id: 1 to 64 of `a-z 0-9 . _ -`, beginning with a letter or digit.
    package static func isID(_ text: String) -> Bool {
        func isPlain(_ byte: UInt8) -> Bool {
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
        }
        guard let first = text.utf8.first, isPlain(first), text.utf8.count <= 64 else { return false }
        return text.utf8.allSatisfy { isPlain($0) || ".-_".utf8.contains($0) }
    }
}
