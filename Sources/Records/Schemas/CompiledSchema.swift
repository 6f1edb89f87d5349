import Codec
import SchemaValidation

/// A schema that is ready to check documents.
enum CompiledSchema: Sendable {
    case json(JSONSchema)
    case xml(XMLSchema)
}

/// A schema that captures are held to besides the bundled one.
package struct AppliedSchema: Sendable {
    let id: String
    /// Row of the registered version; 0 for a bundled schema.
    let row: Int64
    let compiled: CompiledSchema

    /// Refuses a JSON document that breaks the schema.
    func check(_ document: JSONDocument) throws(RecordsFailure) {
        guard case .json(let schema) = compiled else { throw .schema(.otherKind(id: id, isForJSON: false)) }
        let violations = schema.validate(document)
        guard violations.isEmpty else { throw .invalid(violations) }
    }

    /// Refuses an XML document that breaks the schema.
    func check(xml bytes: [UInt8]) throws(RecordsFailure) {
        guard case .xml(let schema) = compiled else { throw .schema(.otherKind(id: id, isForJSON: true)) }
        let violations = try schema.violations(of: bytes)
        guard violations.isEmpty else { throw .invalid(violations) }
    }
}

extension XMLSchema {
    /// What a document breaks; one that takes too long breaks the rule `limits`.
    func violations(of bytes: [UInt8]) throws(RecordsFailure) -> [SchemaViolation] {
        let budget = ValidationBudget()
        do throws(XMLFailure) { return try validate(bytes, mayGoOn: budget.mayGoOn) } catch {
            guard error.reason == .undecided else { throw .unreadable(SchemaViolation(error)) }
            var violation = SchemaViolation(error)
            violation.rule = "limits"
            return [violation]
        }
    }
}

extension SchemaViolation {
    /// A document that is not XML.
    init(_ failure: XMLFailure) {
        self.init(
            instancePointer: "", schemaPointer: "", rule: "xml", message: failure.text, line: max(1, failure.line),
            column: max(1, failure.column))
    }
}
