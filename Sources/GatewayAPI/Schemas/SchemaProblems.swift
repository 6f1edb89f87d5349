import HTTPTypes
import Records
import SchemaValidation

extension Problem {
    /// What a refusal of the schema registry is told as.
    static func schema(_ refusal: SchemaRefusal) -> Problem {
        switch refusal {
        case .unknown(let id):
            Problem(
                "unknown-schema", .notFound, title: "There is no such schema",
                detail: "\(id) is none of this tenant's schemas. GET /schemas lists them.")
        case .reserved(let id):
            Problem(
                "reserved-schema", .conflict, title: "The id belongs to the bundled schemas",
                detail: "\(id) cannot be registered: ids that begin with vivian- are the program's own. Choose another."
            )
        case .unusable(let violations):
            Problem(
                "unusable-schema", .unprocessableContent, title: "The schema cannot be used",
                detail: "\(violations.first?.message ?? "It does not compile"). Nothing was registered.",
                violations: violations)
        case .tooLarge(let max): .tooLarge(max)
        case .incompatible(let rule, let version, let violations):
            Problem(
                "incompatible-schema", .conflict, title: "The schema may not follow the newest version",
                detail: "By the rule \(rule.rawValue) it does not fit version \(version): "
                    + "\(violations.count) finding(s). "
                    + "Nothing was registered; mend it, choose another compatibility, or register a new id.",
                violations: violations)
        case .otherKind(let id, let isForJSON):
            Problem(
                "other-schema-kind", .unprocessableContent, title: "The schema is for documents of another kind",
                detail: "\(id) is for \(isForJSON ? "JSON" : "XML"). Send that, or name another schema.")
        case .notForDocuments(let id):
            Problem(
                "no-document-schema", .unprocessableContent, title: "The schema is not for documents as a whole",
                detail: "\(id) describes an interface; refer to one of its types in a schema of your own.")
        case .tooMany:
            Problem(
                "too-many-schemas", .conflict, title: "No further schema",
                detail: "A tenant holds at most 1,000 versions of schemas and 64 MiB of them.")
        case .changedMeanwhile:
            Problem(
                "schema-changed", .conflict, title: "Another version was registered meanwhile",
                detail: "Nothing was registered. Look at the newest version and try again.")
        case .ledgerAhead(let id, let version):
            Problem(
                "ledger-ahead", .conflict, title: "The ledger knows versions that the gateway does not",
                detail: "Version \(version) of \(id) is on the ledger. gateway/ was restored from an older state: "
                    + "restore the newest, or register under a new id.")
        }
    }
}
