package import SchemaValidation

extension EPCISDocument {
    /// Reads an EPCISDocument or EPCISQueryDocument in XML 2.0 or 1.2.
    ///
    /// The two read alike: what 1.2 nests in `extension` and `baseExtension` elements stands beside the rest in 2.0.
    /// - Throws: `malformed` with the elements down to the place, line and column; `unknownEventType`.
    package init(xml tree: XMLTree) throws(SupplyChainFailure) { self = try XMLReader(tree.root).document() }
}

/// Reads the XML bindings (EPCIS 2.0 §9.5, EPCIS 1.2 §9.5).
struct XMLReader {
    private let root: XMLElement

    init(_ root: XMLElement) { self.root = root }

    static let instance = "http://www.w3.org/2001/XMLSchema-instance"
    private static let namespaces: Set<String> = [
        "urn:epcglobal:epcis:xsd:1", "urn:epcglobal:epcis:xsd:2", "urn:epcglobal:epcis-query:xsd:1",
        "urn:epcglobal:epcis-query:xsd:2", "urn:epcglobal:epcis-masterdata:xsd:1",
        "urn:epcglobal:epcis-masterdata:xsd:2",
    ]

    func document() throws(SupplyChainFailure) -> EPCISDocument {
        let names: Set<String> = ["EPCISDocument", "EPCISQueryDocument", "EPCISMasterDataDocument"]
        guard Self.namespaces.contains(root.namespace), names.contains(root.localName) else {
            throw malformed(root, "an EPCISDocument or an EPCISQueryDocument of EPCIS 2.0 or 1.2")
        }
        var document = EPCISDocument(
            schemaVersion: try attribute("schemaVersion"), creationDate: try attribute("creationDate"))
        document.namespaces = declarations()
        if root.localName == "EPCISQueryDocument" {
            document.kind = .query(
                name: first("queryName", in: root).map(text) ?? [],
                subscriptionID: first("subscriptionID", in: root).map(text) ?? [])
        }
        if let list = first("ignoreFields", in: root, anyNamespace: true) {
            document.ignoredFields = list.elements.map { name($0.name) }
        }
        if let list = first("EventList", in: root) {
            for element in flattened(list) { document.events.append(try event(element)) }
        } else if root.localName == "EPCISQueryDocument" {
            throw malformed(root, "an EventList")
        }
        return document
    }

    private func attribute(_ name: String) throws(SupplyChainFailure) -> UTF8Text {
        guard let value = root.attribute(name) else { throw malformed(root, "a \(name)") }
        return Array(value.utf8)
    }

    /// Every prefix that any element declares, in document order.
    private func declarations() -> [EPCISNamespace] {
        var found: [EPCISNamespace] = []
        func visit(_ element: XMLElement) {
            for declaration in element.namespaceDeclarations where !declaration.namespace.isEmpty {
                let namespace = EPCISNamespace(
                    prefix: Array(declaration.prefix.utf8), uri: Array(declaration.namespace.utf8))
                if !found.contains(namespace) { found.append(namespace) }
            }
            for child in element.elements { visit(child) }
        }
        visit(root)
        return found
    }

    /// The first element of a name below one, events aside.
    private func first(_ name: String, in element: XMLElement, anyNamespace: Bool = false) -> XMLElement? {
        for child in element.elements {
            if child.localName == name, child.namespace.isEmpty || anyNamespace { return child }
            if child.localName == "EventList", child.namespace.isEmpty { continue }
            if let found = first(name, in: child, anyNamespace: anyNamespace) { return found }
        }
        return nil
    }

    /// The child elements, and those of `extension` and `baseExtension` in their place.
    func flattened(_ element: XMLElement) -> [XMLElement] {
        var children: [XMLElement] = []
        for child in element.elements {
            if child.namespace.isEmpty, child.localName == "extension" || child.localName == "baseExtension" {
                children += flattened(child)
            } else {
                children.append(child)
            }
        }
        return children
    }

    func name(_ name: XMLName) -> EPCISName {
        EPCISName(namespace: Array(name.namespace.utf8), local: Array(name.localName.utf8))
    }

    /// The element's own text up to its first child element, trimmed, CURIEs of the core vocabulary expanded.
    func text(_ element: XMLElement) -> UTF8Text { Prefixes.valueOfXML(ownText(element)) }

    /// The same with CURIEs as they are.
    func ownText(_ element: XMLElement) -> ArraySlice<UInt8> {
        for child in element.children {
            guard case .text(let run) = child else { break }
            return CanonicalValue.trimmed(Array(run.utf8)[...])
        }
        return []
    }

    func malformed(_ element: XMLElement, _ wanted: String) -> SupplyChainFailure {
        .malformed(place(element), wanted: wanted)
    }

    func place(_ element: XMLElement) -> SourcePlace {
        var pointer = ""
        var current: XMLElement? = element
        while let step = current {
            pointer = "/" + step.localName + pointer
            current = step.parent
        }
        return SourcePlace(pointer: pointer, line: element.line, column: element.column)
    }
}
