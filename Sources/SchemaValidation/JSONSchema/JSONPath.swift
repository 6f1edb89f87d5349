internal import Codec

/// From a place on a tape back to the way that leads there.
enum JSONPath {
    /// The JSON Pointer to a value; of a member's name, the pointer to the member.
    /// - Complexity: linear in the values that stand before it on each level.
    static func pointer(to index: Int, in tape: JSONTape) -> String {
        var pointer = JSONPointer()
        var current = 0
        while current < index {
            let isObject = tape.entries[current].kind == .object
            var child = current + 1
            var place = 0
            while true {
                let value = isObject ? child + 1 : child
                let next = Int(tape.entries[value].next)
                if index < next {
                    pointer = isObject ? pointer.appending(tape.string(child)) : pointer.appending(place)
                    if index < value { return pointer.description }
                    current = value
                    break
                }
                child = next
                place += 1
            }
        }
        return pointer.description
    }

    /// Lines and columns (in scalars) of byte offsets that rise.
    static func positions(of offsets: [Int], in source: [UInt8]) -> [(line: Int, column: Int)] {
        var positions: [(line: Int, column: Int)] = []
        var (line, column, index) = (1, 1, 0)
        for offset in offsets {
            while index < min(offset, source.count) {
                if source[index] == UInt8(ascii: "\n") {
                    line += 1
                    column = 1
                } else if source[index] & 0xc0 != 0x80 {
                    column += 1
                }
                index += 1
            }
            positions.append((line, column))
        }
        return positions
    }
}
