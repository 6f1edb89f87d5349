internal import Codec

/// The keywords of one schema, as instructions: the cheap checks first, `unevaluated*` last.
struct KeywordCompiler {
    let schema: JSONNode
    let node: SchemaNode
    private(set) var instructions: [SchemaInstruction] = []
    private(set) var hasUnevaluated = false

    init(schema: JSONNode, node: SchemaNode) {
        self.schema = schema
        self.node = node
    }

    mutating func compile(_ compiler: inout SchemaCompiler) throws(SchemaFailure) {
        guard schema.kind == .object else {
            if schema.bool == false { add(.never, place: schema.index) }
            return
        }
        let dialect = compiler.registry.resources[Int(node.resource)].dialect
        if dialect.draft == .draft7, let reference = schema["$ref"] {
            // All beside `$ref` is ignored (draft-07 §8.3).
            return try addReference(reference, &compiler)
        }
        if dialect.vocabularies.contains(.validation) {
            try addValues(&compiler)
            try addBounds(&compiler)
        }
        try addPattern(dialect, &compiler)
        addContent(&compiler)
        try addObject(dialect, &compiler)
        if let reference = schema["$ref"] { try addReference(reference, &compiler) }
        if dialect.draft != .draft7 { try addDynamicReference(&compiler) }
        if dialect.vocabularies.contains(.applicator) {
            try addArray(dialect, &compiler)
            try addDependencies(dialect, &compiler)
            try addInPlace(&compiler)
        }
        if dialect.vocabularies.contains(.unevaluated) {
            try addUnevaluated(.unevaluatedItems, "unevaluatedItems", &compiler)
            try addUnevaluated(.unevaluatedProperties, "unevaluatedProperties", &compiler)
        }
    }

    // MARK: Parts

    private mutating func add(
        _ opcode: SchemaOpcode, _ a: Int32 = 0, _ b: Int32 = 0, _ c: Int32 = 0, place: Int
    ) {
        instructions.append(SchemaInstruction(opcode: opcode, a: a, b: b, c: c, place: Int32(place)))
    }

    private func malformed(_ keyword: String, _ compiler: SchemaCompiler) -> SchemaFailure {
        .malformedKeyword(keyword, at: compiler.registry.description(of: node.location))
    }

    /// The node of a keyword whose value is a schema.
    private func child(_ value: JSONNode, _ compiler: inout SchemaCompiler) throws(SchemaFailure) -> Int32 {
        try compiler.node(node.location.at(value.index), in: node.resource)
    }

    private func children(
        _ value: JSONNode, _ keyword: String, _ compiler: inout SchemaCompiler
    ) throws(SchemaFailure) -> (first: Int32, count: Int32) {
        guard value.kind == .array else { throw malformed(keyword, compiler) }
        var nodes: [Int32] = []
        for element in value.elements { nodes.append(try child(element, &compiler)) }
        return compiler.list(nodes)
    }

    private func count(_ keyword: String, _ compiler: SchemaCompiler) throws(SchemaFailure) -> (Int32, JSONNode)? {
        guard let value = schema[keyword] else { return nil }
        guard value.kind == .number, let count = ExactNumber(value.rawBytes).count else {
            throw malformed(keyword, compiler)
        }
        return (Int32(clamping: count), value)
    }

