internal import Codec

/// Checks of numbers and strings.
extension SchemaRun {
    func isInteger(_ index: Int) -> Bool {
        let entry = entries[index]
        for offset in Int(entry.start)..<Int(entry.end)
        where source[offset] == UInt8(ascii: ".") || source[offset] | 0x20 == UInt8(ascii: "e") {
            return number(index).isInteger
        }
        return true
    }

    func number(_ index: Int) -> ExactNumber {
        let entry = entries[index]
        return ExactNumber(bytes[Int(entry.start)..<Int(entry.end)])
    }

    func keeps(_ opcode: SchemaOpcode, _ index: Int, _ bound: SchemaNumber) -> Bool {
        let entry = entries[index]
        if let small = bound.small, let number = SmallNumber(source, Int(entry.start), Int(entry.end)),
            let answer = number.keeps(opcode, small)
        {
            return answer
        }
        let (number, exact) = (number(index), bound.exact)
        return switch opcode {
        case .minimum: !(number < exact)
        case .maximum: !(exact < number)
        case .exclusiveMinimum: exact < number
        case .exclusiveMaximum: number < exact
        default: number.isMultiple(of: exact)
        }
    }

    mutating func isMember(_ index: Int, _ bit: Int32, _ table: Enumeration) -> Bool {
        if bit == TypeMask.string {
            let symbol = symbol(index)
            return symbol >= 0 && slot(symbol, table.firstSlot, table.mask) >= 0
        }
        for position in Int(table.firstValue)..<Int(table.firstValue + table.valueCount) {
            if JSONEquality.areEqual(index, in: tape, values[position].index, in: values[position].tape) { return true }
        }
        return false
    }

    /// Scalars in a string, counted no further than the bound.
    func length(_ index: Int, atMost bound: Int) -> Int {
        let entry = entries[index]
        if entry.hasEscapes { return tape.content(index).count { $0 & 0xc0 != 0x80 } }
        var count = 0
        for offset in Int(entry.start)..<Int(entry.end) where source[offset] & 0xc0 != 0x80 {
            count += 1
            if count >= bound { break }
        }
        return count
    }

    mutating func matches(_ pattern: Int, _ index: Int) -> Bool {
        let entry = entries[index]
        guard patternStepsLeft > 0 else {
            isExhausted = true
            return false
        }
        let match: (outcome: Pattern.Outcome, stepCount: Int)
        if entry.hasEscapes {
            let content = Array(tape.content(index))
            match = patterns[pattern].decide(content, in: 0..<content.count, scratch: &scratch)
        } else {
            match = patterns[pattern].decide(bytes, in: Int(entry.start)..<Int(entry.end), scratch: &scratch)
        }
        patternStepsLeft &-= match.stepCount
        switch match.outcome {
        case .matched: return true
        case .unmatched: return false
        case .undecided:
            isExhausted = true
            return false
        }
    }

    func hasFormat(_ raw: Int32, _ index: Int) -> Bool {
        guard let format = Format(rawValue: UInt8(truncatingIfNeeded: raw)) else { return true }
        let entry = entries[index]
        guard entry.hasEscapes else { return format.accepts(bytes, in: Int(entry.start)..<Int(entry.end)) }
        let content = Array(tape.content(index))
        return format.accepts(content, in: 0..<content.count)
    }

    // MARK: Symbols

    /// The symbol of a string or name, or -1.
    mutating func symbol(_ index: Int) -> Int32 {
        let known = symbols[index]
        if known != 0 { return known &- 2 }
        let entry = entries[index]
        let symbol: Int32
        if entry.hasEscapes {
            let content = Array(tape.content(index))
            symbol = find(content.span, 0, content.count)
        } else {
            symbol = find(source, Int(entry.start), Int(entry.end))
        }
        symbols[index] = symbol &+ 2
        return symbol
    }

    private func find(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> Int32 {
        guard end &- start <= symbolByteCountMax else { return -1 }
        let mask = UInt32(truncatingIfNeeded: symbolSlots.count &- 1)
        var slot = SymbolTable.hash(text, start, end) & mask
        while true {
            let symbol = symbolSlots[Int(slot)]
            if symbol < 0 { return -1 }
            let first = Int(symbolStarts[Int(symbol)])
            if Int(symbolStarts[Int(symbol) &+ 1]) &- first == end &- start {
                var offset = 0
                while offset < end &- start, symbolBytes[first &+ offset] == text[start &+ offset] { offset &+= 1 }
                if offset == end &- start { return symbol }
            }
            slot = (slot &+ 1) & mask
        }
    }

    /// The place of a symbol among slots, or -1.
    func slot(_ symbol: Int32, _ first: Int32, _ mask: Int32) -> Int {
        guard mask >= 0 else { return -1 }
        var position = symbol & mask
        while true {
            let place = Int(first &+ position)
            let found = slots[place].symbol
            if found == symbol { return place }
            if found < 0 { return -1 }
            position = (position &+ 1) & mask
        }
    }
}
