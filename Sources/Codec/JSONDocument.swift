/// What a JSON parser takes before it gives up.
package struct JSONLimits: Sendable {
    /// Nesting of arrays and objects.
    package var depthMax: Int
    /// Bytes of the whole text.
    package var byteCountMax: Int

    package init(depthMax: Int, byteCountMax: Int) {
        self.depthMax = depthMax
        self.byteCountMax = byteCountMax
    }

    /// Documents that people and systems exchange: 64 levels, 64 MiB.
    package static let standard = JSONLimits(depthMax: 64, byteCountMax: 64 << 20)
}

/// Why text is not the JSON that was asked for, and where.
package struct JSONFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    package enum Reason: String, Hashable, Sendable {
        case tooLarge = "the text is too large"
        case tooDeep = "arrays and objects are nested too deep"
        case invalidUTF8 = "the text is not UTF-8"
        case unexpectedEnd = "the text ends too early"
        case unexpectedCharacter = "unexpected character"
        case invalidNumber = "not a JSON number"
        case numberOutOfRange = "the number is beyond an IEEE 754 double"
        case invalidEscape = "not a JSON escape sequence"
        case loneSurrogate = "half of a surrogate pair"
        case controlCharacter = "a control character within a string"
        case duplicateKey = "the object has this member already"
        case trailingCharacters = "characters follow the value"
    }

    package var reason: Reason
    /// Byte offset from 0; line and column (in bytes) from 1.
    package var offset: Int
    package var line: Int
    package var column: Int

    package var description: String { "line \(line), column \(column): \(reason.rawValue)" }
}

/// A JSON text (RFC 8259), checked once and read in place: a flat tape of its values over the source bytes.
///
/// Strings and numbers are not copied until asked for; numbers keep their exact digits; member names are unique.
/// - Complexity: one pass; 16 bytes of tape for each value and each member name.
package struct JSONDocument: Sendable {
    let storage: JSONStorage

    /// Parses a whole text.
    package init(parsing source: [UInt8], limits: JSONLimits = .standard) throws(JSONFailure) {
        var parser = JSONParser(source: source, limits: limits)
        storage = JSONStorage(source: source, tape: try parser.parse())
    }

    /// The outermost value.
    package var root: JSONNode { JSONNode(storage: storage, index: 0) }
    /// The text.
    package var source: [UInt8] { storage.source }
}

/// A parsed text; immutable.
final class JSONStorage: Sendable {
    let source: [UInt8]
    let tape: [JSONEntry]

    init(source: [UInt8], tape: [JSONEntry]) {
        self.source = source
        self.tape = tape
    }

    /// Line and column of a byte, both from 1.
    static func position(of offset: Int, in source: [UInt8]) -> (line: Int, column: Int) {
        var line = 1
        var lineStart = 0
        for (index, byte) in source[..<min(offset, source.count)].enumerated() where byte == UInt8(ascii: "\n") {
            line += 1
            lineStart = index + 1
        }
        return (line, offset - lineStart + 1)
    }
}

/// The kinds of JSON values.
package enum JSONKind: UInt8, Sendable {
    case null, boolean, number, string, array, object
}

/// One value or member name on the tape. An object's children alternate name and value.
struct JSONEntry: Sendable {
    var kind: JSONKind
    /// A string: whether it holds escapes. A boolean: its value.
    var flag: Bool
    /// Source range: a string's content without quotes, else the whole value.
    var start: UInt32
    var end: UInt32
    /// Tape index after this value's subtree.
    var next: UInt32
}

/// The parser: one recursive descent, bounded by `JSONLimits.depthMax`.
private struct JSONParser {
    let source: [UInt8]
    let limits: JSONLimits
    var offset = 0
    var tape: [JSONEntry] = []
    var sawNonASCII = false

    init(source: [UInt8], limits: JSONLimits) {
        self.source = source
        self.limits = limits
    }

    mutating func parse() throws(JSONFailure) -> [JSONEntry] {
        guard source.count <= min(limits.byteCountMax, Int(Int32.max)) else { throw failure(.tooLarge, at: 0) }
        tape.reserveCapacity(source.count / 12 + 8)
        skipWhitespace()
        try value(depth: 0)
        skipWhitespace()
        guard offset == source.count else { throw failure(.trailingCharacters, at: offset) }
        if sawNonASCII, let bad = Self.firstInvalidUTF8(source) { throw failure(.invalidUTF8, at: bad) }
        return tape
    }

    func failure(_ reason: JSONFailure.Reason, at offset: Int) -> JSONFailure {
        let (line, column) = JSONStorage.position(of: offset, in: source)
        return JSONFailure(reason: reason, offset: offset, line: line, column: column)
    }

    private mutating func skipWhitespace() {
        while offset < source.count {
            switch source[offset] {
            case 0x20, 0x0a, 0x0d, 0x09: offset += 1
            default: return
            }
        }
    }

