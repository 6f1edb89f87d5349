/// A parsed JSON text: its bytes and a flat tape of where each value lies.
///
/// No value is copied until it is asked for.
package struct JSONDocument: Sendable {
    package let tape: JSONTape

    /// Checks and indexes a JSON text (RFC 8259): UTF-8 without byte order mark, no name twice in an object, no lone
    /// surrogates, nothing but white space after the value.
    ///
    /// - Complexity: linear in bytes; n log n in the names of an object.
    /// - Throws: `refused` with the place, or `tooLarge`.
    package init(parsing source: [UInt8], limits: JSONLimits = .standard) throws(JSONFailure) {
        tape = try JSONParser.tape(of: source, limits: limits)
    }

    /// The text's one value.
    package var root: JSONNode { JSONNode(tape: tape, index: 0) }

    /// The text as it was given.
    package var source: [UInt8] { tape.source }

    /// How many values and names there are; every `JSONNode.index` is below it.
    package var nodeCount: Int { tape.entries.count }

    /// Line and column of a byte of the text.
    ///
    /// - Complexity: linear in the offset.
    package func position(ofByte offset: Int) -> JSONPosition { JSONPosition(of: offset, in: tape.source) }
}
