internal import Codec

/// One document checked against one program.
///
/// Two ways with one code: to decide, it returns at the first broken rule; to report, it goes on and collects. What
/// `unevaluated*` asks for is kept as *marks*: one per element or member, on a stack, only while a schema wants them.
struct SchemaRun {
    /// Nested schemas on one value and into its parts; a reference that goes in circles ends here.
    static let depthMax = 1000
    /// Schemas applied in all, as a bound on schemas that multiply: so many, and so many for each value and name of the
    /// document.
    ///
    /// The EPCIS schemas take about three for each.
    static let stepCountMax = (base: 1_000_000, perEntry: 200)

    let program: SchemaProgram
    let tape: JSONTape
    var isCollecting = false
    /// Broken rules, while collecting.
    var found: [FoundViolation] = []
    var foundCountMax = 0
    /// The limits above were reached: the document counts as invalid.
    private(set) var isExhausted = false

    /// The number of each string's symbol plus two, 1 for a string that is none, 0 where it is not known yet.
    private var symbols: [Int32]
    private var marks: [Bool] = []
    private var scope: [Int32] = []
    private var depth = 0
    private var stepCount = 0
    private let stepCountMax: Int
    private var scratch = PatternScratch()

    /// Where no marks are wanted.
    private static let unmarked = -1

    init(program: SchemaProgram, tape: JSONTape) {
        self.program = program
        self.tape = tape
        stepCountMax = Self.stepCountMax.base + Self.stepCountMax.perEntry * tape.entries.count
        symbols = [Int32](repeating: 0, count: tape.entries.count)
    }

    /// Whether the document's root satisfies the program's main node.
    mutating func check() -> Bool { check(1, 0, Self.unmarked) }

    // MARK: Nodes

    /// Whether a value satisfies a node.
    ///
    /// `frame` is where the value's marks begin, or `unmarked`.
    private mutating func check(_ number: Int32, _ index: Int, _ frame: Int) -> Bool {
        guard number != SchemaProgram.anything else { return true }
        depth += 1
        stepCount += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax, stepCount <= stepCountMax else {
            isExhausted = true
            return false
        }
        let node = program.nodes[Int(number)]
        let entersScope = !program.dynamicAnchors.isEmpty && scope.last != node.resource
        if entersScope { scope.append(node.resource) }
        defer { if entersScope { scope.removeLast() } }
        guard node.hasUnevaluated else { return perform(node, index, frame) }
        // What is unevaluated is judged by this schema's own keywords alone; then the outer schema learns of it.
        return inBranch(index, frame, isAlwaysMarked: true) { run, own in run.perform(node, index, own) }
    }

    /// Runs something with marks of its own, which join the outer ones if it holds.
    private mutating func inBranch(
        _ index: Int, _ frame: Int, isAlwaysMarked: Bool = false, _ body: (inout SchemaRun, Int) -> Bool
    ) -> Bool {
        guard isAlwaysMarked || frame != Self.unmarked else { return body(&self, Self.unmarked) }
        let own = marks.count
        let count = Int(tape.entries[index].count)
        marks.append(contentsOf: repeatElement(false, count: count))
        let holds = body(&self, own)
        if holds, frame != Self.unmarked {
            for offset in 0..<count where marks[own + offset] { marks[frame + offset] = true }
        }
        marks.removeSubrange(own...)
        return holds
    }

    private mutating func perform(_ node: SchemaNode, _ index: Int, _ frame: Int) -> Bool {
        let kind = tape.entries[index].kind
        var holds = true
        for position in Int(node.first)..<Int(node.end) {
            let instruction = program.code[position]
            let before = found.count
            guard !perform(instruction, node, index, kind, frame) else { continue }
            guard isCollecting, !isExhausted, found.count < foundCountMax else { return false }
            holds = false
            // Instructions that apply other schemas have told of the rules broken there.
            if found.count == before {
                found.append(
                    FoundViolation(
                        index: index, schema: node.location.at(Int(instruction.place)),
                        message: SchemaMessage.text(instruction, program)))
            }
        }
        return holds
    }

    // MARK: Instructions

