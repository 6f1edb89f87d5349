package import Codec

/// A compiled JSON Schema (draft 2020-12 or draft-07): made once, used by any number of threads.
package struct JSONSchema: Sendable {
    let program: SchemaProgram

    /// Compiles a schema and all that it refers to.
    /// - Parameters:
    ///   - document: the schema.
    ///   - location: its URI where it has no `$id`.
    ///   - registry: documents to which references may lead; nothing else is ever looked up.
    ///   - options: what the specification leaves open.
    /// - Throws: why the schema cannot be used.
    package init(
        compiling document: JSONDocument, at location: String = "urn:vivian:schema", registry: SchemaRegistry = .init(),
        options: SchemaOptions = SchemaOptions()
    ) throws(SchemaFailure) {
        var registry = registry
        try registry.register(document, at: location, defaultDraft7: options.defaultDraft7)
        guard let resource = registry.resource(location) else { throw .unresolvedReference(location, at: location) }
        var compiler = SchemaCompiler(registry: registry, options: options)
        program = try compiler.compile(resource)
    }

    /// Whether a document satisfies the schema.
    /// - Complexity: one walk; bounded by ``SchemaRun``'s limits, at which the answer is no.
    package func accepts(_ document: JSONDocument) -> Bool {
        let (entries, source) = (document.tape.entries, document.tape.source)
        var run = SchemaRun(
            program: program, tables: program.short, tape: document.tape, entries: entries.span, source: source.span)
        return run.check()
    }

    /// The rules that a document breaks, in the order of the text; none for a document that satisfies the schema.
    ///
    /// At most `limit` are told.
    package func validate(_ document: JSONDocument, limit: Int = 32) -> [SchemaViolation] {
        accepts(document) ? [] : report(document, limit: limit)
    }

    /// The rules that a document breaks by the schema as it is written, which decides it a second time.
    func report(_ document: JSONDocument, limit: Int = 32) -> [SchemaViolation] {
        let (entries, source) = (document.tape.entries, document.tape.source)
        var run = SchemaRun(
            program: program, tables: program.written, tape: document.tape, entries: entries.span, source: source.span)
        run.isCollecting = true
        run.foundCountMax = max(limit, 1)
        return run.check() ? [] : violations(run.found.isEmpty ? [undecided] : run.found, document)
    }

    private var undecided: FoundViolation {
        FoundViolation(index: 0, schema: program.written.nodes[1].location, cause: .limits)
    }

    /// A run that keeps its way.
    func trace(
        _ document: JSONDocument, limit: Int
    ) -> (isValid: Bool, found: [FoundViolation], learned: [SchemaTrace.Learned], isTruncated: Bool) {
        let (entries, source) = (document.tape.entries, document.tape.source)
        var run = SchemaRun(
            program: program, tables: program.written, tape: document.tape, entries: entries.span, source: source.span)
        run.isCollecting = true
        // One more than is told, to know whether there was more.
        run.foundCountMax = limit + 1
        run.trace = SchemaTrace()
        let isValid = run.check()
        let found = !isValid && run.found.isEmpty ? [undecided] : run.found
        return (
            isValid, found, run.trace?.learned ?? [], found.count > limit || run.trace?.isTruncated == true
        )
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
                rule: rule(at: violation.schema, schema), message: SchemaMessage.text(violation, program),
                line: place.line, column: place.column)
        }
    }
}
