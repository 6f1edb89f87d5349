import SchemaValidation

/// The gateway's contract, built in from `schemas/openapi/gateway.json`.
package enum OpenAPIDocument {
    /// The document as it stands in the file.
    package static let bytes: [UInt8] = BuiltInSchemas.bytes("openapi/gateway.json") ?? []
}
