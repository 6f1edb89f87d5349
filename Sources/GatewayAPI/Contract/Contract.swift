import Codec
import SchemaValidation

/// The OpenAPI document as that which requests are held against.
///
/// Parameters are checked by the schemas that the document publishes, before a route sees the request: what the
/// document promises to refuse is refused, and nobody writes the same rule twice.
struct Contract: Sendable {
    struct Parameter: Sendable {
        enum Place: String, Sendable { case path, query, header }
        /// How the text of a parameter becomes a JSON value (OpenAPI 3.1 §4.8.12.3: style simple or form).
        enum Kind: Sendable { case string, number, boolean }

        var name: String
        var place: Place
        var isRequired: Bool
        /// What it means, for people.
        var description: String
        var kind: Kind
        var schema: JSONSchema
    }

    struct Operation: Sendable {
        var parameters: [Parameter] = []
        /// Media types of the body that it takes; none where it takes no body.
        var requestTypes: [String] = []
        /// By media type, where the document says more of a body than that it is there.
        var bodySchemas: [String: JSONSchema] = [:]
        /// Media types of its answers, problems aside.
        var answerTypes: [String] = []
    }

    private var operations: [String: Operation] = [:]

    /// - Throws: ``ContractFailure``
    init(_ bytes: [UInt8]) throws(ContractFailure) {
        let document: JSONDocument
        do throws(JSONFailure) { document = try JSONDocument(parsing: bytes) } catch {
            throw ContractFailure("the OpenAPI document is no JSON: \(error)")
        }
        var reader = ContractReader(document)
        for path in document.root["paths"]?.fields.map({ $0 }) ?? [] {
            for method in path.value.fields where method.name != "parameters" {
                operations["\(method.name) \(path.name)"] = try reader.operation(
                    method.value, at: ["paths", path.name, method.name])
            }
        }
    }

    /// An operation by its method in lower case and its path template.
    subscript(method: String, template: String) -> Operation? { operations["\(method) \(template)"] }
}

/// Why the OpenAPI document cannot be used: our own bug.
struct ContractFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Reads operations; every schema is compiled where it stands in the document.
private struct ContractReader {
    private static let location = "urn:vivian:openapi"
    private let root: JSONNode
    private var registry = SchemaRegistry()
    private var failure: ContractFailure?

    init(_ document: JSONDocument) {
        root = document.root
        do throws(SchemaFailure) { try registry.register(document, at: Self.location) } catch {
            failure = ContractFailure("\(error)")
        }
    }

    mutating func operation(_ node: JSONNode, at path: [String]) throws(ContractFailure) -> Contract.Operation {
        if let failure { throw failure }
        var operation = Contract.Operation()
        if let parameters = node["parameters"] {
            for (index, item) in parameters.elements.enumerated() {
                operation.parameters.append(try parameter(item, at: path + ["parameters", String(index)]))
            }
        }
        if let content = node["requestBody"]?["content"] {
            for type in content.fields {
                operation.requestTypes.append(type.name)
                // A schema without a name says no more than that some route knows the document better.
                guard type.value["schema"]?["$ref"] != nil, type.name.hasSuffix("json") else { continue }
                operation.bodySchemas[type.name] = try schema(
                    at: path + ["requestBody", "content", type.name, "schema"])
            }
        }
        for answer in node["responses"]?.fields.map({ $0 }) ?? [] where answer.name != "default" {
            for type in answer.value["content"]?.fields.map({ $0 }) ?? [] {
                operation.answerTypes.append(type.name)
            }
        }
        return operation
    }

    private func parameter(_ node: JSONNode, at path: [String]) throws(ContractFailure) -> Contract.Parameter {
        guard let name = node["name"]?.string, let place = node["in"]?.string.flatMap(Contract.Parameter.Place.init),
            let type = node["schema"]?["type"]?.string
        else { throw ContractFailure("a parameter without name, place or type at \(path)") }
        let kind: Contract.Parameter.Kind =
            switch type {
            case "integer", "number": .number
            case "boolean": .boolean
            default: .string
            }
        return Contract.Parameter(
            name: name, place: place, isRequired: node["required"]?.bool ?? false,
            description: node["description"]?.string ?? "", kind: kind,
            schema: try schema(at: path + ["schema"]))
    }

    private func schema(at path: [String]) throws(ContractFailure) -> JSONSchema {
        let pointer = JSONPointer(path).description
        let reference: JSON = ["$ref": .string(Self.location + "#" + Self.escaped(pointer))]
        do {
            return try JSONSchema(
                compiling: JSONDocument(parsing: reference.serialized()), at: "\(Self.location):\(pointer)",
                registry: registry)
        } catch {
            throw ContractFailure("\(pointer): \(error)")
        }
    }

    /// A pointer as a URI fragment: braces of templates are escaped.
    private static func escaped(_ pointer: String) -> String {
        pointer.replacing("{", with: "%7B").replacing("}", with: "%7D")
    }
}
