/// Which prefix a written document has for each namespace.
///
/// The captured document's own prefixes stay where they can: a prefix must be a name, must stand for one namespace, must
/// not be a word that the GS1 context protects for something else, and in JSON-LD no value may read as a CURIE of it.
struct PrefixChoice: Sendable {
    /// In the order of first use.
    private(set) var chosen: [EPCISNamespace] = []

    init(
        for events: [EPCISEvent], preferring preferred: [EPCISNamespace], reserved: [UTF8Text: UTF8Text],
        expandsValues: Bool
    ) {
        var uris: [UTF8Text] = []
        func visit(_ nodes: [ExtensionNode]) {
            for node in nodes {
                if !node.name.namespace.isEmpty, !uris.contains(node.name.namespace) {
                    uris.append(node.name.namespace)
                }
                visit(node.children)
            }
        }
        for event in events { event.forEachExtensionList(visit) }
        guard !uris.isEmpty else { return }
        let schemes = expandsValues ? Self.schemes(of: events) : []
        for uri in uris {
            let wanted = preferred.filter { $0.uri == uri && Self.isName($0.prefix) }.map(\.prefix)
            let isFree: (UTF8Text) -> Bool = { [chosen] prefix in
                (reserved[prefix].map { $0 == uri } ?? true) && !schemes.contains(prefix)
                    && !chosen.contains { $0.prefix == prefix }
            }
            if let prefix = wanted.first(where: isFree) {
                chosen.append(EPCISNamespace(prefix: prefix, uri: uri))
                continue
            }
            let stem = wanted.first ?? Array("ns".utf8)
            let numbered = (1...).lazy.map { stem + Array(String($0).utf8) }
            if let prefix = numbered.first(where: isFree) { chosen.append(EPCISNamespace(prefix: prefix, uri: uri)) }
        }
    }

    /// The prefix of a namespace.
    func prefix(of uri: UTF8Text) -> UTF8Text { chosen.first { $0.uri == uri }?.prefix ?? [] }

    /// What values have before their first colon, white space aside.
    private static func schemes(of events: [EPCISEvent]) -> Set<UTF8Text> {
        var schemes: Set<UTF8Text> = []
        for event in events {
            event.forEachValue { value in
                let value = CanonicalValue.trimmed(value[...])
                if let colon = value.firstIndex(of: UInt8(ascii: ":")), value[..<colon].count <= 64 {
                    schemes.insert(Array(value[..<colon]))
                }
            }
        }
        return schemes
    }

    /// Whether this is a name without colon that XML and JSON-LD take: ASCII letters, digits, `-`, `_`, `.`.
    static func isName(_ text: UTF8Text) -> Bool {
        guard let first = text.first, first.isASCIILetter || first == UInt8(ascii: "_") else { return false }
        return text.allSatisfy {
            $0.isASCIILetter || $0.isDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                || $0 == UInt8(ascii: ".")
        }
    }

    /// Whether XML takes this as a name without colon; of letters beyond ASCII, all that are not spaces or signs.
    static func isXMLName(_ text: UTF8Text) -> Bool {
        let scalars = String(decoding: text, as: UTF8.self).unicodeScalars
        guard let first = scalars.first else { return false }
        func isLetter(_ scalar: Unicode.Scalar) -> Bool {
            scalar.isASCII
                ? scalar == "_" || UInt8(ascii: scalar).isASCIILetter
                : scalar.properties.isAlphabetic && scalar.value < 0xd800
        }
        return isLetter(first)
            && scalars.allSatisfy { isLetter($0) || $0 == "-" || $0 == "." || ("0"..."9").contains($0) }
    }
}
