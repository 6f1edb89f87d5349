/// A JSON value in memory, for writing; `JSONDocument` is for reading.
///
/// Numbers keep their lexeme, so nothing is rounded. Names and strings are equal if their bytes are.
package enum JSON: Sendable {
    case null
    case boolean(Bool)
    /// The number as written; must follow RFC 8259 §6.
    case number(String)
    case string(String)
    case array([JSON])
    case object([Member])

    /// One name and its value in an object.
    package struct Member: Sendable {
        package var name: String
        package var value: JSON

        /// A member of an object.
        package init(name: String, value: JSON) {
            self.name = name
            self.value = value
        }

        /// A member of an object, briefly.
        package init(_ name: String, _ value: JSON) { self.init(name: name, value: value) }
    }

    /// The value of a node and all inside it.
    package init(_ node: JSONNode) {
        switch node.kind {
        case .null: self = .null
        case .boolean: self = .boolean(node.bool ?? false)
        case .number: self = .number(node.numberLexeme ?? "0")
        case .string: self = .string(node.string ?? "")
        case .array: self = .array(node.elements.map { JSON($0) })
        case .object: self = .object(node.fields.map { Member($0.name, JSON($0.value)) })
        }
    }

    /// The number of an integer.
    package static func integer(_ value: some FixedWidthInteger) -> JSON { .number(String(value)) }

    /// The member of this name, the first if there are several; nil for other values.
    package subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }

    /// The content of a string.
    package var string: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    /// The elements of an array.
    package var array: [JSON]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// The members of an object.
    package var object: [Member]? {
        guard case .object(let members) = self else { return nil }
        return members
    }
}

extension JSON {
    /// The value as UTF-8 without white space: members in their order, numbers as they are, only what must be escaped
    /// escaped.
    package func serialized() -> [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return bytes
    }

    /// Appends what `serialized` gives.
    package func append(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .boolean(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let lexeme): bytes.append(contentsOf: lexeme.utf8)
        case .string(let text): JSONText.appendQuoted(Array(text.utf8)[...], to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (place, element) in elements.enumerated() {
                if place > 0 { bytes.append(UInt8(ascii: ",")) }
                element.append(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (place, member) in members.enumerated() {
                if place > 0 { bytes.append(UInt8(ascii: ",")) }
                JSONText.appendQuoted(Array(member.name.utf8)[...], to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.append(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }
}

extension JSON: Hashable {
    /// Equality of `serialized` bytes.
    package static func == (left: JSON, right: JSON) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.boolean(let first), .boolean(let second)): first == second
        case (.number(let first), .number(let second)), (.string(let first), .string(let second)):
            first.utf8.elementsEqual(second.utf8)
        case (.array(let first), .array(let second)): first == second
        case (.object(let first), .object(let second)): first == second
        default: false
        }
    }

    /// Feeds the serialized bytes.
    package func hash(into hasher: inout Hasher) { hasher.combine(serialized()) }
}

extension JSON.Member: Hashable {
    /// Equality of the name's bytes and of the value.
    package static func == (left: JSON.Member, right: JSON.Member) -> Bool {
        left.name.utf8.elementsEqual(right.name.utf8) && left.value == right.value
    }

    /// Feeds the name's bytes and the value.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(Array(name.utf8))
        hasher.combine(value)
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .boolean(value) }
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(elements.map { Member($0, $1) })
    }
    package init(nilLiteral: ()) { self = .null }
}
