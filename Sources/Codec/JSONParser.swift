/// Fills a tape from a JSON text (RFC 8259) in one pass.
///
/// Stricter than the grammar: UTF-8 without a byte order mark, no lone surrogates, no name twice in an object.
///
/// The bytes are read through a pointer into `source`, which is valid while ``tape(of:limits:)`` runs and no longer;
/// every read stands behind a comparison of its offset with `end`.
@safe struct JSONParser {
    let source: [UInt8]
    let limits: JSONLimits
    let bytes: UnsafePointer<UInt8>
    let end: Int
    var offset = 0
    var entries: [JSONTape.Entry] = []
    /// Tape indices of the names of the objects that are open, innermost last.
    var names: [Int] = []

    /// The tape of a whole text.
    static func tape(of source: [UInt8], limits: JSONLimits) throws(JSONFailure) -> JSONTape {
        let byteCountMax = min(limits.byteCountMax, Int(Int32.max))
        guard source.count <= byteCountMax else {
            throw .tooLarge(byteCount: source.count, byteCountMax: byteCountMax)
        }
        // The parser does not outlive the pointer.
        let entries = unsafe try source.withUnsafeBufferPointer { buffer throws(JSONFailure) in
            guard let base = buffer.baseAddress else { return [JSONTape.Entry]() }
            var parser = unsafe JSONParser(source: source, limits: limits, bytes: base)
            try parser.text()
            return parser.entries
        }
        guard !entries.isEmpty else { throw .refused(.unexpectedEnd, at: JSONPosition(of: 0, in: source)) }
        return JSONTape(source: source, entries: entries)
    }

    private init(source: [UInt8], limits: JSONLimits, bytes: UnsafePointer<UInt8>) {
        self.source = source
        self.limits = limits
        unsafe self.bytes = bytes
        end = source.count
        // About what documents hold, so that most arrays grow once at the most.
        entries.reserveCapacity(source.count / 14 + 8)
        names.reserveCapacity(32)
    }

    private mutating func text() throws(JSONFailure) {
        skipWhiteSpace()
        try value(level: 1)
        skipWhiteSpace()
        guard offset == end else { throw refused(.trailingBytes, at: offset) }
    }

    func refused(_ fault: JSONFault, at offset: Int) -> JSONFailure {
        .refused(fault, at: JSONPosition(of: offset, in: source))
    }

    /// What is wrong with the byte here: that it stands here, or that there is none.
    func unexpected() -> JSONFailure {
        offset < source.count
            ? refused(.unexpectedByte(source[offset]), at: offset) : refused(.unexpectedEnd, at: offset)
    }

    /// The byte here; zero, which JSON has nowhere outside strings, at the end.
    var byte: UInt8 { offset < end ? unsafe bytes[offset] : 0 }

    @inline(__always)
    private mutating func skipWhiteSpace() {
        while offset < end {
            switch unsafe bytes[offset] {
            case 0x20, 0x0a, 0x0d, 0x09: offset &+= 1
            default: return
            }
        }
    }

    /// Appends an entry that begins here and returns its index.
    @inline(__always)
    mutating func open(_ kind: JSONKind) throws(JSONFailure) -> Int {
        guard entries.count < limits.nodesMax else {
            throw refused(.tooManyNodes(nodesMax: limits.nodesMax), at: offset)
        }
        let index = entries.count
        entries.append(
            JSONTape.Entry(
                start: UInt32(truncatingIfNeeded: offset), end: UInt32(truncatingIfNeeded: offset),
                next: UInt32(truncatingIfNeeded: index &+ 1), count: 0, kind: kind, hasEscapes: false))
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
}