    private func current() throws(JSONFailure) -> UInt8 {
        guard offset < source.count else { throw failure(.unexpectedEnd, at: offset) }
        return source[offset]
    }

    private mutating func value(depth: Int) throws(JSONFailure) {
        switch try current() {
        case UInt8(ascii: "{"): try object(depth: depth)
        case UInt8(ascii: "["): try array(depth: depth)
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "t"): try literal("true", .boolean, flag: true)
        case UInt8(ascii: "f"): try literal("false", .boolean, flag: false)
        case UInt8(ascii: "n"): try literal("null", .null, flag: false)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
        default: throw failure(.unexpectedCharacter, at: offset)
        }
    }

    private mutating func append(_ kind: JSONKind, flag: Bool, _ start: Int, _ end: Int) {
        tape.append(
            JSONEntry(
                kind: kind, flag: flag, start: UInt32(start), end: UInt32(end), next: UInt32(tape.count + 1)))
    }

    private mutating func literal(_ text: StaticString, _ kind: JSONKind, flag: Bool) throws(JSONFailure) {
        let start = offset
        let count = text.utf8CodeUnitCount
        guard source.count - offset >= count else { throw failure(.unexpectedEnd, at: source.count) }
        let matches = text.withUTF8Buffer { expected in
            (0..<count).allSatisfy { unsafe expected[$0] == source[start + $0] }
        }
        guard matches else { throw failure(.unexpectedCharacter, at: start) }
        offset += count
        append(kind, flag: flag, start, offset)
    }

    private mutating func number() throws(JSONFailure) {
        let start = offset
        func digits() -> Int {
            var count = 0
            while offset < source.count, source[offset] &- UInt8(ascii: "0") < 10 {
                offset += 1
                count += 1
            }
            return count
        }
        if source[offset] == UInt8(ascii: "-") { offset += 1 }
        let first = offset
        let whole = digits()
        guard whole == 1 || whole > 1 && source[first] != UInt8(ascii: "0") else {
            throw failure(.invalidNumber, at: start)
        }
        if offset < source.count, source[offset] == UInt8(ascii: ".") {
            offset += 1
            guard digits() > 0 else { throw failure(.invalidNumber, at: start) }
        }
        if offset < source.count, source[offset] | 0x20 == UInt8(ascii: "e") {
            offset += 1
            if offset < source.count, source[offset] == UInt8(ascii: "+") || source[offset] == UInt8(ascii: "-") {
                offset += 1
            }
            guard digits() > 0 else { throw failure(.invalidNumber, at: start) }
        }
        append(.number, flag: false, start, offset)
    }

    private mutating func string() throws(JSONFailure) {
        offset += 1
        let start = offset
        var hasEscapes = false
        while true {
            guard offset < source.count else { throw failure(.unexpectedEnd, at: source.count) }
            let byte = source[offset]
            if byte == UInt8(ascii: "\"") { break }
            if byte < 0x20 { throw failure(.controlCharacter, at: offset) }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                try escape()
            } else {
                if byte >= 0x80 { sawNonASCII = true }
                offset += 1
            }
        }
        append(.string, flag: hasEscapes, start, offset)
        offset += 1
    }

    private mutating func escape() throws(JSONFailure) {
        let start = offset
        guard offset + 1 < source.count else { throw failure(.unexpectedEnd, at: source.count) }
        switch source[offset + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            offset += 2
        case UInt8(ascii: "u"):
            guard let unit = JSONEscape.unit(in: source, at: offset) else {
                throw failure(.invalidEscape, at: start)
            }
            offset += 6
            switch unit {
            case 0xd800...0xdbff:
                guard let low = JSONEscape.unit(in: source, at: offset), (0xdc00...0xdfff).contains(low) else {
                    throw failure(.loneSurrogate, at: start)
                }
                offset += 6
            case 0xdc00...0xdfff: throw failure(.loneSurrogate, at: start)
            default: break
            }
        default: throw failure(.invalidEscape, at: start)
        }
    }

    private mutating func array(depth: Int) throws(JSONFailure) {
        guard depth < limits.depthMax else { throw failure(.tooDeep, at: offset) }
        let index = tape.count
        append(.array, flag: false, offset, offset)
        offset += 1
        skipWhitespace()
        if try current() == UInt8(ascii: "]") {
            offset += 1
        } else {
            while true {
                skipWhitespace()
                try value(depth: depth + 1)
                skipWhitespace()
                let byte = try current()
                offset += 1
                if byte == UInt8(ascii: "]") { break }
                guard byte == UInt8(ascii: ",") else { throw failure(.unexpectedCharacter, at: offset - 1) }
            }
        }
        close(index)
    }

    private mutating func object(depth: Int) throws(JSONFailure) {
        guard depth < limits.depthMax else { throw failure(.tooDeep, at: offset) }
        let index = tape.count
        append(.object, flag: false, offset, offset)
        offset += 1
        skipWhitespace()
        var count = 0
        if try current() == UInt8(ascii: "}") {
            offset += 1
        } else {
            while true {
                skipWhitespace()
                guard try current() == UInt8(ascii: "\"") else { throw failure(.unexpectedCharacter, at: offset) }
                try string()
                count += 1
                skipWhitespace()
                guard try current() == UInt8(ascii: ":") else { throw failure(.unexpectedCharacter, at: offset) }
                offset += 1
                skipWhitespace()
                try value(depth: depth + 1)
                skipWhitespace()
                let byte = try current()
                offset += 1
                if byte == UInt8(ascii: "}") { break }
                guard byte == UInt8(ascii: ",") else { throw failure(.unexpectedCharacter, at: offset - 1) }
            }
        }
        close(index)
        try requireUniqueNames(of: index, count: count)
    }

    private mutating func close(_ index: Int) {
        tape[index].end = UInt32(offset)
        tape[index].next = UInt32(tape.count)
    }

    /// Names are compared as what they mean, not as they are escaped.
    private func requireUniqueNames(of object: Int, count: Int) throws(JSONFailure) {
        guard count > 1 else { return }
        var names: [Int] = []
        names.reserveCapacity(count)
        var index = object + 1
        var hasEscapes = false
        while index < Int(tape[object].next) {
            names.append(index)
            hasEscapes = hasEscapes || tape[index].flag
            index = Int(tape[index + 1].next)
        }
        if count <= 24, !hasEscapes {
            for later in 1..<count {
                for earlier in 0..<later where haveSameBytes(tape[names[later]], tape[names[earlier]]) {
                    throw failure(.duplicateKey, at: Int(tape[names[later]].start) - 1)
                }
            }
            return
        }
        var seen = Set<[UInt8]>(minimumCapacity: count)
        for name in names where !seen.insert(JSONEscape.unescaped(source, tape[name])).inserted {
            throw failure(.duplicateKey, at: Int(tape[name].start) - 1)
        }
    }

    private func haveSameBytes(_ one: JSONEntry, _ other: JSONEntry) -> Bool {
        let count = one.end - one.start
        guard count == other.end - other.start else { return false }
        for offset in 0..<count where source[Int(one.start + offset)] != source[Int(other.start + offset)] {
            return false
        }
        return true
    }

    /// Where the text first stops being UTF-8.
    private static func firstInvalidUTF8(_ source: [UInt8]) -> Int? {
        if String(validating: source, as: UTF8.self) != nil { return nil }
        var decoder = UTF8()
        var iterator = source.makeIterator()
        var offset = 0
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): offset += UTF8.width(scalar)
            case .error: return offset
            case .emptyInput: return nil
            }
        }
    }
}

