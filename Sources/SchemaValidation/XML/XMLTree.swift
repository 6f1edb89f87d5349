/// An XML 1.0 document with namespaces, parsed once by libxml2 under safe settings and held as plain immutable values.
///
/// Refused: DOCTYPE (and with it every entity but the five predefined ones), what is not well-formed with regard to
/// namespaces, other encodings than ``XMLEncoding``'s, and what goes over the limits. Comments and processing
/// instructions are left out; CDATA sections are text.
/// - Complexity: one pass; elements and runs of text in one flat array, names held once.
package struct XMLTree: Sendable {
    let storage: XMLStorage

    /// Parses a whole document.
    package init(parsing bytes: [UInt8], limits: XMLLimits = .standard) throws(XMLFailure) {
        let builder = XMLTreeBuilder(limits: limits)
        // The default of `around` hands the context to nobody.
        unsafe try XMLParser.parse(bytes, limits: limits, into: builder)
        storage = builder.finish()
    }

    init(storage: XMLStorage) { self.storage = storage }

    /// The outermost element.
    package var root: XMLElement { XMLElement(storage: storage, index: 0) }
}

/// The name of an element or attribute; `namespace` is empty for a name in no namespace.
package struct XMLName: Hashable, Sendable, CustomStringConvertible {
    package var namespace: String
    package var localName: String

    package init(namespace: String = "", localName: String) {
        self.namespace = namespace
        self.localName = localName
    }

    /// `{namespace}local`, or `local`.
    package var description: String { namespace.isEmpty ? localName : "{\(namespace)}\(localName)" }
}

/// An attribute; never a namespace declaration.
///
/// Its value is normalised (XML 1.0 §3.3.3).
package struct XMLAttribute: Hashable, Sendable {
    package var name: XMLName
    /// The prefix as written, or empty.
    package var prefix: String
    package var value: String
}

/// `xmlns="..."` (empty prefix) or `xmlns:prefix="..."`.
package struct XMLNamespaceDeclaration: Hashable, Sendable {
    package var prefix: String
    /// Empty where the default namespace is undone.
    package var namespace: String
}

/// A child of an element.
package enum XMLNode: Sendable {
    case element(XMLElement)
    case text(String)
}

/// The parsed document; immutable.
final class XMLStorage: Sendable {
    let entries: [XMLEntry]
    let names: [XMLEntryName]
    let attributes: [XMLAttribute]
    let declarations: [XMLNamespaceDeclaration]
    let texts: [String]

    init(
        entries: [XMLEntry], names: [XMLEntryName], attributes: [XMLAttribute], declarations: [XMLNamespaceDeclaration],
        texts: [String]
    ) {
        self.entries = entries
        self.names = names
        self.attributes = attributes
        self.declarations = declarations
        self.texts = texts
    }
}

/// An element's name with the prefix under which it was written.
struct XMLEntryName: Sendable {
    var name: XMLName
    var prefix: String
}

/// One element or run of text, in document order.
struct XMLEntry: Sendable {
    var isElement: Bool
    /// Index into the names, or into the texts.
    var content: Int32
    /// Index of the element around it; -1 for the root.
    var parent: Int32
    /// Index after this node's subtree.
    var next: Int32
    var firstAttribute: Int32 = 0
    var attributeCount: Int32 = 0
    var firstDeclaration: Int32 = 0
    var declarationCount: Int32 = 0
    /// Where `<` stands, both from 1; 0 for text.
    var line: Int32 = 0
    var column: Int32 = 0
}
