/// Makes a program shorter without changing what it accepts.
///
/// Three things: a schema that is nothing but a `$ref` gives way to what it refers to; an `if` that asks for one member's
/// value becomes one look at that member; of `anyOf` the cheapest branch is tried first. Reports use the tables as
/// written, so the two must agree, which the test suite checks on every one of its documents.
enum SchemaShortening {
    static func shortened(
        _ written: SchemaTables, enumerations: [Enumeration], hasDynamicScope: Bool
    ) -> SchemaTables {
        // Within a dynamic scope each step through a `$ref` counts.
        guard !hasDynamicScope else { return written }
        var tables = written
        let targets = written.nodes.indices.map { target(of: Int32($0), written) }
        redirect(&tables, targets)
        for position in tables.code.indices {
            let instruction = tables.code[position]
            switch instruction.opcode {
            case .conditional:
                guard let condition = condition(of: instruction.a, tables, enumerations) else { continue }
                tables.code[position].condition = Int32(tables.conditions.count)
                tables.conditions.append(condition)
            case .anyOf:
                let range = Int(instruction.a)..<Int(instruction.a + instruction.b)
                let costs = tables.lists[range].map { (node: $0, cost: cost(of: $0, tables, enumerations)) }
                let sorted = costs.enumerated().sorted { ($0.element.cost, $0.offset) < ($1.element.cost, $1.offset) }
                tables.lists.replaceSubrange(range, with: sorted.map(\.element.node))
            default: break
            }
        }
        return tables
    }

    // MARK: References

    /// The longest way of bare references that is followed; what goes in circles is left as it is.
    private static let wayMax = 64

    private static func code(_ node: Int32, _ tables: SchemaTables) -> ArraySlice<SchemaInstruction> {
        tables.code[Int(tables.nodes[Int(node)].first)..<Int(tables.nodes[Int(node)].end)]
    }

    /// The node that says the same: the end of a way of bare references; node 0 for a node without instructions.
    private static func target(of number: Int32, _ tables: SchemaTables) -> Int32 {
        var current = number
        for _ in 0..<wayMax {
            guard tables.nodes[Int(current)].isPlain else { return current }
            let code = code(current, tables)
            if code.isEmpty { return SchemaProgram.anything }
            guard code.count == 1, let only = code.first, only.opcode == .reference else { return current }
            current = only.a
        }
        return number
    }

    private static func redirect(_ tables: inout SchemaTables, _ targets: [Int32]) {
        func target(_ node: Int32) -> Int32 { node < 0 ? node : targets[Int(node)] }
        tables.lists = tables.lists.map(target)
        for index in tables.slots.indices { tables.slots[index].node = target(tables.slots[index].node) }
        for index in tables.objects.indices {
            tables.objects[index].additional = target(tables.objects[index].additional)
        }
        for index in tables.patternProperties.indices {
            tables.patternProperties[index].node = target(tables.patternProperties[index].node)
        }
        for index in tables.code.indices {
            switch tables.code[index].opcode {
            case .items, .contains, .containsUnmarked, .propertyNames, .reference, .not, .unevaluatedItems,
                .unevaluatedProperties:
                tables.code[index].a = target(tables.code[index].a)
            case .dependentSchema, .dynamicReference: tables.code[index].b = target(tables.code[index].b)
            case .conditional:
                tables.code[index].a = target(tables.code[index].a)
                tables.code[index].b = target(tables.code[index].b)
                tables.code[index].c = target(tables.code[index].c)
            default: break
            }
        }
    }

    // MARK: Conditions

    /// A node as a condition on one member, if it is no more than that.
    private static func condition(
        of number: Int32, _ tables: SchemaTables, _ enumerations: [Enumeration]
    ) -> MemberCondition? {
        guard tables.nodes[Int(number)].isPlain else { return nil }
        let code = code(number, tables)
        if code.count == 1, let only = code.first, only.opcode == .not {
            guard var condition = condition(of: only.a, tables, enumerations) else { return nil }
            condition.isNegated.toggle()
            condition.holdsForOthers.toggle()
            return condition
        }
        var holdsForOthers = true
        var table: ObjectTable?
        for instruction in code {
            switch instruction.opcode {
            case .type where instruction.a == TypeMask.object: holdsForOthers = false
            case .object where table == nil: table = tables.objects[Int(instruction.a)]
            default: return nil
            }
        }
        guard let table, table.mask >= 0, table.patternCount == 0, table.additional == SchemaProgram.none else {
            return nil
        }
        let slots = tables.slots[Int(table.firstSlot)...Int(table.firstSlot + table.mask)].filter { $0.symbol >= 0 }
        guard slots.count == 1, let slot = slots.first, slot.node > SchemaProgram.anything,
            let strings = strings(of: slot.node, tables, enumerations)
        else { return nil }
        return MemberCondition(
            symbol: slot.symbol, firstSlot: strings.firstSlot, mask: strings.mask, holdsForOthers: holdsForOthers,
            holdsWithout: !slot.isRequired)
    }

    /// The strings that a node accepts, if it accepts nothing else.
    private static func strings(
        of number: Int32, _ tables: SchemaTables, _ enumerations: [Enumeration]
    ) -> Enumeration? {
        guard tables.nodes[Int(number)].isPlain else { return nil }
        var listed: Enumeration?
        for instruction in code(number, tables) {
            switch instruction.opcode {
            case .type where instruction.a & TypeMask.string != 0: break
            case .enumeration where listed == nil, .constant where listed == nil:
                listed = enumerations[Int(instruction.a)]
            default: return nil
            }
        }
        return listed.flatMap { $0.valueCount == 0 ? $0 : nil }
    }

    // MARK: Costs

    /// What a node costs, roughly: a look at a type is 1, a text that is read through is 20.
    private static func cost(of number: Int32, _ tables: SchemaTables, _ enumerations: [Enumeration]) -> Int {
        code(number, tables).reduce(0) { sum, instruction in
            switch instruction.opcode {
            case .never, .type: sum + 1
            case .enumeration, .constant: sum + (enumerations[Int(instruction.a)].valueCount == 0 ? 2 : 20)
            case .minItems, .maxItems, .minProperties, .maxProperties: sum + 1
            case .minLength, .maxLength: sum + 5
            case .pattern, .format, .content, .minimum, .maximum, .exclusiveMinimum, .exclusiveMaximum, .multipleOf:
                sum + 20
            default: sum + 50
            }
        }
    }
}