/// Escape sequences within strings (RFC 8259 §7).
enum JSONEscape {
    /// The UTF-16 unit of `\uXXXX` at an offset, or nil.
    static func unit(in source: [UInt8], at offset: Int) -> UInt16? {
        guard source.count - offset >= 6, source[offset] == UInt8(ascii: "\\"), source[offset + 1] == UInt8(ascii: "u")
        else { return nil }
        var unit: UInt16 = 0
        for byte in source[offset + 2..<offset + 6] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): unit = unit << 4 | UInt16(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): unit = unit << 4 | UInt16(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): unit = unit << 4 | UInt16(byte - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return unit
    }

    /// A checked string's UTF-8 with its escapes resolved.
    static func unescaped(_ source: [UInt8], _ entry: JSONEntry) -> [UInt8] {
        let content = source[Int(entry.start)..<Int(entry.end)]
        guard entry.flag else { return Array(content) }
        var output: [UInt8] = []
        output.reserveCapacity(content.count)
        var offset = content.startIndex
        while offset < content.endIndex {
            let byte = source[offset]
            guard byte == UInt8(ascii: "\\") else {
                output.append(byte)
                offset += 1
                continue
            }
            let kind = source[offset + 1]
            guard kind == UInt8(ascii: "u") else {
                output.append(simple(kind))
                offset += 2
                continue
            }
            var scalar = UInt32(unit(in: source, at: offset) ?? 0)
            offset += 6
            if scalar & 0xfc00 == 0xd800 {
                scalar = 0x1_0000 + (scalar & 0x3ff) << 10 + UInt32(unit(in: source, at: offset) ?? 0) & 0x3ff
                offset += 6
            }
            if let scalar = Unicode.Scalar(scalar) { output += UTF8.encode(scalar).map(Array.init) ?? [] }
        }
        return output
    }

    private static func simple(_ kind: UInt8) -> UInt8 {
        switch kind {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0c
        case UInt8(ascii: "n"): 0x0a
        case UInt8(ascii: "r"): 0x0d
        case UInt8(ascii: "t"): 0x09
        default: kind
        }
    }
}
