/// The prefixes that names and values of a JSON-LD document may begin with.
///
/// Declared prefixes come from the document's context and from the event's own; those of the GS1 context are pinned and
/// yield to declared ones. Contexts by reference are opaque: nothing is fetched.
struct Prefixes: Sendable {
    private(set) var declared: [EPCISNamespace] = []

    /// Prefixes of the GS1 context, for names.
    ///
    /// `cbvmda` is the namespace that XML uses, without the colon at its end.
    static let pinned: [EPCISNamespace] = [
        ("cbvmda", "urn:epcglobal:cbv:mda"), ("gs1", "https://gs1.org/voc/"), ("cbv", "https://ref.gs1.org/cbv/"),
        ("epcis", "https://ref.gs1.org/epcis/"), ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
        ("owl", "http://www.w3.org/2002/07/owl#"), ("xsd", "http://www.w3.org/2001/XMLSchema#"),
        ("dcterms", "http://purl.org/dc/terms/"),
    ].map { EPCISNamespace(prefix: Array($0.0.utf8), uri: Array($0.1.utf8)) }

    /// Prefixes of the GS1 context whose CURIEs are values of the core vocabulary.
    private static let pinnedOfValues: [(start: StaticString, uri: StaticString)] = [
        ("gs1:", "https://gs1.org/voc/"), ("cbv:", "https://ref.gs1.org/cbv/"),
    ]

    /// Words that the GS1 context protects, with what they stand for there where they are prefixes: a document that
    /// declares them otherwise is refused by JSON-LD processors.
    static let reserved: [UTF8Text: UTF8Text] = {
        var reserved: [UTF8Text: UTF8Text] = [:]
        for namespace in pinned { reserved[namespace.prefix] = namespace.uri }
        reserved[Array("cbvmda".utf8)] = Array("urn:epcglobal:cbv:mda:".utf8)
        let words = EventField.allCases.map(\.name) + EPCISEvent.Kind.allCases.map(\.name)
        for word in words.map(\.bytes) + otherWords.split(separator: " ").map({ Array($0.utf8) }) {
            reserved[word] = []
        }
        return reserved
    }()

    private static let otherWords = """
        id baseURL Collection member quantity epcClass uom creationDate sender receiver instanceIdentifier schemaVersion \
        EPCISDocument EPCISQueryDocument epcisHeader masterData vocabularyList epcisBody queryResults subscriptionID \
        queryName resultsBody eventList children
        """

    /// Adds a prefix; a later declaration takes the place of an earlier one.
    mutating func declare(_ prefix: UTF8Text, _ uri: UTF8Text) {
        if let index = declared.firstIndex(where: { $0.prefix == prefix }) {
            declared[index].uri = uri
        } else {
            declared.append(EPCISNamespace(prefix: prefix, uri: uri))
        }
    }

    /// The name that a member's name stands for.
    ///
    /// A prefix that nobody declares stays part of the local name.
    func name(_ text: ArraySlice<UInt8>) -> EPCISName {
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { return EPCISName(local: Array(text)) }
        let prefix = text[..<colon]
        for namespace in declared where prefix.elementsEqual(namespace.prefix) {
            return EPCISName(namespace: namespace.uri, local: Array(text[(colon + 1)...]))
        }
        for namespace in Self.pinned where prefix.elementsEqual(namespace.prefix) {
            return EPCISName(namespace: namespace.uri, local: Array(text[(colon + 1)...]))
        }
        return EPCISName(local: Array(text))
    }

    /// A value with its CURIE expanded, which white space may stand before, as in XML.
    func value(_ text: ArraySlice<UInt8>) -> UTF8Text {
        let trimmed = CanonicalValue.trimmed(text)
        if !declared.isEmpty, let expanded = Self.expanded(trimmed, declared) { return expanded }
        return Self.expanded(trimmed) ?? Array(text)
    }

    /// The same for XML, where only the two prefixes of the core vocabulary are expanded.
    static func valueOfXML(_ text: ArraySlice<UInt8>) -> UTF8Text {
        expanded(CanonicalValue.trimmed(text)) ?? Array(text)
    }

    private static func expanded(_ text: ArraySlice<UInt8>) -> UTF8Text? {
        for pinned in pinnedOfValues {
            if let rest = text.dropping(pinned.start) { return pinned.uri.bytes + rest }
        }
        return nil
    }

    private static func expanded(_ text: ArraySlice<UInt8>, _ namespaces: [EPCISNamespace]) -> UTF8Text? {
        for namespace in namespaces {
            let length = namespace.prefix.count
            guard text.count > length, text[text.startIndex + length] == UInt8(ascii: ":"),
                text.starts(with: namespace.prefix)
            else { continue }
            return namespace.uri + text[(text.startIndex + length + 1)...]
        }
        return nil
    }
}
