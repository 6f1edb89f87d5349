package import Codec

/// The standard output of a validation (JSON Schema 2020-12 §12).
package struct SchemaOutput: Hashable, Sendable {
    /// How much is told (§12.4).
    package enum Format: Hashable, Sendable {
        /// Valid or not; no more is computed (§12.4.1).
        case flag
        /// A flat list: of the errors, or of the annotations of a valid document (§12.4.2).
        case basic
    }

    /// One error or annotation (§12.3).
    package struct Unit: Hashable, Sendable {
        /// The keyword's place by the way that was taken, through `$ref` (§12.3.1).
        package var keywordLocation: String
        /// The keyword's own place: the URI of its schema resource and a JSON Pointer (§12.3.2).
        package var absoluteKeywordLocation: String
        /// JSON Pointer to the value (§12.3.3).
        package var instanceLocation: String
        /// What is wrong; nil in an annotation.
        package var error: String?
        /// The annotation's value; nil in an error.
        package var annotation: JSON?
    }

    /// Whether the document satisfies the schema.
    package var isValid: Bool
    /// Empty in the format `flag`.
    package var units: [Unit]
    /// Whether there was more to tell than the limits let through.
    package var isTruncated: Bool
    package var format: Format

    /// The output as the specification writes it.
    package var json: JSON {
        var members = [JSON.Member("valid", .boolean(isValid))]
        if format == .basic, !isValid || !units.isEmpty {
            members.append(.init(isValid ? "annotations" : "errors", .array(units.map(Self.json))))
        }
        return .object(members)
    }

    private static func json(_ unit: Unit) -> JSON {
        var members: [JSON.Member] = [
            .init("keywordLocation", .string(unit.keywordLocation)),
            .init("absoluteKeywordLocation", .string(unit.absoluteKeywordLocation)),
            .init("instanceLocation", .string(unit.instanceLocation)),
        ]
        if let error = unit.error { members.append(.init("error", .string(error))) }
        if let annotation = unit.annotation { members.append(.init("annotation", annotation)) }
        return .object(members)
    }
}

extension JSONSchema {
    /// The standard output for a document.
    ///
    /// Annotations are collected in the format `basic` alone, and for a valid document alone. Of an `anyOf` or `oneOf`
    /// that fails, the errors of all branches are told. No more errors than `limit`.
    package func output(_ document: JSONDocument, format: SchemaOutput.Format, limit: Int = 256) -> SchemaOutput {
        guard format == .basic else {
            return SchemaOutput(isValid: accepts(document), units: [], isTruncated: false, format: .flag)
        }
        let traced = trace(document, limit: max(limit, 1))
        let writer = SchemaOutputWriter(program: program, tape: document.tape)
        return SchemaOutput(
            isValid: traced.isValid,
            units: traced.isValid
                ? traced.learned.flatMap(writer.units) : traced.found.prefix(limit).map(writer.unit),
            isTruncated: traced.isTruncated, format: .basic)
    }
}

/// Puts what a traced run found into output units.
struct SchemaOutputWriter {
    let program: SchemaProgram
    let tape: JSONTape

    /// Keywords whose value is an annotation (2020-12 Validation §7.2.1, §8, §9).
    private static let words: Set<String> = [
        "title", "description", "default", "deprecated", "readOnly", "writeOnly", "examples", "format",
        "contentEncoding", "contentMediaType", "contentSchema",
    ]

    func unit(_ violation: FoundViolation) -> SchemaOutput.Unit {
        unit(
            violation.index, violation.trail, keyword: pointer(violation.schema),
            error: SchemaMessage.text(violation, program))
    }

    func units(_ learned: SchemaTrace.Learned) -> [SchemaOutput.Unit] {
        guard let node = learned.trail.last.map({ program.written.nodes[Int($0.node)] }) else { return [] }
        let base = pointer(node.location)
        func told(_ keyword: String, _ value: JSON) -> SchemaOutput.Unit {
            unit(learned.index, learned.trail, keyword: base + "/" + keyword, annotation: value)
        }
        switch learned.annotation {
        case .schema:
            let schema = program.registry.node(node.location)
            // Beside `$ref` draft-07 has no other keyword.
            let dialect = program.registry.resources[Int(node.resource)].dialect
            guard dialect.draft != .draft7 || schema["$ref"] == nil else { return [] }
            return schema.fields.filter { Self.words.contains($0.name) }.map { told($0.name, JSON($0.value)) }
        case .members(let keyword, let names):
            return [told(keyword.rawValue, .array(names.map { .string(tape.string($0)) }))]
        case .lesson(let lesson, let position):
            let place = program.written.code[Int(position)].place
            let keyword = pointer(node.location.at(Int(place))).dropFirst(base.count + 1)
            let value: JSON =
                switch lesson {
                case .rest: true
                case .prefixItems(let count, let whole): count == whole ? true : .integer(count - 1)
                case .places(let places, let whole):
                    places.count == whole && whole > 0 ? true : .array(places.map { .integer($0) })
                }
            return [told(String(keyword), value)]
        }
    }

    private func unit(
        _ index: Int, _ trail: [SchemaTrace.Step], keyword: String, error: String? = nil, annotation: JSON? = nil
    ) -> SchemaOutput.Unit {
        guard let last = trail.last else {
            return SchemaOutput.Unit(
                keywordLocation: "", absoluteKeywordLocation: "", instanceLocation: "", error: error)
        }
        let node = program.written.nodes[Int(last.node)]
        let own = keyword.dropFirst(pointer(node.location).count)
        let resource = program.registry.resources[Int(node.resource)]
        return SchemaOutput.Unit(
            keywordLocation: way(trail) + own,
            absoluteKeywordLocation: resource.uri + "#" + keyword.dropFirst(pointer(resource.root).count),
            instanceLocation: JSONPath.pointer(to: index, in: tape), error: error, annotation: annotation)
    }

    /// The keywords on the way to the last schema.
    private func way(_ trail: [SchemaTrace.Step]) -> String {
        var way = ""
        for (step, next) in zip(trail, trail.dropFirst()) {
            let from = program.written.nodes[Int(step.node)]
            let base = pointer(from.location)
            let instruction = step.position >= 0 ? program.written.code[Int(step.position)] : nil
            if let instruction, instruction.opcode == .reference || instruction.opcode == .dynamicReference {
                way += pointer(from.location.at(Int(instruction.place))).dropFirst(base.count)
            } else {
                way += pointer(program.written.nodes[Int(next.node)].location).dropFirst(base.count)
            }
        }
        return way
    }

    private func pointer(_ location: SchemaLocation) -> String {
        let document = program.registry.documents[Int(location.document)].document
        return JSONPath.pointer(to: Int(location.index), in: document.tape)
    }
}
