extension EPCISDocument {
    /// The document in XML 2.0 or 1.2, as UTF-8.
    ///
    /// | | 2.0 | 1.2 |
    /// |---|---|---|
    /// | core vocabulary | Web URIs | URNs where there are any |
    /// | fields of 1.2's `extension` and `baseExtension` | beside the others | in them |
    /// | fields and event types of 2.0 | beside the others | in `extension` elements within these, where 1.2 allows anything |
    ///
    /// A single event is written as a document with one event. Both XSDs take what is written, wherever the events are
    /// ones that the JSON Schema takes; sensor readings that nest extensions are read, but not known to the XSD.
    /// - Throws: `notExpressible` for names and characters that XML has not, and for fields that the event's type has not.
    package func xml(_ binding: EPCISBinding) throws(SupplyChainFailure) -> [UInt8] {
        precondition(binding != .jsonLD, "JSON-LD is no XML binding")
        var writer = XMLWriter(document: self, binding: binding)
        return try writer.document(self)
    }
}

/// Writes the XML bindings (EPCIS 2.0 §9.5, EPCIS 1.2 §9.5).
struct XMLWriter {
    let binding: EPCISBinding
    let prefixes: PrefixChoice
    private(set) var output = XMLOutput()
    /// Which event is being written; for failures.
    private(set) var eventIndex = 0

    /// Prefixes that no name has but the value of an `xsi:type`, which a schema validator resolves.
    private let typePrefixes: [EPCISNamespace]

    private static let ownNamespace = EPCISNamespace(
        prefix: Array("vivian".utf8), uri: Array("urn:vivian:epcis:".utf8))
    private static let ignoreFields = EPCISName(namespace: ownNamespace.uri, local: Array("ignoreFields".utf8))
    private static let xmlNamespace = Array("http://www.w3.org/XML/1998/namespace".utf8)

    init(document: EPCISDocument, binding: EPCISBinding) {
        self.binding = binding
        var events = document.events
        if !document.ignoredFields.isEmpty, !events.isEmpty {
            // Names that are to be left out want prefixes as well.
            events[0].extensions += document.ignoredFields.map { ExtensionNode(name: $0) }
            events[0].extensions.append(ExtensionNode(name: Self.ignoreFields))
        }
        let own = Self.names.map { Array($0.utf8) }
        prefixes = PrefixChoice(
            for: events, preferring: document.namespaces + [Self.ownNamespace],
            reserved: Dictionary(uniqueKeysWithValues: own.map { ($0, []) }), expandsValues: false)
        let taken = own + prefixes.chosen.map(\.prefix)
        typePrefixes = Self.typePrefixes(of: events).compactMap { prefix in
            guard PrefixChoice.isName(prefix), !taken.contains(prefix) else { return nil }
            return document.namespaces.first { $0.prefix == prefix && !$0.uri.isEmpty }
        }
    }

    /// The prefixes of `xsi:type` values, each once.
    private static func typePrefixes(of events: [EPCISEvent]) -> [UTF8Text] {
        let type = EPCISName(namespace: Array(XMLReader.instance.utf8), local: Array("type".utf8))
        var prefixes: [UTF8Text] = []
        func visit(_ nodes: [ExtensionNode]) {
            for node in nodes {
                if node.name == type, let colon = node.text.firstIndex(of: UInt8(ascii: ":")) {
                    let prefix = Array(node.text[..<colon])
                    if !prefixes.contains(prefix) { prefixes.append(prefix) }
                }
                visit(node.children)
            }
        }
        for event in events { event.forEachExtensionList(visit) }
        return prefixes
    }

    /// Prefixes that are the document's own, and those that XML keeps for itself.
    private static let names = ["epcis", "epcisq", "xml", "xmlns"]

    private var version: String { binding == .xml12 ? "1" : "2" }