    private mutating func perform(
        _ instruction: SchemaInstruction, _ node: SchemaNode, _ index: Int, _ kind: JSONKind, _ frame: Int
    ) -> Bool {
        let a = instruction.a
        switch instruction.opcode {
        case .never: return false
        case .type:
            if a & TypeMask.bit(kind) != 0 { return true }
            return kind == .number && a & TypeMask.integer != 0 && isInteger(index)
        case .enumeration, .constant: return isMember(index, kind, program.enumerations[Int(a)])
        case .minimum, .maximum, .exclusiveMinimum, .exclusiveMaximum, .multipleOf:
            return kind != .number || holds(instruction.opcode, number(index), program.numbers[Int(a)])
        case .minLength: return kind != .string || length(index, atMost: Int(a)) >= Int(a)
        case .maxLength: return kind != .string || length(index, atMost: Int(a) + 1) <= Int(a)
        case .minItems: return kind != .array || tape.entries[index].count >= UInt32(a)
        case .maxItems: return kind != .array || tape.entries[index].count <= UInt32(a)
        case .minProperties: return kind != .object || tape.entries[index].count >= UInt32(a)
        case .maxProperties: return kind != .object || tape.entries[index].count <= UInt32(a)
        case .pattern: return kind != .string || matches(Int(a), index)
        case .format: return kind != .string || hasFormat(Format(rawValue: UInt8(a)), index)
        case .uniqueItems: return kind != .array || JSONEquality.areUnique(index, in: tape)
        case .prefixItems: return kind != .array || prefixItems(instruction, index, frame)
        case .items: return kind != .array || items(instruction, index, frame)
        case .contains, .containsUnmarked: return kind != .array || contains(instruction, node, index, frame)
        case .object: return kind != .object || object(instruction, node, index, frame)
        case .propertyNames: return kind != .object || propertyNames(a, index)
        case .dependentRequired: return kind != .object || dependentRequired(instruction, index)
        case .dependentSchema:
            return kind != .object || !hasMember(a, index) || check(instruction.b, index, frame)
        case .reference: return check(a, index, frame)
        case .dynamicReference:
            return check(dynamicTarget(a) ?? instruction.b, index, frame)
        case .allOf: return allOf(instruction, index, frame)
        case .anyOf: return anyOf(instruction, node, index, frame)
        case .oneOf: return oneOf(instruction, index, frame)
        case .not: return quietly { $0.check(a, index, Self.unmarked) } == false && !isExhausted
        case .conditional:
            let isMet = quietly { run in run.inBranch(index, frame) { $0.check(a, index, $1) } }
            let branch = isMet ? instruction.b : instruction.c
            return branch == SchemaProgram.none || check(branch, index, frame)
        case .unevaluatedItems: return kind != .array || unevaluated(a, index, frame, step: 1)
        case .unevaluatedProperties: return kind != .object || unevaluated(a, index, frame, step: 2)
        }
    }

    /// Decides something without reporting.
    private mutating func quietly(_ body: (inout SchemaRun) -> Bool) -> Bool {
        let wasCollecting = isCollecting
        isCollecting = false
        defer { isCollecting = wasCollecting }
        return body(&self)
    }

    // MARK: Scalars

    private func isInteger(_ index: Int) -> Bool {
        let entry = tape.entries[index]
        for offset in Int(entry.start)..<Int(entry.end)
        where tape.source[offset] == UInt8(ascii: ".") || tape.source[offset] | 0x20 == UInt8(ascii: "e") {
            return number(index).isInteger
        }
        return true
    }

    private func number(_ index: Int) -> ExactNumber {
        let entry = tape.entries[index]
        return ExactNumber(tape.source[Int(entry.start)..<Int(entry.end)])
    }

    private func holds(_ opcode: SchemaOpcode, _ number: ExactNumber, _ bound: ExactNumber) -> Bool {
        switch opcode {
        case .minimum: !(number < bound)
        case .maximum: !(bound < number)
        case .exclusiveMinimum: bound < number
        case .exclusiveMaximum: number < bound
        default: number.isMultiple(of: bound)
        }
    }

    private mutating func isMember(_ index: Int, _ kind: JSONKind, _ table: Enumeration) -> Bool {
        if kind == .string {
            let symbol = symbol(index)
            return symbol >= 0 && slot(symbol, table.firstSlot, table.mask) != nil
        }
        for position in Int(table.firstValue)..<Int(table.firstValue + table.valueCount) {
            let location = program.values[position]
            let other = program.registry.documents[Int(location.document)].document.tape
            if JSONEquality.areEqual(index, in: tape, Int(location.index), in: other) { return true }
        }
        return false
    }

    /// Scalars in a string, counted no further than the bound.
    private func length(_ index: Int, atMost bound: Int) -> Int {
        let entry = tape.entries[index]
        if entry.hasEscapes { return tape.content(index).count { $0 & 0xc0 != 0x80 } }
        var count = 0
        for offset in Int(entry.start)..<Int(entry.end) where tape.source[offset] & 0xc0 != 0x80 {
            count += 1
            if count >= bound { break }
        }
        return count
    }

    private mutating func matches(_ pattern: Int, _ index: Int) -> Bool {
        let entry = tape.entries[index]
        let outcome: Pattern.Outcome
        if entry.hasEscapes {
            let content = Array(tape.content(index))
            outcome = program.patterns[pattern].matches(content, in: 0..<content.count, scratch: &scratch)
        } else {
            outcome = program.patterns[pattern].matches(
                tape.source, in: Int(entry.start)..<Int(entry.end), scratch: &scratch)
        }
        if case .undecided = outcome { isExhausted = true }
        if case .matched = outcome { return true }
        return false
    }

