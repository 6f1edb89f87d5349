/// Writes one protobuf message as gogoproto and prost do: the caller gives fields in ascending order, scalars with their
/// default value are left out, varints are minimal.
///
/// | kind | wire type | left out |
/// |---|---|---|
/// | `unsigned`, `int64`, `bool` | 0: varint; negative numbers as their 64-bit two's complement | 0, false |
/// | `fixed64`, `sfixed64` | 1: eight bytes, little-endian | 0 |
/// | `bytes`, `string` | 2: length, then bytes | empty |
/// | `message`, `repeatedBytes`, `oneofBytes` | 2 | never |
/// | `packed` | 2: varints one after the other | empty |
package struct ProtobufWriter: Sendable {
    /// The fields written so far.
    package private(set) var bytes: [UInt8] = []

    /// An empty message.
    package init() {}

    /// A uint32, uint64 or enumeration.
    package mutating func unsigned(_ field: Int, _ value: UInt64) {
        guard value != 0 else { return }
        key(field, 0)
        Self.appendVarint(value, to: &bytes)
    }

    /// An int32, int64 or signed enumeration.
    package mutating func int64(_ field: Int, _ value: Int64) { unsigned(field, UInt64(bitPattern: value)) }

    /// A truth value.
    package mutating func bool(_ field: Int, _ value: Bool) { unsigned(field, value ? 1 : 0) }

    /// A fixed64.
    package mutating func fixed64(_ field: Int, _ value: UInt64) {
        guard value != 0 else { return }
        key(field, 1)
        for index in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))) }
    }

    /// An sfixed64.
    package mutating func sfixed64(_ field: Int, _ value: Int64) { fixed64(field, UInt64(bitPattern: value)) }

    /// A byte string.
    package mutating func bytes(_ field: Int, _ value: [UInt8]) {
        if !value.isEmpty { message(field, value) }
    }

    /// A text string.
    package mutating func string(_ field: Int, _ value: String) { bytes(field, Array(value.utf8)) }

    /// An embedded message; written even if it is empty.
    package mutating func message(_ field: Int, _ encoded: [UInt8]) {
        key(field, 2)
        Self.appendVarint(UInt64(encoded.count), to: &bytes)
        bytes.append(contentsOf: encoded)
    }

    /// Every element of a repeated field of byte strings or messages, empty ones too.
    package mutating func repeatedBytes(_ field: Int, _ elements: [[UInt8]]) {
        for element in elements { message(field, element) }
    }

    /// A byte string that is the chosen member of a oneof; written even if it is empty.
    package mutating func oneofBytes(_ field: Int, _ value: [UInt8]) { message(field, value) }

    /// A repeated field of numbers, packed.
    package mutating func packed(_ field: Int, _ values: [Int64]) {
        guard !values.isEmpty else { return }
        var content: [UInt8] = []
        for value in values { Self.appendVarint(UInt64(bitPattern: value), to: &content) }
        message(field, content)
    }

    /// The message behind its length as a varint (as in canonical votes and delimited streams).
    package static func lengthPrefixed(_ message: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(message.count + 5)
        appendVarint(UInt64(message.count), to: &bytes)
        bytes.append(contentsOf: message)
        return bytes
    }

    /// The minimal varint of a number.
    package static func varint(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        appendVarint(value, to: &bytes)
        return bytes
    }

    private mutating func key(_ field: Int, _ wireType: UInt64) {
        precondition(field >= 1 && field <= ProtobufField.numberMax, "protobuf field number out of range")
        Self.appendVarint(UInt64(field) << 3 | wireType, to: &bytes)
    }

    private static func appendVarint(_ value: UInt64, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
