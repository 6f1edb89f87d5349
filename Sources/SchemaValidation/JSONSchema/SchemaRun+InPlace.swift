internal import Codec

/// Schemas that look at the same value, and what they leave unevaluated.
extension SchemaRun {
    func dynamicTarget(_ symbol: Int32) -> Int32? {
        for resource in scope {
            if let node = dynamicAnchors[DynamicAnchor(resource: resource, symbol: symbol)] { return node }
        }
        return nil
    }

    mutating func allOf(_ instruction: SchemaInstruction, _ index: Int, _ frame: Int) -> Bool {
        var holds = true
        for offset in 0..<instruction.b where !check(lists[Int(instruction.a &+ offset)], index, frame) {
            holds = false
            guard goesOn else { return false }
        }
        return holds
    }

    mutating func anyOf(_ instruction: SchemaInstruction, _ index: Int, _ frame: Int) -> Bool {
        var holds = false
        for offset in 0..<instruction.b {
            guard decide(lists[Int(instruction.a &+ offset)], index, frame) else { continue }
            holds = true
            // Marks and annotations of the other branches count too.
            if frame == Self.unmarked, trace == nil { break }
        }
        if !holds, isCollecting { reportBranches(instruction, index) }
        return holds
    }

    /// Of the branches that all fail, the one that was meant: the only one that does not fail on the value as a whole.
    ///
    /// A trace is told of all.
    private mutating func reportBranches(_ instruction: SchemaInstruction, _ index: Int) {
        let before = found.count
        var meant: [FoundViolation]?
        for offset in 0..<instruction.b {
            _ = check(lists[Int(instruction.a + offset)], index, Self.unmarked)
            guard trace == nil else { continue }
            let own = Array(found[before...])
            found.removeSubrange(before...)
            guard !own.contains(where: { $0.index == index }) else { continue }
            guard meant == nil else { return }
            meant = own
        }
        found += meant ?? []
    }

    mutating func oneOf(_ instruction: SchemaInstruction, _ index: Int, _ frame: Int) -> Bool {
        var count = 0
        for offset in 0..<instruction.b {
            if decide(lists[Int(instruction.a &+ offset)], index, frame) { count += 1 }
            if count > 1 { return false }
        }
        if count == 0, isCollecting { reportBranches(instruction, index) }
        return count == 1
    }

    mutating func conditional(
        _ instruction: SchemaInstruction, _ index: Int, _ bit: Int32, _ frame: Int
    ) -> Bool {
        let isMet: Bool
        if instruction.condition >= 0, frame == Self.unmarked {
            isMet = holds(conditions[Int(instruction.condition)], index, bit)
        } else {
            isMet = decide(instruction.a, index, frame)
        }
        let branch = isMet ? instruction.b : instruction.c
        return branch == SchemaProgram.none || check(branch, index, frame)
    }

    private mutating func holds(_ condition: MemberCondition, _ index: Int, _ bit: Int32) -> Bool {
        guard bit == TypeMask.object else { return condition.holdsForOthers }
        let value = member(condition.symbol, index)
        guard value >= 0 else { return condition.holdsWithout != condition.isNegated }
        guard TypeMask.bit(entries[value].kind) == TypeMask.string else { return condition.isNegated }
        let symbol = symbol(value)
        let isListed = symbol >= 0 && slot(symbol, condition.firstSlot, condition.mask) >= 0
        return isListed != condition.isNegated
    }

    /// Whether what no other keyword has looked at satisfies a node.
    ///
    /// `step` is how many tape entries stand before the next value: 1 in an array, 2 in an object.
    mutating func unevaluated(_ number: Int32, _ index: Int, _ frame: Int, step: Int) -> Bool {
        var holds = true
        var value = index + step
        for place in 0..<Int(entries[index].count) {
            if !marks[frame + place] {
                if step == 2 { trace?.enter(.unevaluatedProperties, value - 1) } else { trace?.learn(.rest) }
                if check(number, value, Self.unmarked) {
                    marks[frame + place] = true
                } else {
                    holds = false
                    guard goesOn else { return false }
                }
            }
            value = Int(entries[value].next) + step - 1
        }
        return holds
    }
}
