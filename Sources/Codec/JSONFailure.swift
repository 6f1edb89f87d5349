/// A place in a JSON text.
package struct JSONPosition: Hashable, Sendable {
    /// Bytes before it.
    package var byteOffset: Int
    /// From 1; a line ends with a line feed.
    package var line: Int
    /// From 1, in Unicode scalars.
    package var column: Int

    /// The place of a byte of `source`, found by counting from the start.
    ///
    /// - Complexity: linear in `byteOffset`.
    init(of byteOffset: Int, in source: [UInt8]) {
        self.byteOffset = byteOffset
        line = 1
        column = 1
        for byte in source[..<min(byteOffset, source.count)] {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xc0 != 0x80 {
                column += 1
            }
        }
    }
}

/// What is wrong at a place in a JSON text.
package enum JSONFault: Hashable, Sendable {
    /// A byte that cannot stand here.
    case unexpectedByte(UInt8)
    /// The text ends inside a value.
    case unexpectedEnd
    /// Something other than white space follows the value.
    case trailingBytes
    /// Bytes that are not UTF-8 (RFC 3629: overlong forms, surrogates and what is above U+10FFFF are not).
    case invalidUTF8
    /// A character below U+0020 inside a string, unescaped.
    case controlCharacter(UInt8)
    /// A backslash followed by something that is no escape.
    case invalidEscape
    /// An escaped surrogate without its other half.
    case loneSurrogate
    /// A number that RFC 8259 §6 does not know: `01`, `1.`, `.5`, `+1`, `1e`.
    case malformedNumber
    /// A member whose name the object has already, compared after unescaping.
    case duplicateName(String)
    /// Values nest deeper than the limit.
    case tooDeep(levelsMax: Int)
    /// There are more values and names than the limit.
    case tooManyNodes(nodesMax: Int)

    /// What is wrong, in a sentence without its end.
    package var text: String {
        switch self {
        case .unexpectedByte(let byte): "\(Self.shown(byte)) cannot stand here"
        case .unexpectedEnd: "the text ends inside a value"
        case .trailingBytes: "something follows the value"
        case .invalidUTF8: "the bytes are not UTF-8"
        case .controlCharacter(let byte): "the control character 0x\(Hex.encode([byte])) stands unescaped in a string"
        case .invalidEscape: "the escape is none that JSON knows"
        case .loneSurrogate: "an escaped surrogate stands without its other half"
        case .malformedNumber: "the number is not written as JSON writes numbers"
        case .duplicateName(let name): "the member \"\(name)\" is given twice"
        case .tooDeep(let max): "values nest deeper than \(max) levels"
        case .tooManyNodes(let max): "there are more than \(max) values and names"
        }
    }

    private static func shown(_ byte: UInt8) -> String {
        (0x21...0x7e).contains(byte) ? "'\(Character(Unicode.Scalar(byte)))'" : "the byte 0x\(Hex.encode([byte]))"
    }
}

/// Why a JSON text or value is refused.
package enum JSONFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The text is wrong at this place.
    case refused(JSONFault, at: JSONPosition)
    /// The text has more bytes than the limit.
    case tooLarge(byteCount: Int, byteCountMax: Int)
    /// A number that a double cannot hold; the canonical form has none (RFC 8785 §3.2.2.3).
    case numberOutOfRange(String)
    /// A value built in memory with a name given twice in one object.
    case duplicateName(String)

    /// The place, where there is one.
    package var position: JSONPosition? {
        guard case .refused(_, let position) = self else { return nil }
        return position
    }

    /// What a person who sent the text is told, without the place.
    package var text: String {
        switch self {
        case .refused(let fault, _): fault.text
        case .tooLarge(_, let max): "the text has more than \(max) bytes"
        case .numberOutOfRange(let lexeme): "the number \(lexeme) is out of range"
        case .duplicateName(let name): "the member \"\(name)\" is given twice"
        }
    }

    package var description: String {
        (position.map { "line \($0.line), column \($0.column): " } ?? "") + text
    }
}

/// How much JSON is read at once.
package struct JSONLimits: Hashable, Sendable {
    /// The longest text in bytes; at most 2 GiB.
    package var byteCountMax: Int
    /// How many levels of values may nest: a lone number is one level, the number in `[1]` is on the second.
    package var levelsMax: Int
    /// How many values and member names there may be; each takes 20 bytes of memory beside the text.
    package var nodesMax: Int

    /// Limits for one kind of document.
    package init(byteCountMax: Int, levelsMax: Int, nodesMax: Int) {
        self.byteCountMax = byteCountMax
        self.levelsMax = levelsMax
        self.nodesMax = nodesMax
    }

    /// 64 MiB, 64 levels, 8 million nodes: large captures pass, and a hostile text costs at most 160 MB.
    package static let standard = JSONLimits(byteCountMax: 64 << 20, levelsMax: 64, nodesMax: 8_000_000)
    /// Proof bundles (16 MiB, 8 levels).
    package static let bundle = JSONLimits(byteCountMax: 16 << 20, levelsMax: 8, nodesMax: 1_000_000)
}
