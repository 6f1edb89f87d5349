/// Fills a tape from a JSON text (RFC 8259) in one pass.
///
/// Stricter than the grammar: UTF-8 without a byte order mark, no lone surrogates, no name twice in an object.
struct JSONParser {
    private let source: [UInt8]
    private let limits: JSONLimits
    private var offset = 0
    private var entries: [JSONTape.Entry] = []
    /// Tape indices of the names of the objects that are open, innermost last.
    private var names: [Int] = []

    /// The tape of a whole text.
    static func tape(of source: [UInt8], limits: JSONLimits) throws(JSONFailure) -> JSONTape {
        let byteCountMax = min(limits.byteCountMax, Int(Int32.max))
        guard source.count <= byteCountMax else {
            throw .tooLarge(byteCount: source.count, byteCountMax: byteCountMax)
        }
        var parser = JSONParser(source: source, limits: limits)
        parser.skipWhiteSpace()
        try parser.value(level: 1)
        parser.skipWhiteSpace()
        guard parser.offset == source.count else { throw parser.refused(.trailingBytes, at: parser.offset) }
        return JSONTape(source: source, entries: parser.entries)
    }

    private init(source: [UInt8], limits: JSONLimits) {
        self.source = source
        self.limits = limits
        entries.reserveCapacity(source.count / 16 + 1)
    }

    private func refused(_ fault: JSONFault, at offset: Int) -> JSONFailure {
        .refused(fault, at: JSONPosition(of: offset, in: source))
    }

    /// What is wrong with the byte here: that it stands here, or that there is none.
    private func unexpected() -> JSONFailure {
        offset < source.count
            ? refused(.unexpectedByte(source[offset]), at: offset) : refused(.unexpectedEnd, at: offset)
    }

    /// The byte here; zero, which JSON has nowhere outside strings, at the end.
    private var byte: UInt8 { offset < source.count ? source[offset] : 0 }

    private mutating func skipWhiteSpace() {
        while offset < source.count {
            switch source[offset] {
            case 0x20, 0x0a, 0x0d, 0x09: offset += 1
            default: return
            }
        }
    }

    /// Appends an entry that begins here and returns its index.
    private mutating func open(_ kind: JSONKind) throws(JSONFailure) -> Int {
        guard entries.count < limits.nodesMax else {
            throw refused(.tooManyNodes(nodesMax: limits.nodesMax), at: offset)
        }
        let index = entries.count
        entries.append(
            JSONTape.Entry(
                start: UInt32(offset), end: UInt32(offset), next: UInt32(index + 1), count: 0, kind: kind,
                hasEscapes: false))
        return index
    }

