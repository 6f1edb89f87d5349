/// The JSON Canonicalization Scheme (RFC 8785): one text for one value.
///
/// No white space, members in the order of their names as UTF-16, the shortest escapes, numbers as ECMAScript writes the
/// nearest double.
package enum JCS {
    /// The canonical text of a value.
    ///
    /// - Throws: `numberOutOfRange` for a number that no finite double is near, `duplicateName`.
    package static func canonicalize(_ json: JSON) throws(JSONFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        try append(json, to: &bytes)
        return bytes
    }

    /// The canonical text of a parsed value.
    ///
    /// - Throws: `numberOutOfRange` for a number that no finite double is near.
    package static func canonicalize(_ node: JSONNode) throws(JSONFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(node.byteRange.count)
        try append(node, to: &bytes)
        return bytes
    }

    private static func append(_ json: JSON, to bytes: inout [UInt8]) throws(JSONFailure) {
        switch json {
        case .null, .boolean, .string: json.append(to: &bytes)
        case .number(let lexeme): try appendNumber(lexeme, to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (place, element) in elements.enumerated() {
                if place > 0 { bytes.append(UInt8(ascii: ",")) }
                try append(element, to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            let sorted = members.map { (name: Array($0.name.utf8)[...], value: $0.value) }.sorted {
                precedes($0.name, $1.name)
            }
            bytes.append(UInt8(ascii: "{"))
            for (place, member) in sorted.enumerated() {
                if place > 0 {
                    guard sorted[place - 1].name != member.name else {
                        throw .duplicateName(String(decoding: member.name, as: UTF8.self))
                    }
                    bytes.append(UInt8(ascii: ","))
                }
                JSONText.appendQuoted(member.name, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                try append(member.value, to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func append(_ node: JSONNode, to bytes: inout [UInt8]) throws(JSONFailure) {
        switch node.kind {
        case .null, .boolean: bytes.append(contentsOf: node.rawBytes)
        case .number: try appendNumber(node.numberLexeme ?? "", to: &bytes)
        case .string: JSONText.appendQuoted(node.utf8Slice ?? [], to: &bytes)
        case .array:
            bytes.append(UInt8(ascii: "["))
            var isFirst = true
            for element in node.elements {
                if !isFirst { bytes.append(UInt8(ascii: ",")) }
                isFirst = false
                try append(element, to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object:
            let sorted = node.fields.map { (name: $0.nameUTF8, value: $0.value) }.sorted { precedes($0.name, $1.name) }
            bytes.append(UInt8(ascii: "{"))
            var isFirst = true
            for member in sorted {
                if !isFirst { bytes.append(UInt8(ascii: ",")) }
                isFirst = false
                JSONText.appendQuoted(member.name, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                try append(member.value, to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func appendNumber(_ lexeme: String, to bytes: inout [UInt8]) throws(JSONFailure) {
        guard let value = Double(lexeme), value.isFinite else { throw .numberOutOfRange(lexeme) }
        bytes.append(contentsOf: ES6Number.text(value).utf8)
    }

    /// Whether one name sorts before another as UTF-16 (RFC 8785 §3.2.3), both given as UTF-8.
    ///
    /// The orders differ only where a supplementary character (lead byte from F0, in UTF-16 a surrogate from D800) meets
    /// one of U+E000 to U+FFFF (lead byte EE or EF). Equal prefixes have equal scalar boundaries, so at the first
    /// difference either both bytes lead or neither does.
    static func precedes(_ first: ArraySlice<UInt8>, _ second: ArraySlice<UInt8>) -> Bool {
        var other = second.startIndex
        for byte in first {
            guard other < second.endIndex else { return false }
            if byte != second[other] { return rank(byte) < rank(second[other]) }
            other += 1
        }
        return other < second.endIndex
    }

    /// Moves the lead bytes EE and EF behind F0 to F4.
    private static func rank(_ byte: UInt8) -> UInt8 { byte == 0xee || byte == 0xef ? byte + 0x10 : byte }
}