    private func hasFormat(_ format: Format?, _ index: Int) -> Bool {
        guard let format else { return true }
        let entry = tape.entries[index]
        guard entry.hasEscapes else { return format.accepts(tape.source, in: Int(entry.start)..<Int(entry.end)) }
        let content = Array(tape.content(index))
        return format.accepts(content, in: 0..<content.count)
    }

    // MARK: Arrays

    private mutating func prefixItems(_ instruction: SchemaInstruction, _ index: Int, _ frame: Int) -> Bool {
        var holds = true
        var element = index + 1
        let end = Int(tape.entries[index].next)
        var place = 0
        while element < end, place < Int(instruction.b) {
            if !check(program.lists[Int(instruction.a) + place], element, Self.unmarked) {
                holds = false
                guard isCollecting else { return false }
            } else if frame != Self.unmarked {
                marks[frame + place] = true
            }
            place += 1
            element = Int(tape.entries[element].next)
        }
        return holds
    }

    private mutating func items(_ instruction: SchemaInstruction, _ index: Int, _ frame: Int) -> Bool {
        var holds = true
        var element = index + 1
        let end = Int(tape.entries[index].next)
        var place = 0
        while element < end {
            if place >= Int(instruction.b) {
                if !check(instruction.a, element, Self.unmarked) {
                    holds = false
                    guard isCollecting, found.count < foundCountMax else { return false }
                } else if frame != Self.unmarked {
                    marks[frame + place] = true
                }
            }
            place += 1
            element = Int(tape.entries[element].next)
        }
        return holds
    }

    private mutating func contains(
        _ instruction: SchemaInstruction, _ node: SchemaNode, _ index: Int, _ frame: Int
    ) -> Bool {
        var count = 0
        var element = index + 1
        let end = Int(tape.entries[index].next)
        var place = 0
        let marksMatches = frame != Self.unmarked && instruction.opcode == .contains
        while element < end {
            if quietly({ $0.check(instruction.a, element, Self.unmarked) }) {
                count += 1
                if marksMatches { marks[frame + place] = true }
                if !marksMatches, instruction.c < 0, count >= Int(instruction.b) { return true }
            }
            place += 1
            element = Int(tape.entries[element].next)
        }
        return count >= Int(instruction.b) && (instruction.c < 0 || count <= Int(instruction.c))
    }

    // MARK: Objects

    private mutating func symbol(_ index: Int) -> Int32 {
        let known = symbols[index]
        if known != 0 { return known - 2 }
        let entry = tape.entries[index]
        let symbol: Int32
        if entry.hasEscapes {
            let content = Array(tape.content(index))
            symbol = program.symbols.symbol(content, 0, content.count)
        } else {
            symbol = program.symbols.symbol(tape.source, Int(entry.start), Int(entry.end))
        }
        symbols[index] = symbol + 2
        return symbol
    }

    private func slot(_ symbol: Int32, _ first: Int32, _ mask: Int32) -> SymbolSlot? {
        guard mask >= 0 else { return nil }
        var position = symbol & mask
        while true {
            let slot = program.slots[Int(first + position)]
            if slot.symbol == symbol { return slot }
            if slot.symbol < 0 { return nil }
            position = (position + 1) & mask
        }
    }

    private mutating func object(
        _ instruction: SchemaInstruction, _ node: SchemaNode, _ index: Int, _ frame: Int
    ) -> Bool {
        let table = program.objects[Int(instruction.a)]
        var holds = true
        var requiredCount: Int32 = 0
        var name = index + 1
        let end = Int(tape.entries[index].next)
        var place = 0
        while name < end {
            let value = name + 1
            var isCovered = false
            let symbol = symbol(name)
            if symbol >= 0, let slot = slot(symbol, table.firstSlot, table.mask) {
                if slot.isRequired { requiredCount += 1 }
                if slot.node != SchemaProgram.none {
                    isCovered = true
                    if !check(slot.node, value, Self.unmarked) { holds = false }
                }
            }
            for offset in 0..<table.patternCount {
                let property = program.patternProperties[Int(table.firstPattern + offset)]
                guard matches(Int(property.pattern), name) else { continue }
                isCovered = true
                if !check(property.node, value, Self.unmarked) { holds = false }
            }
            if !isCovered, table.additional != SchemaProgram.none {
                isCovered = true
                if !check(table.additional, value, Self.unmarked) { holds = false }
            }
            if !holds, !isCollecting || isExhausted || found.count >= foundCountMax { return false }
            if isCovered, frame != Self.unmarked { marks[frame + place] = true }
            place += 1
            name = Int(tape.entries[value].next)
        }
        guard requiredCount < table.requiredCount else { return holds && !isExhausted }
        if isCollecting { reportMissing(table, node, index) }
        return false
    }