    private mutating func value(level: Int) throws(JSONFailure) {
        guard level <= limits.levelsMax else { throw refused(.tooDeep(levelsMax: limits.levelsMax), at: offset) }
        switch byte {
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "{"): try object(level: level)
        case UInt8(ascii: "["): try array(level: level)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
        case UInt8(ascii: "t"): try word("true", .boolean)
        case UInt8(ascii: "f"): try word("false", .boolean)
        case UInt8(ascii: "n"): try word("null", .null)
        default: throw unexpected()
        }
    }

    private mutating func word(_ word: StaticString, _ kind: JSONKind) throws(JSONFailure) {
        let index = try open(kind)
        for character in StaticBytes(word) {
            guard byte == character else { throw unexpected() }
            offset += 1
        }
        entries[index].end = UInt32(offset)
    }

    private mutating func array(level: Int) throws(JSONFailure) {
        let index = try open(.array)
        var count: UInt32 = 0
        offset += 1
        skipWhiteSpace()
        if byte != UInt8(ascii: "]") {
            while true {
                try value(level: level + 1)
                count += 1
                skipWhiteSpace()
                if byte == UInt8(ascii: "]") { break }
                guard byte == UInt8(ascii: ",") else { throw unexpected() }
                offset += 1
                skipWhiteSpace()
            }
        }
        close(index, count)
    }

    private mutating func object(level: Int) throws(JSONFailure) {
        let index = try open(.object)
        let firstName = names.count
        offset += 1
        skipWhiteSpace()
        if byte != UInt8(ascii: "}") {
            while true {
                guard byte == UInt8(ascii: "\"") else { throw unexpected() }
                names.append(try string())
                skipWhiteSpace()
                guard byte == UInt8(ascii: ":") else { throw unexpected() }
                offset += 1
                skipWhiteSpace()
                try value(level: level + 1)
                skipWhiteSpace()
                if byte == UInt8(ascii: "}") { break }
                guard byte == UInt8(ascii: ",") else { throw unexpected() }
                offset += 1
                skipWhiteSpace()
            }
        }
        close(index, UInt32(names.count - firstName))
        try checkNames(from: firstName)
        names.removeSubrange(firstName...)
    }

    private mutating func close(_ index: Int, _ count: UInt32) {
        offset += 1
        entries[index].end = UInt32(offset)
        entries[index].next = UInt32(entries.count)
        entries[index].count = count
    }

    private mutating func string() throws(JSONFailure) -> Int {
        offset += 1
        let index = try open(.string)
        var hasEscapes = false
        while true {
            guard offset < source.count else { throw unexpected() }
            let byte = source[offset]
            switch byte {
            case UInt8(ascii: "\""):
                entries[index].end = UInt32(offset)
                entries[index].hasEscapes = hasEscapes
                offset += 1
                return index
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try escape()
            case 0x20..<0x80: offset += 1
            case ..<0x20: throw refused(.controlCharacter(byte), at: offset)
            default: try scalar(leadBy: byte)
            }
        }
    }

    private mutating func escape() throws(JSONFailure) {
        let start = offset
        offset += 1
        guard offset < source.count else { throw unexpected() }
        if source[offset] != UInt8(ascii: "u") {
            guard JSONText.character(ofEscape: source[offset]) != nil else { throw refused(.invalidEscape, at: start) }
            offset += 1
            return
        }
        guard let unit = JSONText.hex4(source[...], at: offset + 1) else { throw refused(.invalidEscape, at: start) }
        offset += 5
        guard unit & 0xf800 == 0xd800 else { return }
        guard unit & 0xfc00 == 0xd800, offset + 1 < source.count, source[offset] == UInt8(ascii: "\\"),
            source[offset + 1] == UInt8(ascii: "u"), let low = JSONText.hex4(source[...], at: offset + 2),
            low & 0xfc00 == 0xdc00
        else { throw refused(.loneSurrogate, at: start) }
        offset += 6
    }

    /// Steps over a scalar of two to four bytes (the table of RFC 3629 §4).
    private mutating func scalar(leadBy lead: UInt8) throws(JSONFailure) {
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xbf
        switch lead {
        case 0xc2...0xdf: length = 2
        case 0xe0...0xef:
            length = 3
            if lead == 0xe0 { second = 0xa0...0xbf }
            if lead == 0xed { second = 0x80...0x9f }
        case 0xf0...0xf4:
            length = 4
            if lead == 0xf0 { second = 0x90...0xbf }
            if lead == 0xf4 { second = 0x80...0x8f }
        default: throw refused(.invalidUTF8, at: offset)
        }
        guard offset + length <= source.count, second.contains(source[offset + 1]) else {
            throw refused(.invalidUTF8, at: offset)
        }
        for position in offset + 2..<max(offset + 2, offset + length) where source[position] & 0xc0 != 0x80 {
            throw refused(.invalidUTF8, at: offset)
        }
        offset += length
    }

    private mutating func number() throws(JSONFailure) {
        let start = offset
        let index = try open(.number)
        if byte == UInt8(ascii: "-") { offset += 1 }
        if byte == UInt8(ascii: "0") {
            offset += 1
            if Self.isDigit(byte) { throw refused(.malformedNumber, at: start) }
        } else {
            try digits(start)
        }
        if byte == UInt8(ascii: ".") {
            offset += 1
            try digits(start)
        }
        if byte | 0x20 == UInt8(ascii: "e") {
            offset += 1
            if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { offset += 1 }
            try digits(start)
        }
        entries[index].end = UInt32(offset)
    }

    private mutating func digits(_ start: Int) throws(JSONFailure) {
        guard Self.isDigit(byte) else { throw refused(.malformedNumber, at: start) }
        while Self.isDigit(byte) { offset += 1 }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0") <= byte && byte <= UInt8(ascii: "9") }
}

/// Names given twice.
extension JSONParser {
    /// Above this many members names are sorted rather than compared in pairs.
    private static let pairwiseMax = 16

    /// Refuses an object, whose names begin at `first` in `names`, where two are equal after unescaping.
    ///
    /// - Complexity: n log n in names, whatever the names are.
    private func checkNames(from first: Int) throws(JSONFailure) {
        let count = names.count - first
        guard count > 1 else { return }
        let own = names[first...]
        if own.contains(where: { entries[$0].hasEscapes }) {
            try checkSorted(own.map { ($0, content($0)[...]) })
        } else if count > Self.pairwiseMax {
            try checkSorted(own.map { ($0, source[Int(entries[$0].start)..<Int(entries[$0].end)]) })
        } else {
            for later in own.indices.dropFirst() {
                for earlier in own.startIndex..<later where isSameText(own[earlier], own[later]) {
                    throw duplicate(own[later])
                }
            }
        }
    }

    private func checkSorted(_ names: [(index: Int, text: ArraySlice<UInt8>)]) throws(JSONFailure) {
        let sorted = names.sorted { first, second in
            if first.text.count != second.text.count { return first.text.count < second.text.count }
            return first.text.lexicographicallyPrecedes(second.text)
        }
        for (first, second) in zip(sorted, sorted.dropFirst()) where first.text == second.text {
            throw duplicate(max(first.index, second.index))
        }
    }

    private func isSameText(_ first: Int, _ second: Int) -> Bool {
        let left = entries[first]
        let right = entries[second]
        guard left.end - left.start == right.end - right.start else { return false }
        var position = Int(left.start)
        var other = Int(right.start)
        while position < Int(left.end) {
            guard source[position] == source[other] else { return false }
            position += 1
            other += 1
        }
        return true
    }

    private func content(_ index: Int) -> [UInt8] {
        JSONText.unescaped(source[Int(entries[index].start)..<Int(entries[index].end)])
    }

    private func duplicate(_ index: Int) -> JSONFailure {
        refused(
            .duplicateName(String(decoding: content(index), as: UTF8.self)), at: Int(entries[index].start) - 1)
    }
}
