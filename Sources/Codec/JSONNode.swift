/// One value of a document: a reference to the document's tape and a number, cheap to copy and to drop.
package struct JSONNode: Sendable {
    package let tape: JSONTape
    /// The value's place among all values and names of its document, in the order of the text; a key for side tables.
    package let index: Int

    package init(tape: JSONTape, index: Int) {
        self.tape = tape
        self.index = index
    }

    /// What kind of value this is.
    package var kind: JSONKind { tape.entries[index].kind }

    /// Whether this is `null`.
    package var isNull: Bool { kind == .null }

    /// The truth value.
    package var bool: Bool? { kind == .boolean ? tape.source[Int(tape.entries[index].start)] == 0x74 : nil }

    /// The content of a string, unescaped.
    package var string: String? { kind == .string ? tape.string(index) : nil }

    /// The content of a string as UTF-8, unescaped.
    package var utf8: [UInt8]? { utf8Slice.map(Array.init) }

    /// The content of a string as UTF-8, unescaped; without escapes a view of the source, not a copy.
    package var utf8Slice: ArraySlice<UInt8>? { kind == .string ? tape.content(index) : nil }

    /// A number as it was written.
    package var numberLexeme: String? {
        kind == .number ? String(decoding: tape.source[byteRange], as: UTF8.self) : nil
    }

    /// The number if it is written as an integer (no fraction, no exponent) and fits.
    package var int64: Int64? { numberLexeme.flatMap { Int64($0) } }

    /// The double nearest to a number, infinite for one that is too large.
    package var double: Double? { numberLexeme.flatMap { Double($0) } }

    /// How many elements or members an array or object has; 0 for other values.
    package var count: Int { Int(tape.entries[index].count) }

    /// Where the value lies in the source: a string without its quotes, an array or object with its brackets.
    package var byteRange: Range<Int> { tape.range(index) }

    /// The value's bytes in the source, as `byteRange` says.
    package var rawBytes: ArraySlice<UInt8> { tape.source[byteRange] }

    /// Where the value begins in the source; of a string, at its quote.
    package var byteOffset: Int { byteRange.lowerBound - (kind == .string ? 1 : 0) }

    /// Line and column where the value begins.
    ///
    /// - Complexity: linear in the offset; meant for messages.
    package var position: JSONPosition { JSONPosition(of: byteOffset, in: tape.source) }

    /// Whether this is a string with exactly these bytes.
    package func stringEquals(_ text: StaticString) -> Bool {
        kind == .string && tape.contentEquals(index, StaticBytes(text))
    }

    /// Whether this is a string with exactly these bytes.
    package func stringEquals(_ text: String) -> Bool { kind == .string && tape.contentEquals(index, text.utf8) }

    /// Whether this is a string with exactly these bytes.
    package func stringEquals(_ text: [UInt8]) -> Bool { kind == .string && tape.contentEquals(index, text) }

    /// The index after this value and all inside it.
    var end: Int { Int(tape.entries[index].next) }
}

/// The bytes of a literal as a collection.
struct StaticBytes: RandomAccessCollection {
    private let text: StaticString

    init(_ text: StaticString) {
        precondition(text.hasPointerRepresentation, "a literal of one scalar is not a string")
        self.text = text
    }

    var startIndex: Int { 0 }
    var endIndex: Int { text.utf8CodeUnitCount }

    subscript(position: Int) -> UInt8 {
        precondition(position >= 0 && position < text.utf8CodeUnitCount)
        // Safe: the position was checked against the literal's length, and literals live forever.
        return unsafe text.utf8Start[position]
    }
}
