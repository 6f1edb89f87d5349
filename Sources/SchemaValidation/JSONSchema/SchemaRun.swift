internal import Codec

/// One document checked against one program.
///
/// Two ways with one code: to decide, it returns at the first broken rule; to report, it goes on and collects. What
/// `unevaluated*` asks for is kept as *marks*: one per element or member, on a stack, only while a schema wants them.
///
/// The program and the document are seen through spans, so that nothing is retained on the way; every access is checked.
struct SchemaRun: ~Escapable {
    /// Nested schemas on one value and into its parts; a reference that goes in circles ends here.
    static let depthMax = 1000
    /// Schemas applied in all, as a bound on schemas that multiply: so many, and so many for each value and name of the
    /// document.
    ///
    /// The EPCIS schemas take about three for each.
    static let stepCountMax = (base: 1_000_000, perEntry: 200)
    /// Steps of all patterns on one document, as a bound on patterns that each stay within their own: so many, and so
    /// many for each byte of the document.
    static let patternStepCountMax = (base: 100_000_000, perByte: 200)
    /// Where no marks are wanted.
    static let unmarked = -1

    let nodes: Span<SchemaNode>
    let code: Span<SchemaInstruction>
    let lists: Span<Int32>
    let objects: Span<ObjectTable>
    let slots: Span<SymbolSlot>
    let patternProperties: Span<PatternProperty>
    let conditions: Span<MemberCondition>
    let numbers: Span<SchemaNumber>
    let patterns: Span<Pattern>
    let symbolLists: Span<Int32>
    let enumerations: Span<Enumeration>
    let values: Span<SchemaValue>
    let symbolBytes: Span<UInt8>
    let symbolStarts: Span<Int32>
    let symbolSlots: Span<Int32>
    let symbolByteCountMax: Int
    let dynamicAnchors: [DynamicAnchor: Int32]
    let entries: Span<JSONTape.Entry>
    let source: Span<UInt8>
    let tape: JSONTape
    /// The same as `source`, for what takes an array.
    let bytes: [UInt8]

    var isCollecting = false
    /// Broken rules, while collecting.
    var found: [FoundViolation] = []
    var foundCountMax = 0
    /// The limits above were reached: the document counts as invalid.
    var isExhausted = false
    /// Where the run is in the schema, and what it has learned; only for the standard output.
    var trace: SchemaTrace?

    /// The number of each string's symbol plus two, 1 for a string that is none, 0 where it is not known yet.
    var symbols: [Int32]
    var marks: [Bool] = []
    var scope: [Int32] = []
    var depth = 0
    var stepsLeft: Int
    var patternStepsLeft: Int
    var scratch = PatternScratch()
    /// The member that a condition looked at last: the next condition often looks at the same one.
    var lastLook: (object: Int, symbol: Int32, value: Int) = (-1, -1, -1)

    @_lifetime(borrow program, borrow tables, copy entries, copy source)
    init(
        program: borrowing SchemaProgram, tables: borrowing SchemaTables, tape: JSONTape,
        entries: Span<JSONTape.Entry>, source: Span<UInt8>
    ) {
        nodes = tables.nodes.span
        code = tables.code.span
        lists = tables.lists.span
        objects = tables.objects.span
        slots = tables.slots.span
        patternProperties = tables.patternProperties.span
        conditions = tables.conditions.span
        numbers = program.numbers.span
        patterns = program.patterns.span
        symbolLists = program.symbolLists.span
        enumerations = program.enumerations.span
        values = program.values.span
        symbolBytes = program.symbols.bytes.span
        symbolStarts = program.symbols.starts.span
        symbolSlots = program.symbols.slots.span
        symbolByteCountMax = program.symbols.byteCountMax
        dynamicAnchors = program.dynamicAnchors
        self.entries = entries
        self.source = source
        self.tape = tape
        bytes = tape.source
        stepsLeft = Self.stepCountMax.base + Self.stepCountMax.perEntry * entries.count
        patternStepsLeft = Self.patternStepCountMax.base + Self.patternStepCountMax.perByte * source.count
        symbols = [Int32](repeating: 0, count: entries.count)
    }

    /// Whether the document's root satisfies the program's main node.
    mutating func check() -> Bool { check(1, 0, Self.unmarked) && !isExhausted }

    // MARK: Nodes

    /// Whether a value satisfies a node.
    ///
    /// `frame` is where the value's marks begin, or `unmarked`.
    mutating func check(_ number: Int32, _ index: Int, _ frame: Int) -> Bool {
        guard number != SchemaProgram.anything else { return true }
        depth &+= 1
        stepsLeft &-= 1
        guard depth <= Self.depthMax, stepsLeft > 0 else {
            depth &-= 1
            isExhausted = true
            return false
        }
        let node = nodes[Int(number)]
        let holds: Bool
        if trace != nil {
            holds = checkTraced(number, node, index, frame)
        } else if node.isPlain {
            holds = perform(node, index, frame)
        } else {
            holds = checkScoped(node, index, frame)
        }
        depth &-= 1
        return holds
    }

    /// A node of a dynamic scope, or one that wants to know what is unevaluated.
    mutating func checkScoped(_ node: SchemaNode, _ index: Int, _ frame: Int) -> Bool {
        let entersScope = !dynamicAnchors.isEmpty && scope.last != node.resource
        if entersScope { scope.append(node.resource) }
        defer { if entersScope { scope.removeLast() } }
        guard node.hasUnevaluated else { return perform(node, index, frame) }
        // What is unevaluated is judged by this schema's own keywords alone; then the outer schema learns of it.
        let own = openFrame(index)
        let holds = perform(node, index, own)
        closeFrame(own, into: frame, index, holds)
        return holds
    }

