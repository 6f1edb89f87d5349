/// One CBOR data item (RFC 8949).
///
/// | case | major type | content |
/// |---|---|---|
/// | `unsigned(n)` | 0 | n |
/// | `negative(n)` | 1 | -1 - n |
/// | `bytes` | 2 | byte string |
/// | `text` | 3 | UTF-8 text |
/// | `array` | 4 | items |
/// | `map` | 5 | entries, in the order read; written in the order of their encoded keys |
/// | `tagged` | 6 | tag number and item |
/// | `boolean`, `null`, `undefined`, `simple`, `float` | 7 | the rest |
///
/// Two items are equal if their deterministic encodings are, so text compares by its bytes and not by Swift's canonical
/// equivalence: compare items (`item == .text("x")`) where a foreign spelling must not pass. Maps with entries in
/// another order are unequal; what was decoded deterministically has one order.
package enum CBOR: Sendable {
    case unsigned(UInt64)
    case negative(UInt64)
    case bytes([UInt8])
    case text(String)
    case array([CBOR])
    case map([Entry])
    indirect case tagged(UInt64, CBOR)
    case boolean(Bool)
    case null
    case undefined
    case simple(UInt8)
    case float(Double)

    /// One key and its value in a map.
    package struct Entry: Hashable, Sendable {
        package var key: CBOR
        package var value: CBOR

        /// An entry of a map.
        package init(key: CBOR, value: CBOR) {
            self.key = key
            self.value = value
        }

        /// An entry of a map, briefly.
        package init(_ key: CBOR, _ value: CBOR) { self.init(key: key, value: value) }
    }
}

extension CBOR {
    /// The item of a signed number.
    package static func integer(_ value: Int64) -> CBOR {
        value >= 0 ? .unsigned(UInt64(value)) : .negative(~UInt64(bitPattern: value))
    }

    /// The number if it is not negative.
    package var unsigned: UInt64? {
        guard case .unsigned(let value) = self else { return nil }
        return value
    }

    /// The number if it fits in 64 bits with sign.
    package var integer: Int64? {
        switch self {
        case .unsigned(let value): Int64(exactly: value)
        case .negative(let value): value <= UInt64(Int64.max) ? -1 - Int64(value) : nil
        default: nil
        }
    }

    /// The content of a byte string.
    package var bytes: [UInt8]? {
        guard case .bytes(let value) = self else { return nil }
        return value
    }

    /// The content of a text string.
    package var text: String? {
        guard case .text(let value) = self else { return nil }
        return value
    }

    /// The items of an array.
    package var array: [CBOR]? {
        guard case .array(let items) = self else { return nil }
        return items
    }

    /// The entries of a map.
    package var map: [Entry]? {
        guard case .map(let entries) = self else { return nil }
        return entries
    }

    /// The truth value.
    package var boolean: Bool? {
        guard case .boolean(let value) = self else { return nil }
        return value
    }

    /// Whether this is `null`.
    package var isNull: Bool {
        guard case .null = self else { return false }
        return true
    }

    /// The item under a tag, or nil if this is not an item with that tag.
    package func content(ofTag tag: UInt64) -> CBOR? {
        guard case .tagged(tag, let item) = self else { return nil }
        return item
    }

    /// The value of a map's entry, or nil where there is no such entry or this is no map.
    ///
    /// - Complexity: linear in the number of entries.
    package subscript(key: CBOR) -> CBOR? {
        guard case .map(let entries) = self else { return nil }
        for index in entries.indices where entries[index].key == key { return entries[index].value }
        return nil
    }
}

extension CBOR: Hashable {
    /// Equality of bytes: see the type's comment.
    package static func == (left: CBOR, right: CBOR) -> Bool {
        switch (left, right) {
        case (.unsigned(let first), .unsigned(let second)), (.negative(let first), .negative(let second)):
            first == second
        case (.bytes(let first), .bytes(let second)): first == second
        case (.text(let first), .text(let second)): first.utf8.elementsEqual(second.utf8)
        case (.array(let first), .array(let second)): first == second
        case (.map(let first), .map(let second)): first == second
        case (.tagged(let tag, let first), .tagged(let otherTag, let second)): tag == otherTag && first == second
        case (.boolean(let first), .boolean(let second)): first == second
        case (.null, .null), (.undefined, .undefined): true
        case (.simple(let first), .simple(let second)): first == second
        case (.float(let first), .float(let second)):
            first.bitPattern == second.bitPattern || (first.isNaN && second.isNaN)
        default: false
        }
    }

    /// Feeds the encoding, by which items are equal.
    package func hash(into hasher: inout Hasher) { hasher.combine(encoded()) }
}

extension CBOR: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral, ExpressibleByBooleanLiteral
{
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(stringLiteral value: String) { self = .text(value) }
    package init(arrayLiteral elements: CBOR...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (CBOR, CBOR)...) { self = .map(elements.map { Entry($0, $1) }) }
    package init(booleanLiteral value: Bool) { self = .boolean(value) }
}
