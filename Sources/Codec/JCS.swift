/// JSON Canonicalization Scheme (RFC 8785): members sorted by the UTF-16 units of their names, numbers as ECMAScript
/// writes them, the shortest escapes, no white space.
package enum JCS {
    /// The canonical text of a value.
    /// - Throws: `numberOutOfRange` where a number is beyond an IEEE 754 double.
    package static func canonicalize(_ json: JSON) throws(JSONFailure) -> [UInt8] {
        var output: [UInt8] = []
        try write(json, to: &output)
        return output
    }

    /// The canonical text of a parsed value.
    package static func canonicalize(_ node: JSONNode) throws(JSONFailure) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(node.sourceBytes.count)
        try write(node, to: &output)
        return output
    }

    private static func write(_ json: JSON, to output: inout [UInt8]) throws(JSONFailure) {
        switch json {
        case .number(let lexeme):
            guard let text = number(lexeme) else {
                throw JSONFailure(reason: .numberOutOfRange, offset: 0, line: 1, column: 1)
            }
            output += text.utf8
        case .array(let items):
            output.append(UInt8(ascii: "["))
            for (index, item) in items.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                try write(item, to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let members):
            output.append(UInt8(ascii: "{"))
            let sorted = members.sorted { precedes(Array($0.name.utf8), Array($1.name.utf8)) }
            for (index, member) in sorted.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                JSON.writeString(member.name.utf8, to: &output)
                output.append(UInt8(ascii: ":"))
                try write(member.value, to: &output)
            }
            output.append(UInt8(ascii: "}"))
        default: output += json.serialized()
        }
    }

    private static func write(_ node: JSONNode, to output: inout [UInt8]) throws(JSONFailure) {
        switch node.kind {
        case .number:
            guard let text = number(node.numberLexeme ?? "") else {
                let (line, column) = node.position
                throw JSONFailure(reason: .numberOutOfRange, offset: node.byteOffset, line: line, column: column)
            }
            output += text.utf8
        case .string: writeString(node, to: &output)
        case .array:
            output.append(UInt8(ascii: "["))
            var isFirst = true
            for item in node.elements {
                if !isFirst { output.append(UInt8(ascii: ",")) }
                isFirst = false
                try write(item, to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object:
            output.append(UInt8(ascii: "{"))
            var members = node.members.map { (name: $0.nameNode.utf8 ?? [], member: $0) }
            members.sort { precedes($0.name, $1.name) }
            for (index, member) in members.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                writeString(member.member.nameNode, to: &output)
                output.append(UInt8(ascii: ":"))
                try write(member.member.value, to: &output)
            }
            output.append(UInt8(ascii: "}"))
        case .null, .boolean: output += node.sourceBytes
        }
    }

    /// A string without escapes is canonical as it stands.
    private static func writeString(_ node: JSONNode, to output: inout [UInt8]) {
        if node.hasEscapes {
            JSON.writeString(node.utf8 ?? [], to: &output)
        } else {
            output.append(UInt8(ascii: "\""))
            output += node.sourceBytes
            output.append(UInt8(ascii: "\""))
        }
    }

    /// §3.2.3: order by UTF-16 units. It differs from the order of UTF-8 bytes only beyond the basic plane, whose
    /// surrogates (d800...) come before e000...ffff.
    static func precedes(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        for (left, right) in zip(one, other) where left != right {
            // 4-byte sequences begin with f0 or above, e000...ffff with ee or ef.
            if left >= 0xf0, right == 0xee || right == 0xef { return true }
            if right >= 0xf0, left == 0xee || left == 0xef { return false }
            return left < right
        }
        return one.count < other.count
    }

    /// §3.2.2.3: a number as ECMAScript's `Number.prototype.toString` writes it; nil beyond a double.
    package static func number(_ lexeme: String) -> String? {
        if isShortInteger(lexeme) { return lexeme }
        guard let value = Double(lexeme), value.isFinite else { return nil }
        return number(value)
    }

    /// Up to 15 digits without sign, point or exponent are canonical as they stand.
    private static func isShortInteger(_ lexeme: String) -> Bool {
        let utf8 = lexeme.utf8
        return utf8.count <= 15 && utf8.allSatisfy { $0 &- UInt8(ascii: "0") < 10 }
    }

    /// A finite double as ECMAScript writes it (ECMA-262 Number::toString): the shortest digits that read back, which
    /// Swift's description has too, in another notation.
    package static func number(_ value: Double) -> String {
        if value == 0 { return "0" }
        var digits: [UInt8] = []
        var exponent = 0
        var pointAfter: Int?
        let text = value.magnitude.description
        let parts = text.split(separator: "e")
        for byte in parts[0].utf8 {
            if byte == UInt8(ascii: ".") { pointAfter = digits.count } else { digits.append(byte) }
        }
        if parts.count == 2 { exponent = Int(parts[1]) ?? 0 }
        // The value is 0.digits x 10^point.
        var point = (pointAfter ?? digits.count) + exponent
        let leading = digits.prefix { $0 == UInt8(ascii: "0") }.count
        digits.removeFirst(leading)
        point -= leading
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        let sign = value < 0 ? "-" : ""
        return sign + notation(String(decoding: digits, as: UTF8.self), point: point)
    }

    private static func notation(_ digits: String, point: Int) -> String {
        let count = digits.utf8.count
        func zeros(_ count: Int) -> String { String(repeating: "0", count: count) }
        if count <= point, point <= 21 { return digits + zeros(point - count) }
        if 0 < point, point <= 21 { return digits.prefix(point) + "." + digits.dropFirst(point) }
        if -6 < point, point <= 0 { return "0." + zeros(-point) + digits }
        let exponent = point - 1
        let tail = "e" + (exponent < 0 ? "-" : "+") + String(exponent.magnitude)
        return count == 1 ? digits + tail : digits.prefix(1) + "." + digits.dropFirst() + tail
    }
}
