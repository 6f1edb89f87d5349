import Codec
import HTTPTypes
import SchemaValidation

extension Contract.Operation {
    /// Refuses parameters that the document does not allow: missing, malformed, unknown or given twice.
    ///
    /// All are decoded; those of the query stand in the order of the text.
    func checkParameters(
        path: [String: String], query: [(name: String, value: String)], headers: HTTPFields
    ) throws(Problem) {
        var violations: [SchemaViolation] = []
        var seen: Set<String> = []
        for (name, _) in query {
            if !seen.insert(name).inserted {
                violations.append(Self.violation(name, .query, "duplicate", "is given twice"))
            } else if !parameters.contains(where: { $0.place == .query && $0.name == name }) {
                violations.append(Self.violation(name, .query, "unknown", "is no parameter of this route"))
            }
        }
        for parameter in parameters {
            let value: String? =
                switch parameter.place {
                case .path: path[parameter.name]
                case .query: query.first { $0.name == parameter.name }?.value
                case .header: HTTPField.Name(parameter.name).flatMap { headers[$0] }
                }
            guard let value else {
                if parameter.isRequired {
                    violations.append(Self.violation(parameter.name, parameter.place, "required", "is missing"))
                }
                continue
            }
            violations += parameter.violations(value)
        }
        guard let first = violations.first else { return }
        throw Problem(
            "bad-parameter", .badRequest, title: "A parameter is malformed",
            detail: "\(first.instancePointer.dropFirst()): \(first.message). \(help(for: first))",
            violations: violations)
    }

    /// What the document says of the parameter at fault, or which ones there are.
    private func help(for violation: SchemaViolation) -> String {
        let known = parameters.first { "/\($0.place.rawValue)/\($0.name)" == violation.instancePointer }
        if let known { return known.description }
        let names = parameters.filter { $0.place == .query }.map(\.name)
        return names.isEmpty ? "It takes none." : "It takes \(names.joined(separator: ", "))."
    }

    /// Refuses a body of a media type that the operation does not take.
    /// - Returns: the type without its parameters.
    func checkMediaType(_ field: String?) throws(Problem) -> String {
        let type = (field ?? "").prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
        guard requestTypes.contains(type) else {
            throw Problem(
                "unsupported-media-type", .unsupportedMediaType, title: "The media type is not taken here",
                detail:
                    "\(type.isEmpty ? "No media type" : type) was sent; send \(requestTypes.joined(separator: ", ")).",
                headers: [.accept: requestTypes.joined(separator: ", ")])
        }
        return type
    }

    /// Refuses a JSON body that breaks its published schema.
    func checkBody(_ body: [UInt8], type: String) throws(Problem) {
        guard let schema = bodySchemas[type] else { return }
        let document: JSONDocument
        do throws(JSONFailure) { document = try JSONDocument(parsing: body) } catch {
            let place = error.position
            throw Problem(
                "unreadable-document", .badRequest, title: "The document cannot be read",
                detail: "\(error). Nothing was stored.",
                violations: [
                    SchemaViolation(
                        instancePointer: "", schemaPointer: "", rule: "json", message: error.text,
                        line: place?.line ?? 0, column: place?.column ?? 0)
                ])
        }
        let violations = schema.validate(document)
        guard !violations.isEmpty else { return }
        throw Problem(
            "invalid-document", .unprocessableContent, title: "The document breaks its schema",
            detail: "\(violations.count) violation(s). Nothing was stored.", violations: violations)
    }

    fileprivate static func violation(
        _ name: String, _ place: Contract.Parameter.Place, _ rule: String, _ message: String
    ) -> SchemaViolation {
        SchemaViolation(
            instancePointer: "/\(place.rawValue)/\(name)", schemaPointer: "", rule: rule, message: message, line: 0,
            column: 0)
    }
}

extension Contract.Parameter {
    /// What the parameter's schema says of a value.
    fileprivate func violations(_ text: String) -> [SchemaViolation] {
        guard let document = try? JSONDocument(parsing: json(text)) else {
            return [Contract.Operation.violation(name, place, "encoding", "is no UTF-8 text")]
        }
        return schema.validate(document, limit: 4).map { found in
            var violation = found
            violation.instancePointer = "/\(place.rawValue)/\(name)"
            violation.line = 0
            violation.column = 0
            return violation
        }
    }

    /// The text as a JSON value of the kind that the schema asks for, where it is one.
    private func json(_ text: String) -> [UInt8] {
        switch kind {
        case .boolean where text == "true" || text == "false": Array(text.utf8)
        case .number where (try? JSONDocument(parsing: Array(text.utf8)))?.root.kind == .number: Array(text.utf8)
        default: JSON.string(text).serialized()
        }
    }
}
