internal import Codec

/// Equality of JSON values as JSON Schema has it: numbers by value, strings by content, members in any order.
enum JSONEquality {
    /// Whether two values, each on its tape, are equal.
    static func areEqual(_ one: Int, in tape: JSONTape, _ other: Int, in otherTape: JSONTape) -> Bool {
        let (entry, otherEntry) = (tape.entries[one], otherTape.entries[other])
        guard entry.kind == otherEntry.kind, entry.count == otherEntry.count else { return false }
        switch entry.kind {
        case .null: return true
        case .boolean: return entry.end - entry.start == otherEntry.end - otherEntry.start
        case .string: return tape.content(one).elementsEqual(otherTape.content(other))
        case .number:
            let (digits, otherDigits) = (tape.content(one), otherTape.content(other))
            return digits.elementsEqual(otherDigits) || ExactNumber(digits) == ExactNumber(otherDigits)
        case .array:
            var (element, otherElement) = (one + 1, other + 1)
            while element < Int(entry.next) {
                guard areEqual(element, in: tape, otherElement, in: otherTape) else { return false }
                element = Int(tape.entries[element].next)
                otherElement = Int(otherTape.entries[otherElement].next)
            }
            return true
        case .object:
            let members = Dictionary(
                uniqueKeysWithValues: JSONNode(tape: otherTape, index: other).fields.map { ($0.name, $0.value.index) })
            return JSONNode(tape: tape, index: one).fields.allSatisfy { field in
                guard let match = members[field.name] else { return false }
                return areEqual(field.value.index, in: tape, match, in: otherTape)
            }
        }
    }

    /// Whether no two elements of an array are equal.
    /// - Complexity: linear in the array's values, by a hash with a seed of the process.
    static func areUnique(_ index: Int, in tape: JSONTape) -> Bool {
        guard tape.entries[index].count > 1 else { return true }
        guard tape.entries[index].count > pairwiseMax else { return areFewUnique(index, in: tape) }
        let elements = JSONNode(tape: tape, index: index).elements.map(\.index)
        var seen: [Int: [Int]] = [:]
        for element in elements {
            var hasher = Hasher()
            hash(element, in: tape, into: &hasher)
            let key = hasher.finalize()
            for earlier in seen[key, default: []] where areEqual(element, in: tape, earlier, in: tape) { return false }
            seen[key, default: []].append(element)
        }
        return true
    }

    /// So many elements are compared in pairs.
    private static let pairwiseMax = 8

    private static func areFewUnique(_ index: Int, in tape: JSONTape) -> Bool {
        var later = index + 1
        while later < Int(tape.entries[index].next) {
            var earlier = index + 1
            while earlier < later {
                if areEqual(later, in: tape, earlier, in: tape) { return false }
                earlier = Int(tape.entries[earlier].next)
            }
            later = Int(tape.entries[later].next)
        }
        return true
    }

    private static func hash(_ index: Int, in tape: JSONTape, into hasher: inout Hasher) {
        let entry = tape.entries[index]
        hasher.combine(entry.kind)
        hasher.combine(entry.count)
        switch entry.kind {
        case .null: break
        case .boolean: hasher.combine(entry.end - entry.start)
        case .string: hasher.combine(tape.string(index))
        case .number: hasher.combine(ExactNumber(tape.content(index)))
        case .array:
            for element in JSONNode(tape: tape, index: index).elements {
                hash(element.index, in: tape, into: &hasher)
            }
        case .object:
            // Order does not count: the members' own hashes are added up.
            var sum = 0
            for field in JSONNode(tape: tape, index: index).fields {
                var member = Hasher()
                member.combine(field.name)
                hash(field.value.index, in: tape, into: &member)
                sum &+= member.finalize()
            }
            hasher.combine(sum)
        }
    }
}
