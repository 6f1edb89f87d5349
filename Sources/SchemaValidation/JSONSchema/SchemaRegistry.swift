package import Codec

/// Schemas that may refer to each other, by their URIs.
///
/// References lead only to what was registered.
package struct SchemaRegistry: Sendable {
    /// One document and where it was registered.
    struct Document: Sendable {
        let location: String
        let document: JSONDocument
    }

    /// A schema with an identity of its own: a document's root, or what carries `$id`.
    struct Resource: Sendable {
        let uri: String
        let root: SchemaLocation
        let dialect: SchemaDialect
        var anchors: [String: SchemaLocation] = [:]
        var dynamicAnchors: [String: SchemaLocation] = [:]
    }

    private(set) var documents: [Document] = []
    private(set) var resources: [Resource] = []
    private var resourcesByURI: [String: Int] = [:]
    /// The resource that each schema belongs to.
    private var resourceOf: [SchemaLocation: Int] = [:]

    package init() {}

    /// Adds a document and all resources and anchors within it.
    ///
    /// `location` is its URI, for references that use it rather than the document's own `$id`; without `$schema` it is of
    /// draft 2020-12, or of draft-07 if `defaultDraft7` says so.
    /// - Throws: `duplicateIdentifier`, `unknownDialect`, `malformedKeyword`.
    package mutating func register(
        _ document: JSONDocument, at location: String, defaultDraft7: Bool = false
    ) throws(SchemaFailure) {
        let number = Int32(documents.count)
        documents.append(Document(location: location, document: document))
        let uri = SchemaURI.resolve(location, against: "").uri
        let root = SchemaLocation(document: number, index: 0)
        let resource = try add(
            uri, root, document.root, inherited: defaultDraft7 ? .draft7 : .draft202012, isDocument: true)
        try walk(document.root, root, resource: resource)
    }

    // MARK: Finding

    func node(_ location: SchemaLocation) -> JSONNode {
        JSONNode(tape: documents[Int(location.document)].document.tape, index: Int(location.index))
    }

    /// The resource to which a schema belongs, if it stands where schemas stand.
    func resource(of location: SchemaLocation) -> Int? { resourceOf[location] }

    func resource(_ uri: String) -> Int? { resourcesByURI[uri] }

    /// Where a reference leads, and the resource there.
    func find(_ reference: String, from resource: Int) -> (location: SchemaLocation, resource: Int, name: String?)? {
        let (uri, fragment) = SchemaURI.resolve(reference, against: resources[resource].uri)
        guard let target = resourcesByURI[uri] else { return nil }
        guard let fragment, !fragment.isEmpty else { return (resources[target].root, target, nil) }
        guard let name = SchemaURI.percentDecoded(fragment) else { return nil }
        guard name.hasPrefix("/") else {
            guard let location = resources[target].anchors[name] else { return nil }
            return (location, resourceOf[location] ?? target, name)
        }
        guard let pointer = JSONPointer(parsing: name) else { return nil }
        var location = resources[target].root
        var owner = target
        for token in pointer.tokens {
            guard let next = node(location).node(at: JSONPointer([token])) else { return nil }
            location.index = Int32(next.index)
            owner = resourceOf[location] ?? owner
        }
        return (location, owner, nil)
    }

    /// `location#pointer` of a value in a registered document.
    func description(of location: SchemaLocation) -> String {
        let document = documents[Int(location.document)]
        return document.location + "#" + JSONPath.pointer(to: Int(location.index), in: document.document.tape)
    }

    /// Whether a document is registered at a location.
    package func holds(_ location: String) -> Bool { documents.contains { $0.location == location } }

    /// URIs that references lead to and that are not registered, each once, in the order of the documents.
    package var missingReferences: [String] {
        var missing: [String] = []
        var seen: Set<String> = []
        for (location, resource) in resourceOf.sorted(by: { $0.key < $1.key }) {
            let schema = node(location)
            guard schema.kind == .object else { continue }
            for keyword in ["$ref", "$dynamicRef", "$recursiveRef"] {
                guard let reference = schema[keyword]?.string else { continue }
                let uri = SchemaURI.resolve(reference, against: resources[resource].uri).uri
                if resourcesByURI[uri] == nil, seen.insert(uri).inserted { missing.append(uri) }
            }
        }
        return missing
    }

    /// The first reference of a document that leads nowhere, wherever a schema stands in it: nobody need ever reach it.
    /// - Throws: `unresolvedReference` with its place.
    package func checkReferences(of location: String) throws(SchemaFailure) {
        for (place, resource) in resourceOf.sorted(by: { $0.key < $1.key })
        where documents[Int(place.document)].location == location {
            let schema = node(place)
            guard schema.kind == .object else { continue }
            for keyword in ["$ref", "$dynamicRef", "$recursiveRef"] {
                guard let reference = schema[keyword]?.string, find(reference, from: resource) == nil else { continue }
                throw .unresolvedReference(reference, at: description(of: place))
            }
        }
    }

    // MARK: Indexing

    private mutating func add(
        _ uri: String, _ location: SchemaLocation, _ node: JSONNode, inherited: SchemaDialect, isDocument: Bool
    ) throws(SchemaFailure) -> Int {
        var dialect = inherited
        if let name = node["$schema"]?.string { dialect = try self.dialect(name, of: node) }
        var names = [uri]
        // A document is known by its location as well as by its `$id`.
        if isDocument, let own = identifier(of: node, dialect) {
            let resolved = SchemaURI.resolve(own, against: uri).uri
            if resolved != uri { names.insert(resolved, at: 0) }
        }
        let number = resources.count
        for name in names {
            guard resourcesByURI.updateValue(number, forKey: name) == nil else { throw .duplicateIdentifier(name) }
        }
        resources.append(Resource(uri: names[0], root: location, dialect: dialect))
        return number
    }

    /// `$id` where it counts: in draft-07 not beside `$ref`, and not where it is an anchor alone.
    private func identifier(of node: JSONNode, _ dialect: SchemaDialect) -> String? {
        guard let id = node["$id"]?.string, dialect.draft != .draft7 || node["$ref"] == nil, !id.hasPrefix("#") else {
            return nil
        }
        return id
    }

    private func dialect(_ name: String, of node: JSONNode) throws(SchemaFailure) -> SchemaDialect {
        if let known = SchemaDialect(metaSchema: name) { return known }
        // A meta-schema of somebody's own says by its vocabularies what its schemas mean.
        guard let resource = resourcesByURI[SchemaURI.resolve(name, against: "").uri] else {
            throw .unknownDialect(name)
        }
        let metaSchema = self.node(resources[resource].root)
        var dialect = resources[resource].dialect
        guard let vocabulary = metaSchema["$vocabulary"] else { return dialect }
        dialect.vocabularies = []
        for entry in vocabulary.fields {
            if let known = SchemaDialect.vocabulary(entry.name) {
                dialect.vocabularies.formUnion(known)
            } else if entry.value.bool == true {
                throw .unknownDialect(entry.name)
            }
        }
        return dialect
    }

    private mutating func walk(_ node: JSONNode, _ location: SchemaLocation, resource: Int) throws(SchemaFailure) {
        var resource = resource
        guard node.kind == .object else {
            resourceOf[location] = resource
            return
        }
        let isRoot = resources[resource].root == location
        if !isRoot, let id = identifier(of: node, resources[resource].dialect) {
            let uri = SchemaURI.resolve(id, against: resources[resource].uri).uri
            if uri != resources[resource].uri {
                resource = try add(uri, location, node, inherited: resources[resource].dialect, isDocument: false)
            }
        }
        resourceOf[location] = resource
        try addAnchors(of: node, location, resource)
        for field in node.fields {
            let name = field.name
            let value = field.value
            if SchemaDialect.single.contains(name), value.kind != .array {
                try walk(value, location.at(value.index), resource: resource)
            } else if SchemaDialect.lists.contains(name), value.kind == .array {
                for item in value.elements { try walk(item, location.at(item.index), resource: resource) }
            } else if SchemaDialect.maps.contains(name), value.kind == .object {
                for entry in value.fields where entry.value.kind != .array {
                    try walk(entry.value, location.at(entry.value.index), resource: resource)
                }
            }
        }
    }

    private mutating func addAnchors(
        of node: JSONNode, _ location: SchemaLocation, _ resource: Int
    ) throws(SchemaFailure) {
        var names: [String] = []
        if resources[resource].dialect.draft == .draft7 {
            if node["$ref"] == nil, let id = node["$id"]?.string, let hash = id.firstIndex(of: "#") {
                let name = String(id[id.index(after: hash)...])
                if !name.isEmpty { names.append(name) }
            }
        } else {
            if let name = node["$anchor"]?.string { names.append(name) }
            if let name = node["$dynamicAnchor"]?.string {
                names.append(name)
                resources[resource].dynamicAnchors[name] = location
            }
        }
        for name in names {
            let old = resources[resource].anchors.updateValue(location, forKey: name)
            if let old, old != location {
                throw .duplicateIdentifier(resources[resource].uri + "#" + name)
            }
        }
    }
}

/// A value within a registered document.
struct SchemaLocation: Hashable, Comparable, Sendable {
    var document: Int32
    /// Place on the document's tape.
    var index: Int32

    func at(_ index: Int) -> SchemaLocation { SchemaLocation(document: document, index: Int32(index)) }

    static func < (left: SchemaLocation, right: SchemaLocation) -> Bool {
        (left.document, left.index) < (right.document, right.index)
    }
}
