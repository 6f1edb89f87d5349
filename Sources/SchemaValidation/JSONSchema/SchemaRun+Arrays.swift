internal import Codec

/// Checks of arrays.
extension SchemaRun {
    mutating func prefixItems(_ instruction: SchemaInstruction, _ index: Int, _ frame: Int) -> Bool {
        var holds = true
        var element = index + 1
        let end = Int(entries[index].next)
        var place = 0
        while element < end, place < Int(instruction.b) {
            if !check(lists[Int(instruction.a) + place], element, Self.unmarked) {
                holds = false
                guard goesOn else { return false }
            } else if frame != Self.unmarked {
                marks[frame + place] = true
            }
            place += 1
            element = Int(entries[element].next)
        }
        if place > 0 { trace?.learn(.prefixItems(place, of: Int(entries[index].count))) }
        return holds
    }

    mutating func items(_ instruction: SchemaInstruction, _ index: Int, _ frame: Int) -> Bool {
        var holds = true
        var element = index &+ 1
        let end = Int(entries[index].next)
        var place = 0
        while element < end {
            if place >= Int(instruction.b) {
                if !check(instruction.a, element, Self.unmarked) {
                    holds = false
                    guard goesOn else { return false }
                } else if frame != Self.unmarked {
                    marks[frame + place] = true
                }
            }
            place &+= 1
            element = Int(entries[element].next)
        }
        if place > Int(instruction.b) { trace?.learn(.rest) }
        return holds
    }

    mutating func contains(_ instruction: SchemaInstruction, _ index: Int, _ frame: Int) -> Bool {
        var count = 0
        var element = index + 1
        let end = Int(entries[index].next)
        var place = 0
        let marksMatches = frame != Self.unmarked && instruction.opcode == .contains
        var places: [Int] = []
        while element < end {
            if decide(instruction.a, element, Self.unmarked) {
                count += 1
                if marksMatches { marks[frame + place] = true }
                if trace != nil { places.append(place) }
                if !marksMatches, trace == nil, instruction.c < 0, count >= Int(instruction.b) { return true }
            }
            place += 1
            element = Int(entries[element].next)
        }
        trace?.learn(.places(places, of: place))
        return count >= Int(instruction.b) && (instruction.c < 0 || count <= Int(instruction.c))
    }

    /// Whether to look further after a rule was broken.
    var goesOn: Bool { isCollecting && !isExhausted && found.count < foundCountMax }
}