    /// New marks for a value's parts.
    mutating func openFrame(_ index: Int) -> Int {
        let own = marks.count
        marks.append(contentsOf: repeatElement(false, count: Int(entries[index].count)))
        return own
    }

    /// Ends marks, which join the outer ones if what they are of holds.
    mutating func closeFrame(_ own: Int, into frame: Int, _ index: Int, _ holds: Bool) {
        if holds, frame != Self.unmarked {
            for offset in 0..<Int(entries[index].count) where marks[own + offset] { marks[frame + offset] = true }
        }
        marks.removeSubrange(own...)
    }

    /// Whether a value satisfies a node, by marks of its own that count only if it does.
    mutating func checkBranch(_ number: Int32, _ index: Int, _ frame: Int) -> Bool {
        guard frame != Self.unmarked else { return check(number, index, Self.unmarked) }
        let own = openFrame(index)
        let holds = check(number, index, own)
        closeFrame(own, into: frame, index, holds)
        return holds
    }

    private mutating func perform(_ node: SchemaNode, _ index: Int, _ frame: Int) -> Bool {
        let bit = TypeMask.bit(entries[index].kind)
        var holds = true
        var position = Int(node.first)
        let end = Int(node.end)
        while position < end {
            let instruction = code[position]
            position &+= 1
            guard bit & instruction.kinds != 0 else { continue }
            guard isCollecting else {
                guard perform(instruction, index, bit, frame) else { return false }
                continue
            }
            let before = found.count
            trace?.isAt(position &- 1)
            guard !perform(instruction, index, bit, frame) else { continue }
            guard !isExhausted, found.count < foundCountMax else { return false }
            holds = false
            // Instructions that apply other schemas have told of the rules broken there.
            if found.count == before {
                report(index, node.location.at(Int(instruction.place)), .instruction(position &- 1))
            }
        }
        return holds
    }

    /// Notes a broken rule.
    mutating func report(_ index: Int, _ schema: SchemaLocation, _ cause: FoundViolation.Cause) {
        found.append(FoundViolation(index: index, schema: schema, cause: cause, trail: trace?.trail ?? []))
    }

    // MARK: Instructions

    /// Whether an instruction holds for a value of one of its kinds.
    private mutating func perform(_ instruction: SchemaInstruction, _ index: Int, _ bit: Int32, _ frame: Int) -> Bool {
        let a = instruction.a
        switch instruction.opcode {
        case .never: return false
        case .type:
            if a & bit != 0 { return true }
            return bit == TypeMask.number && a & TypeMask.integer != 0 && isInteger(index)
        case .enumeration, .constant: return isMember(index, bit, enumerations[Int(a)])
        case .minimum, .maximum, .exclusiveMinimum, .exclusiveMaximum, .multipleOf:
            return keeps(instruction.opcode, index, numbers[Int(a)])
        case .minLength: return length(index, atMost: Int(a)) >= Int(a)
        case .maxLength: return length(index, atMost: Int(a) + 1) <= Int(a)
        case .minItems, .minProperties: return entries[index].count >= UInt32(a)
        case .maxItems, .maxProperties: return entries[index].count <= UInt32(a)
        case .pattern: return matches(Int(a), index)
        case .format: return hasFormat(a, index)
        case .content: return ContentCheck(rawValue: a).accepts(Array(tape.content(index)))
        case .uniqueItems: return JSONEquality.areUnique(index, in: tape)
        case .prefixItems: return prefixItems(instruction, index, frame)
        case .items: return items(instruction, index, frame)
        case .contains, .containsUnmarked: return contains(instruction, index, frame)
        case .object: return object(instruction, index, frame)
        case .propertyNames: return propertyNames(a, index)
        case .dependentRequired: return dependentRequired(instruction, index)
        case .dependentSchema: return member(a, index) < 0 || check(instruction.b, index, frame)
        case .reference: return check(a, index, frame)
        case .dynamicReference: return check(dynamicTarget(a) ?? instruction.b, index, frame)
        case .allOf: return allOf(instruction, index, frame)
        case .anyOf: return anyOf(instruction, index, frame)
        case .oneOf: return oneOf(instruction, index, frame)
        case .not: return !decide(a, index, Self.unmarked) && !isExhausted
        case .conditional: return conditional(instruction, index, bit, frame)
        case .unevaluatedItems: return unevaluated(a, index, frame, step: 1)
        case .unevaluatedProperties: return unevaluated(a, index, frame, step: 2)
        }
    }

    /// Decides a branch without reporting.
    mutating func decide(_ number: Int32, _ index: Int, _ frame: Int) -> Bool {
        guard isCollecting else { return checkBranch(number, index, frame) }
        if trace != nil {
            // Annotations of a branch that holds count; its errors do not.
            let before = found.count
            let holds = checkBranch(number, index, frame)
            found.removeSubrange(min(before, found.count)...)
            return holds
        }
        isCollecting = false
        defer { isCollecting = true }
        return checkBranch(number, index, frame)
    }
}

/// A broken rule before it is put into words and places.
struct FoundViolation {
    /// What was not met.
    enum Cause {
        /// An instruction of the written tables, by its position.
        case instruction(Int)
        /// A member that is not there, by its symbol.
        case missing(Int32)
        /// The limits of a run.
        case limits
    }

    /// Place on the document's tape.
    var index: Int
    /// Where the keyword's value stands.
    var schema: SchemaLocation
    var cause: Cause
    /// The way through the schema; empty unless it is traced.
    var trail: [SchemaTrace.Step] = []
}
