package import Codec

extension EPCISDocument {
    /// Reads an EPCISDocument, an EPCISQueryDocument or a single event in JSON-LD 2.0.
    ///
    /// - Throws: `malformed` with pointer, line and column; `unknownEventType`.
    package init(jsonLD document: JSONDocument) throws(SupplyChainFailure) {
        var reader = JSONLDReader(document)
        self = try reader.document()
    }
}

/// Reads the JSON-LD binding (EPCIS 2.0 §10).
struct JSONLDReader {
    private let root: JSONNode
    private(set) var prefixes = Prefixes()

    init(_ document: JSONDocument) { root = document.root }

    /// The parts of a document that records share.
    struct Frame {
        var kind: EPCISDocument.Kind
        var events: [JSONNode]
        var ignoredFields: JSONNode?
    }

    mutating func document() throws(SupplyChainFailure) -> EPCISDocument {
        let frame = try frame()
        var document = EPCISDocument(
            kind: frame.kind, schemaVersion: try text(of: "schemaVersion"), creationDate: try text(of: "creationDate"))
        document.ignoredFields = try ignoredFields(frame)
        document.events.reserveCapacity(frame.events.count)
        document.namespaces = prefixes.declared
        for node in frame.events { document.events.append(try event(node, declaring: &document.namespaces)) }
        return document
    }

    /// Declares the document's prefixes and finds its events.
    mutating func frame() throws(SupplyChainFailure) -> Frame {
        guard root.kind == .object, let type = root.member("type"), let name = type.utf8Slice else {
            throw malformed(root, "an EPCISDocument, an EPCISQueryDocument or an event, told by its type")
        }
        guard let context = root.member("@context") else { throw malformed(root, "a JSON-LD @context") }
        try declare(context)
        if StaticString("EPCISDocument").isEqual(to: name) {
            for field: StaticString in ["schemaVersion", "creationDate"] where root.member(field) == nil {
                throw malformed(root, "a \(field)")
            }
            guard let body = root.member("epcisBody") else { throw malformed(root, "an epcisBody") }
            if let event = body.member("event"), event.kind == .object {
                return Frame(kind: .document, events: [event], ignoredFields: ignoredFields(in: root))
            }
            return Frame(kind: .document, events: try list(body), ignoredFields: ignoredFields(in: root))
        }
        if StaticString("EPCISQueryDocument").isEqual(to: name) {
            guard let results = root.member("epcisBody")?.member("queryResults"),
                let body = results.member("resultsBody")
            else { throw malformed(root, "an epcisBody with queryResults and a resultsBody") }
            return Frame(
                kind: .query(
                    name: results.member("queryName")?.utf8 ?? [],
                    subscriptionID: results.member("subscriptionID")?.utf8 ?? []),
                events: try list(body), ignoredFields: ignoredFields(in: results) ?? ignoredFields(in: root))
        }
        guard EPCISEvent.Kind(name: name) != nil else {
            throw .unknownEventType(place(type), name: String(decoding: name, as: UTF8.self))
        }
        return Frame(kind: .singleEvent, events: [root], ignoredFields: nil)
    }

    private func list(_ body: JSONNode) throws(SupplyChainFailure) -> [JSONNode] {
        guard let list = body.member("eventList") else { throw malformed(body, "an eventList") }
        guard list.kind == .array else { throw malformed(list, "a list of events") }
        return Array(list.elements)
    }

    private func text(of name: StaticString) throws(SupplyChainFailure) -> UTF8Text {
        guard let node = root.member(name) else { return [] }
        return try text(node, "text")
    }

    /// The member that names fields to leave out of the hash, in whichever namespace.
    private func ignoredFields(in node: JSONNode) -> JSONNode? {
        for field in node.fields {
            let name = field.nameUTF8
            if name.count >= 12, StaticString("ignoreFields").isEqual(to: name.suffix(12)) { return field.value }
        }
        return nil
    }

    func ignoredFields(_ frame: Frame) throws(SupplyChainFailure) -> [EPCISName] {
        guard let node = frame.ignoredFields else { return [] }
        var names: [EPCISName] = []
        for element in node.kind == .array ? Array(node.elements) : [node] {
            guard let text = element.utf8Slice else { throw malformed(element, "the name of a field") }
            names.append(prefixes.name(text))
        }
        return names
    }

    /// Takes the prefixes of a context: of its maps, in order; contexts by reference say nothing here.
    mutating func declare(_ context: JSONNode) throws(SupplyChainFailure) {
        switch context.kind {
        case .array: for element in context.elements { try declare(element) }
        case .string, .null: break
        case .object:
            for field in context.fields {
                let name = field.nameUTF8
                guard name.first != UInt8(ascii: "@") else { continue }
                if let uri = field.value.utf8 {
                    prefixes.declare(Array(name), uri)
                } else if field.value.member("@prefix")?.bool == true, let uri = field.value.member("@id")?.utf8 {
                    prefixes.declare(Array(name), uri)
                }
            }
        default: throw malformed(context, "a context: a URI, a map of prefixes, or a list of these")
        }
    }

    /// An event, whose own context adds to the document's for itself alone.
    mutating func event(_ node: JSONNode, declaring namespaces: inout [EPCISNamespace]) throws(SupplyChainFailure)
        -> EPCISEvent
    {
        guard node.kind == .object else { throw malformed(node, "an event") }
        if node.index != root.index, let context = node.member("@context") {
            let outer = prefixes
            try declare(context)
            defer { prefixes = outer }
            for namespace in prefixes.declared where !namespaces.contains(namespace) { namespaces.append(namespace) }
            return try event(node)
        }
        return try event(node)
    }

    func place(_ node: JSONNode) -> SourcePlace {
        let position = node.position
        return SourcePlace(
            pointer: JSONPointer(to: node, from: root).description, line: position.line, column: position.column)
    }

    func malformed(_ node: JSONNode, _ wanted: String) -> SupplyChainFailure { .malformed(place(node), wanted: wanted) }

    /// Text that is no CURIE, whatever prefixes are declared: the GS1 context gives it a type of its own, or none.
    func text(_ node: JSONNode, _ wanted: String) throws(SupplyChainFailure) -> UTF8Text {
        guard let text = node.utf8 else { throw malformed(node, wanted) }
        return text
    }

    /// Text with its CURIE expanded.
    func value(_ node: JSONNode, _ wanted: String) throws(SupplyChainFailure) -> UTF8Text {
        guard let text = node.utf8Slice else { throw malformed(node, wanted) }
        return prefixes.value(text)
    }
}

extension JSONPointer {
    /// The way to a value.
    ///
    /// - Complexity: linear in what stands before it; meant for messages.
    init(to node: JSONNode, from root: JSONNode) {
        var tokens: [String] = []
        var current = root
        func holds(_ child: JSONNode) -> Bool {
            child.byteRange.lowerBound <= node.byteRange.lowerBound
                && node.byteRange.upperBound <= child.byteRange.upperBound
        }
        walk: while current.index != node.index {
            switch current.kind {
            case .array:
                for (place, child) in current.elements.enumerated() where holds(child) {
                    tokens.append(String(place))
                    current = child
                    continue walk
                }
            case .object:
                for field in current.fields where holds(field.value) {
                    tokens.append(field.name)
                    current = field.value
                    continue walk
                }
            default: break
            }
            break
        }
        self.init(tokens)
    }
}
