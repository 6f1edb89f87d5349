internal import Codec

/// Checks of objects.
extension SchemaRun {
    mutating func object(_ instruction: SchemaInstruction, _ index: Int, _ frame: Int) -> Bool {
        let table = objects[Int(instruction.a)]
        var holds = true
        var requiredCount: Int32 = 0
        var name = index &+ 1
        let end = Int(entries[index].next)
        var place = 0
        while name < end {
            let value = name &+ 1
            var isCovered = false
            let symbol = symbol(name)
            if symbol >= 0 {
                let position = slot(symbol, table.firstSlot, table.mask)
                if position >= 0 {
                    let slot = slots[position]
                    if slot.isRequired { requiredCount &+= 1 }
                    if slot.node != SchemaProgram.none {
                        isCovered = true
                        trace?.enter(.properties, name)
                        if !check(slot.node, value, Self.unmarked) { holds = false }
                    }
                }
            }
            if table.patternCount > 0, checkPatterns(table, name, &isCovered) == false { holds = false }
            if !isCovered, table.additional != SchemaProgram.none {
                isCovered = true
                trace?.enter(.additionalProperties, name)
                if !check(table.additional, value, Self.unmarked) { holds = false }
            }
            if !holds, !goesOn { return false }
            if isCovered, frame != Self.unmarked { marks[frame + place] = true }
            place &+= 1
            name = Int(entries[value].next)
        }
        guard requiredCount < table.requiredCount else { return holds && !isExhausted }
        if isCollecting { reportMissing(table, index) }
        return false
    }

    private mutating func checkPatterns(_ table: ObjectTable, _ name: Int, _ isCovered: inout Bool) -> Bool {
        var holds = true
        for offset in 0..<table.patternCount {
            let property = patternProperties[Int(table.firstPattern + offset)]
            guard matches(Int(property.pattern), name) else { continue }
            isCovered = true
            trace?.enter(.patternProperties, name)
            if !check(property.node, name + 1, Self.unmarked) { holds = false }
        }
        return holds
    }

    private mutating func reportMissing(_ table: ObjectTable, _ index: Int) {
        for offset in 0..<table.requiredCount {
            let symbol = symbolLists[Int(table.firstRequired + offset)]
            guard member(symbol, index) < 0, found.count < foundCountMax else { continue }
            report(
                index, SchemaLocation(document: table.document, index: table.requiredPlace), .missing(symbol))
        }
    }

    mutating func propertyNames(_ number: Int32, _ index: Int) -> Bool {
        var holds = true
        var name = index &+ 1
        let end = Int(entries[index].next)
        while name < end {
            if !check(number, name, Self.unmarked) {
                holds = false
                guard goesOn else { return false }
            }
            name = Int(entries[name &+ 1].next)
        }
        return holds
    }

    /// The value of a member, or -1.
    mutating func member(_ wanted: Int32, _ index: Int) -> Int {
        if lastLook.object == index, lastLook.symbol == wanted { return lastLook.value }
        var name = index &+ 1
        let end = Int(entries[index].next)
        var value = -1
        while name < end {
            if symbol(name) == wanted {
                value = name &+ 1
                break
            }
            name = Int(entries[name &+ 1].next)
        }
        lastLook = (index, wanted, value)
        return value
    }

    mutating func dependentRequired(_ instruction: SchemaInstruction, _ index: Int) -> Bool {
        guard member(instruction.a, index) >= 0 else { return true }
        for offset in 0..<instruction.c {
            guard member(symbolLists[Int(instruction.b + offset)], index) >= 0 else { return false }
        }
        return true
    }
}
