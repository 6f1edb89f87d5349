package import Codec

/// A compiled JSON Schema (draft 2020-12 or draft-07): made once, used by any number of threads.
package struct JSONSchema: Sendable {
    /// What `format` does.
    package enum FormatPolicy: Sendable {
        /// A value must have the format (JSON Schema 2020-12 Validation §7.2.2).
        case asserted
        /// Formats say something to the reader only, as 2020-12 has it unless the meta-schema asks for more.
        case annotated
    }

    private let program: SchemaProgram

    /// Compiles a schema and all that it refers to.
    /// - Parameters:
    ///   - document: the schema.
    ///   - location: its URI where it has no `$id`.
    ///   - registry: documents to which references may lead; nothing else is ever looked up.
    ///   - formats: whether `format` is checked.
    ///   - defaultDraft7: whether a schema without `$schema` is of draft-07 rather than of 2020-12.
    /// - Throws: why the schema cannot be used.
    package init(
        compiling document: JSONDocument, at location: String = "urn:vivian:schema", registry: SchemaRegistry = .init(),
        formats: FormatPolicy = .asserted, defaultDraft7: Bool = false
    ) throws(SchemaFailure) {
        var registry = registry
        try registry.register(document, at: location, defaultDraft7: defaultDraft7)
        guard let resource = registry.resource(location) else { throw .unresolvedReference(location, at: location) }
        var compiler = SchemaCompiler(registry: registry, assertsFormats: formats == .asserted)
        program = try compiler.compile(resource)
    }

    /// Whether a document satisfies the schema.
    /// - Complexity: one walk; bounded by ``SchemaRun``'s limits, at which the answer is no.
    package func accepts(_ document: JSONDocument) -> Bool {
        var run = SchemaRun(program: program, tape: document.tape)
        return run.check() && !run.isExhausted
    }

    /// The rules that a document breaks, in the order of the text; none for a document that satisfies the schema.
    ///
    /// At most `limit` are told.
    package func validate(_ document: JSONDocument, limit: Int = 32) -> [SchemaViolation] {
        guard !accepts(document) else { return [] }
        var run = SchemaRun(program: program, tape: document.tape)
        run.isCollecting = true
        run.foundCountMax = max(limit, 1)
        _ = run.check()
        if run.found.isEmpty {
            run.found = [
                FoundViolation(
                    index: 0, schema: program.nodes[1].location,
                    message: "the schema cannot be decided within the limits")
            ]
        }
        return violations(run.found, document)
    }

    /// The keyword that a place in a schema belongs to: the last word of its pointer, or for a schema `false` the last
    /// word that is a keyword.
    private func rule(at location: SchemaLocation, _ description: String) -> String {
        let words = description.split(separator: "#").last?.split(separator: "/").map(String.init) ?? []
        guard program.registry.node(location).bool == false else { return words.last ?? "schema" }
        return words.last {
            SchemaDialect.single.contains($0) || SchemaDialect.lists.contains($0) || SchemaDialect.maps.contains($0)
        } ?? "false"
    }

    private func violations(_ found: [FoundViolation], _ document: JSONDocument) -> [SchemaViolation] {
        func offset(_ index: Int) -> Int { JSONNode(tape: document.tape, index: index).byteOffset }
        let sorted = found.enumerated().sorted {
            (offset($0.element.index), $0.offset) < (offset($1.element.index), $1.offset)
        }.map(\.element)
        let places = JSONPath.positions(of: sorted.map { offset($0.index) }, in: document.source)
        return zip(sorted, places).map { violation, place in
            let schema = program.registry.description(of: violation.schema)
            return SchemaViolation(
                instancePointer: JSONPath.pointer(to: violation.index, in: document.tape), schemaPointer: schema,
                rule: rule(at: violation.schema, schema), message: violation.message, line: place.line,
                column: place.column)
        }
    }
}