    private mutating func reportMissing(_ table: ObjectTable, _ node: SchemaNode, _ index: Int) {
        for offset in 0..<table.requiredCount {
            let symbol = program.symbolLists[Int(table.firstRequired + offset)]
            guard !hasMember(symbol, index), found.count < foundCountMax else { continue }
            found.append(
                FoundViolation(
                    index: index, schema: node.location.at(Int(table.requiredPlace)),
                    message: "the member \"\(program.symbols.name(symbol))\" is missing"))
        }
    }

    private mutating func propertyNames(_ number: Int32, _ index: Int) -> Bool {
        var holds = true
        var name = index + 1
        let end = Int(tape.entries[index].next)
        while name < end {
            if !check(number, name, Self.unmarked) {
                holds = false
                guard isCollecting, found.count < foundCountMax else { return false }
            }
            name = Int(tape.entries[name + 1].next)
        }
        return holds
    }

    private mutating func hasMember(_ wanted: Int32, _ index: Int) -> Bool {
        var name = index + 1
        let end = Int(tape.entries[index].next)
        while name < end {
            if symbol(name) == wanted { return true }
            name = Int(tape.entries[name + 1].next)
        }
        return false
    }

    private mutating func dependentRequired(_ instruction: SchemaInstruction, _ index: Int) -> Bool {
        guard hasMember(instruction.a, index) else { return true }
        for offset in 0..<instruction.c {
            guard hasMember(program.symbolLists[Int(instruction.b + offset)], index) else { return false }
        }
        return true
    }

    // MARK: In place

    private func dynamicTarget(_ symbol: Int32) -> Int32? {
        for resource in scope {
            if let node = program.dynamicAnchors[DynamicAnchor(resource: resource, symbol: symbol)] { return node }
        }
        return nil
    }

    private mutating func allOf(_ instruction: SchemaInstruction, _ index: Int, _ frame: Int) -> Bool {
        var holds = true
        for offset in 0..<instruction.b where !check(program.lists[Int(instruction.a + offset)], index, frame) {
            holds = false
            guard isCollecting, found.count < foundCountMax else { return false }
        }
        return holds
    }

    private mutating func anyOf(
        _ instruction: SchemaInstruction, _ node: SchemaNode, _ index: Int, _ frame: Int
    ) -> Bool {
        var holds = false
        for offset in 0..<instruction.b {
            let branch = program.lists[Int(instruction.a + offset)]
            let isMet = quietly { run in run.inBranch(index, frame) { $0.check(branch, index, $1) } }
            guard isMet else { continue }
            holds = true
            // Marks of the other branches count too.
            if frame == Self.unmarked { break }
        }
        if !holds, isCollecting { reportBranches(instruction, index) }
        return holds
    }

    /// Of the branches that all fail, the one that was meant: the only one that does not fail on the value as a whole.
    private mutating func reportBranches(_ instruction: SchemaInstruction, _ index: Int) {
        let before = found.count
        var meant: [FoundViolation]?
        for offset in 0..<instruction.b {
            _ = check(program.lists[Int(instruction.a + offset)], index, Self.unmarked)
            let own = Array(found[before...])
            found.removeSubrange(before...)
            guard !own.contains(where: { $0.index == index }) else { continue }
            guard meant == nil else { return }
            meant = own
        }
        found += meant ?? []
    }

    private mutating func oneOf(_ instruction: SchemaInstruction, _ index: Int, _ frame: Int) -> Bool {
        var count = 0
        for offset in 0..<instruction.b {
            let branch = program.lists[Int(instruction.a + offset)]
            if quietly({ run in run.inBranch(index, frame) { $0.check(branch, index, $1) } }) { count += 1 }
            if count > 1 { return false }
        }
        if count == 0, isCollecting { reportBranches(instruction, index) }
        return count == 1
    }

    /// Whether what no other keyword has looked at satisfies a node.
    ///
    /// `step` is how many tape entries stand before the next value: 1 in an array, 2 in an object.
    private mutating func unevaluated(_ number: Int32, _ index: Int, _ frame: Int, step: Int) -> Bool {
        var holds = true
        var value = index + step
        for place in 0..<Int(tape.entries[index].count) {
            if !marks[frame + place] {
                if check(number, value, Self.unmarked) {
                    marks[frame + place] = true
                } else {
                    holds = false
                    guard isCollecting, found.count < foundCountMax else { return false }
                }
            }
            value = Int(tape.entries[value].next) + step - 1
        }
        return holds
    }
}

/// A broken rule before it is put into words and places.
struct FoundViolation {
    /// Place on the document's tape.
    var index: Int
    /// Where the keyword's value stands.
    var schema: SchemaLocation
    var message: String
}
