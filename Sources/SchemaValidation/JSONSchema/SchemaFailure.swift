/// Why a schema cannot be used.
package enum SchemaFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// A keyword whose value is not what the specification asks for, at a place in a schema.
    case malformedKeyword(String, at: String)
    /// A reference to what is not among the registered documents; nothing is ever fetched.
    case unresolvedReference(String, at: String)
    /// Two resources or anchors with one name.
    case duplicateIdentifier(String)
    /// `$schema` names a dialect that we do not know, or that requires a vocabulary that we do not know.
    case unknownDialect(String)
    /// A pattern that is not ECMA-262, or too large.
    case malformedPattern(String, reason: String, at: String)
    /// An XML Schema that libxml2 refuses, with its words.
    case malformedXMLSchema([SchemaViolation])
    /// A document of an XML Schema that is not readable XML.
    case unreadableXML(XMLFailure, location: String)

    package var description: String {
        switch self {
        case .malformedKeyword(let keyword, let place): "\(place): \(keyword) has a value that it cannot have"
        case .unresolvedReference(let reference, let place): "\(place): \(reference) is not registered"
        case .duplicateIdentifier(let name): "\(name) is there twice"
        case .unknownDialect(let name): "unknown dialect \(name)"
        case .malformedPattern(let pattern, let reason, let place): "\(place): \(pattern): \(reason)"
        case .malformedXMLSchema(let violations):
            violations.first.map { "line \($0.line): \($0.message)" } ?? "not an XML Schema"
        case .unreadableXML(let failure, let location): "\(location): \(failure)"
        }
    }
}

/// One rule that a document breaks, and where.
package struct SchemaViolation: Hashable, Sendable {
    /// JSON Pointer to the value (RFC 6901); of XML, the path of element names with their places.
    package var instancePointer: String
    /// Where the rule stands: the schema's location, `#`, and a JSON Pointer; of XML, the schema's location or empty.
    package var schemaPointer: String
    /// The schema's keyword; of XML, libxml2's code such as `1840`.
    package var rule: String
    /// What is wrong, in a sentence without the document's values.
    package var message: String
    /// From 1; the column of JSON counts scalars, that of XML bytes; 0 where it is not known.
    package var line: Int
    package var column: Int

    /// A broken rule.
    package init(
        instancePointer: String, schemaPointer: String, rule: String, message: String, line: Int, column: Int
    ) {
        self.instancePointer = instancePointer
        self.schemaPointer = schemaPointer
        self.rule = rule
        self.message = message
        self.line = line
        self.column = column
    }
}