    private func names(_ value: JSONNode, _ keyword: String, _ compiler: SchemaCompiler) throws(SchemaFailure)
        -> [String]
    {
        guard value.kind == .array else { throw malformed(keyword, compiler) }
        var names: [String] = []
        for element in value.elements {
            guard let name = element.string else { throw malformed(keyword, compiler) }
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    // MARK: Validation vocabulary

    private mutating func addValues(_ compiler: inout SchemaCompiler) throws(SchemaFailure) {
        if let type = schema["type"] {
            var mask: Int32 = 0
            for name in type.kind == .array ? Array(type.elements) : [type] {
                guard let text = name.string, let bit = TypeMask.names.first(where: { $0.name == text })?.mask else {
                    throw malformed("type", compiler)
                }
                mask |= bit
            }
            add(.type, mask, place: type.index)
        }
        if let value = schema["enum"] {
            guard value.kind == .array else { throw malformed("enum", compiler) }
            add(.enumeration, enumeration(Array(value.elements), &compiler), place: value.index)
        }
        if let value = schema["const"] {
            add(.constant, enumeration([value], &compiler), place: value.index)
        }
    }

    private func enumeration(_ values: [JSONNode], _ compiler: inout SchemaCompiler) -> Int32 {
        var table = Enumeration()
        var symbols: Set<Int32> = []
        table.firstValue = Int32(compiler.builder.values.count)
        for value in values {
            if let text = value.string {
                symbols.insert(compiler.symbol(text))
            } else {
                compiler.builder.values.append(node.location.at(value.index))
                table.valueCount += 1
            }
        }
        (table.firstSlot, table.mask) = compiler.slots(symbols.sorted().map { SymbolSlot(symbol: $0) })
        compiler.builder.enumerations.append(table)
        return Int32(compiler.builder.enumerations.count - 1)
    }

    private mutating func addBounds(_ compiler: inout SchemaCompiler) throws(SchemaFailure) {
        let numbers: [(String, SchemaOpcode)] = [
            ("minimum", .minimum), ("maximum", .maximum), ("exclusiveMinimum", .exclusiveMinimum),
            ("exclusiveMaximum", .exclusiveMaximum), ("multipleOf", .multipleOf),
        ]
        for (keyword, opcode) in numbers {
            guard let value = schema[keyword] else { continue }
            let number = ExactNumber(value.rawBytes.prefix(value.kind == .number ? .max : 0))
            guard value.kind == .number,
                opcode != .multipleOf
                    || !number.isZero && !number.isNegative && number.digits.count <= ExactNumber.divisorDigitsMax
            else { throw malformed(keyword, compiler) }
            compiler.builder.numbers.append(SchemaNumber(Array(value.rawBytes)))
            add(opcode, Int32(compiler.builder.numbers.count - 1), place: value.index)
        }
        let counts: [(String, SchemaOpcode)] = [
            ("minLength", .minLength), ("maxLength", .maxLength), ("minItems", .minItems), ("maxItems", .maxItems),
            ("minProperties", .minProperties), ("maxProperties", .maxProperties),
        ]
        for (keyword, opcode) in counts {
            if let (bound, value) = try count(keyword, compiler) { add(opcode, bound, place: value.index) }
        }
        if let value = schema["uniqueItems"] {
            guard let isUnique = value.bool else { throw malformed("uniqueItems", compiler) }
            if isUnique { add(.uniqueItems, place: value.index) }
        }
    }

    private mutating func addPattern(
        _ dialect: SchemaDialect, _ compiler: inout SchemaCompiler
    ) throws(SchemaFailure) {
        if dialect.vocabularies.contains(.validation), let value = schema["pattern"] {
            guard let text = value.string else { throw malformed("pattern", compiler) }
            add(.pattern, try compiler.pattern(text, at: node.location), place: value.index)
        }
        guard let value = schema["format"],
            compiler.options.formats == .asserted || dialect.vocabularies.contains(.formatAssertion)
        else { return }
        guard let name = value.string else { throw malformed("format", compiler) }
        if let format = Format(named: name) { add(.format, Int32(format.rawValue), place: value.index) }
    }

    private mutating func addContent(_ compiler: inout SchemaCompiler) {
        guard compiler.options.content == .asserted, let value = schema["contentEncoding"] ?? schema["contentMediaType"]
        else { return }
        let check = ContentCheck(
            encoding: schema["contentEncoding"]?.string, mediaType: schema["contentMediaType"]?.string)
        if !check.isEmpty { add(.content, check.rawValue, place: value.index) }
    }

    // MARK: Objects

    private mutating func addObject(
        _ dialect: SchemaDialect, _ compiler: inout SchemaCompiler
    ) throws(SchemaFailure) {
        var table = ObjectTable()
        var entries: [Int32: SymbolSlot] = [:]
        var place: Int?
        if dialect.vocabularies.contains(.validation), let value = schema["required"] {
            let required = try names(value, "required", compiler)
            place = value.index
            table.firstRequired = Int32(compiler.builder.symbolLists.count)
            table.requiredCount = Int32(required.count)
            table.requiredPlace = Int32(value.index)
            table.document = node.location.document
            for name in required {
                let symbol = compiler.symbol(name)
                compiler.builder.symbolLists.append(symbol)
                entries[symbol] = SymbolSlot(symbol: symbol, isRequired: true)
            }
        }
        if dialect.vocabularies.contains(.applicator) {
            if let value = schema["properties"] {
                guard value.kind == .object else { throw malformed("properties", compiler) }
                place = value.index
                for field in value.fields {
                    let symbol = compiler.symbol(field.name)
                    entries[symbol, default: SymbolSlot(symbol: symbol)].node = try child(field.value, &compiler)
                }
            }
            if let value = schema["patternProperties"] {
                guard value.kind == .object else { throw malformed("patternProperties", compiler) }
                place = value.index
                var list: [PatternProperty] = []
                for field in value.fields {
                    let pattern = try compiler.pattern(field.name, at: node.location)
                    list.append(PatternProperty(pattern: pattern, node: try child(field.value, &compiler)))
                }
                table.firstPattern = Int32(compiler.builder.patternProperties.count)
                table.patternCount = Int32(list.count)
                compiler.builder.patternProperties += list
            }
            if let value = schema["additionalProperties"] {
                place = value.index
                table.additional = try child(value, &compiler)
                table.additionalPlace = Int32(value.index)
            }
        }
        if let place, !entries.isEmpty || table.patternCount > 0 || table.additional != SchemaProgram.none {
            (table.firstSlot, table.mask) = compiler.slots(
                entries.sorted { $0.key < $1.key }.map { $0.value })
            compiler.builder.objects.append(table)
            add(.object, Int32(compiler.builder.objects.count - 1), place: place)
        }
        if dialect.vocabularies.contains(.applicator), let value = schema["propertyNames"] {
            let names = try child(value, &compiler)
            if names != SchemaProgram.anything { add(.propertyNames, names, place: value.index) }
        }
    }

    private mutating func addDependencies(
        _ dialect: SchemaDialect, _ compiler: inout SchemaCompiler
    ) throws(SchemaFailure) {
        var keywords = ["dependencies"]
        if dialect.draft != .draft7 { keywords += ["dependentRequired", "dependentSchemas"] }
        for keyword in keywords {
            guard let value = schema[keyword] else { continue }
            guard value.kind == .object else { throw malformed(keyword, compiler) }
            for field in value.fields {
                let symbol = compiler.symbol(field.name)
                if field.value.kind == .array, keyword != "dependentSchemas" {
                    let needed = try names(field.value, keyword, compiler).map { compiler.symbol($0) }
                    let first = Int32(compiler.builder.symbolLists.count)
                    compiler.builder.symbolLists += needed
                    add(.dependentRequired, symbol, first, Int32(needed.count), place: field.value.index)
                } else {
                    guard keyword != "dependentRequired" else { throw malformed(keyword, compiler) }
                    add(.dependentSchema, symbol, try child(field.value, &compiler), place: field.value.index)
                }
            }
        }
    }

    // MARK: Arrays

    private mutating func addArray(
        _ dialect: SchemaDialect, _ compiler: inout SchemaCompiler
    ) throws(SchemaFailure) {
        var first: Int32 = 0
        var rest = schema["items"]
        if dialect.draft == .draft202012 {
            if let value = schema["prefixItems"] {
                let list = try children(value, "prefixItems", &compiler)
                add(.prefixItems, list.first, list.count, place: value.index)
                first = list.count
            }
        } else if let value = rest, value.kind == .array {
            let list = try children(value, "items", &compiler)
            add(.prefixItems, list.first, list.count, place: value.index)
            first = list.count
            rest = schema["additionalItems"]
        }
        if let value = rest { add(.items, try child(value, &compiler), first, place: value.index) }
        guard let value = schema["contains"] else { return }
        var (least, greatest): (Int32, Int32) = (1, -1)
        if dialect.draft != .draft7, dialect.vocabularies.contains(.validation) {
            if let (bound, _) = try count("minContains", compiler) { least = bound }
            if let (bound, _) = try count("maxContains", compiler) { greatest = bound }
        }
        let opcode: SchemaOpcode = dialect.draft == .draft202012 ? .contains : .containsUnmarked
        add(opcode, try child(value, &compiler), least, greatest, place: value.index)
    }

    // MARK: In place

    private mutating func addReference(_ value: JSONNode, _ compiler: inout SchemaCompiler) throws(SchemaFailure) {
        guard let text = value.string else { throw malformed("$ref", compiler) }
        let target = try compiler.reference(text, from: node).number
        if target != SchemaProgram.anything { add(.reference, target, place: value.index) }
    }

    private mutating func addDynamicReference(_ compiler: inout SchemaCompiler) throws(SchemaFailure) {
        if let value = schema["$recursiveRef"] { try addReference(value, &compiler) }
        guard let value = schema["$dynamicRef"] else { return }
        guard let text = value.string else { throw malformed("$dynamicRef", compiler) }
        let target = try compiler.reference(text, from: node)
        guard let name = target.dynamicName else {
            add(.reference, target.number, place: value.index)
            return
        }
        add(.dynamicReference, compiler.useDynamicAnchors(name), target.number, place: value.index)
    }

    private mutating func addInPlace(_ compiler: inout SchemaCompiler) throws(SchemaFailure) {
        for (keyword, opcode) in [("allOf", .allOf), ("anyOf", .anyOf), ("oneOf", .oneOf)] as [(String, SchemaOpcode)] {
            guard let value = schema[keyword] else { continue }
            let list = try children(value, keyword, &compiler)
            guard list.count > 0 else { throw malformed(keyword, compiler) }
            add(opcode, list.first, list.count, place: value.index)
        }
        if let value = schema["not"] { add(.not, try child(value, &compiler), place: value.index) }
        if let value = schema["if"] {
            let then = try schema["then"].map { value throws(SchemaFailure) in try child(value, &compiler) }
            let other = try schema["else"].map { value throws(SchemaFailure) in try child(value, &compiler) }
            add(
                .conditional, try child(value, &compiler), then ?? SchemaProgram.none, other ?? SchemaProgram.none,
                place: value.index)
        }
    }

    private mutating func addUnevaluated(
        _ opcode: SchemaOpcode, _ keyword: String, _ compiler: inout SchemaCompiler
    ) throws(SchemaFailure) {
        guard let value = schema[keyword] else { return }
        hasUnevaluated = true
        add(opcode, try child(value, &compiler), place: value.index)
    }
}