    mutating func document(_ document: EPCISDocument) throws(SupplyChainFailure) -> [UInt8] {
        output.append(#"<?xml version="1.0" encoding="UTF-8"?>"#)
        output.append("\n")
        var isQuery = false
        if case .query = document.kind { isQuery = true }
        let root = isQuery ? "epcisq:EPCISQueryDocument" : "epcis:EPCISDocument"
        let namespace = isQuery ? "urn:epcglobal:epcis-query:xsd:\(version)" : "urn:epcglobal:epcis:xsd:\(version)"
        output.append("<\(root) xmlns:\(isQuery ? "epcisq" : "epcis")=\"\(namespace)\"")
        for chosen in prefixes.chosen + typePrefixes where chosen.uri != Self.xmlNamespace {
            try attribute("xmlns:" + String(decoding: chosen.prefix, as: UTF8.self), chosen.uri)
        }
        let schemaVersion = binding == .xml12 ? "1.2" : "2.0"
        try attribute("schemaVersion", Array(schemaVersion.utf8))
        try attribute("creationDate", document.creationDate.isEmpty ? fallbackDate(document) : document.creationDate)
        output.append(">")
        // The XSD leaves room for other namespaces at the end of a document, which is where the reader looks first.
        output.append("<EPCISBody>")
        if case .query(let name, let subscriptionID) = document.kind {
            output.append("<epcisq:QueryResults>")
            try element("queryName", name)
            if !subscriptionID.isEmpty { try element("subscriptionID", subscriptionID) }
            output.append("<resultsBody>")
        }
        output.append("<EventList>")
        for (index, event) in document.events.enumerated() {
            eventIndex = index
            try self.event(event)
        }
        output.append("</EventList>")
        if isQuery { output.append("</resultsBody></epcisq:QueryResults>") }
        output.append("</EPCISBody>")
        if !document.ignoredFields.isEmpty, !document.events.isEmpty {
            let name = try qualified(Self.ignoreFields)
            output.append("<\(name)>")
            for field in document.ignoredFields { output.append("<\(try qualified(field))/>") }
            output.append("</\(name)>")
        }
        output.append("</\(root)>\n")
        return output.bytes
    }

    /// A single event has no date of its own; its time stands for it.
    private func fallbackDate(_ document: EPCISDocument) -> UTF8Text { document.events.first?.eventTime ?? [] }

    /// A name as it is written; refused where XML has no such name.
    func qualified(_ name: EPCISName) throws(SupplyChainFailure) -> String {
        guard PrefixChoice.isXMLName(name.local) else {
            throw inexpressible("the name \(String(decoding: name.local, as: UTF8.self))")
        }
        let local = String(decoding: name.local, as: UTF8.self)
        if name.namespace.isEmpty { return local }
        if name.namespace == Self.xmlNamespace { return "xml:" + local }
        return String(decoding: prefixes.prefix(of: name.namespace), as: UTF8.self) + ":" + local
    }

    func inexpressible(_ what: String) -> SupplyChainFailure {
        .notExpressible(binding, event: eventIndex, what: what)
    }

    mutating func open(_ name: StaticString) { output.append("<\(name)>") }

    mutating func close(_ name: StaticString) { output.append("</\(name)>") }

    mutating func append(_ text: String) { output.append(text) }

    mutating func element(_ name: StaticString, _ text: UTF8Text) throws(SupplyChainFailure) {
        open(name)
        try self.text(text)
        close(name)
    }

    mutating func attribute(_ name: String, _ value: UTF8Text) throws(SupplyChainFailure) {
        output.append(" \(name)=\"")
        guard output.append(value, isAttribute: true) else { throw inexpressible("a control character") }
        output.append("\"")
    }

    mutating func text(_ text: UTF8Text) throws(SupplyChainFailure) {
        guard output.append(text, isAttribute: false) else { throw inexpressible("a control character") }
    }
}

/// XML text while it is being written.
struct XMLOutput {
    private(set) var bytes: UTF8Text = []

    mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Appends text, escaped so that reading gives it back; false for what XML 1.0 has no way to hold.
    mutating func append(_ text: UTF8Text, isAttribute: Bool) -> Bool {
        for (index, byte) in text.enumerated() {
            switch byte {
            case UInt8(ascii: "&"): append("&amp;")
            case UInt8(ascii: "<"): append("&lt;")
            case UInt8(ascii: ">"): append("&gt;")
            case UInt8(ascii: "\""): append(isAttribute ? "&quot;" : "\"")
            case 0x0d: append("&#13;")
            case 0x09, 0x0a: append(isAttribute ? "&#\(byte);" : String(Unicode.Scalar(byte)))
            case 0x00..<0x20: return false
            // U+FFFE and U+FFFF are no characters of XML.
            case 0xef where index + 2 < text.count && text[index + 1] == 0xbf && text[index + 2] >= 0xbe: return false
            default: bytes.append(byte)
            }
        }
        return true
    }
}
