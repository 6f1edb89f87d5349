/// Why bytes are not a protobuf message as expected; `offset` counts from the start of the message at hand.
package enum ProtobufFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The message ends inside a field.
    case truncated(offset: Int)
    /// A varint with needless bytes, or of more than 64 bits.
    case malformedVarint(offset: Int)
    /// Field number 0 or above 2^29 - 1.
    case malformedFieldNumber(offset: Int)
    /// A wire type other than 0, 1, 2 and 5 (groups are refused).
    case unknownWireType(Int, offset: Int)
    /// The field's value is of another wire type or out of the kind's range.
    case unexpectedValue(field: Int)
    /// A string that is not UTF-8.
    case invalidUTF8(field: Int)
    /// A field that the message does not have.
    case unknownField(Int)
    /// A singular field given twice.
    case repeatedField(Int)
    /// A message that its canonical encoding does not give back.
    case notCanonical

    package var description: String {
        switch self {
        case .truncated(let offset): "byte \(offset): the message ends inside a field"
        case .malformedVarint(let offset): "byte \(offset): a varint is not in its shortest form, or too long"
        case .malformedFieldNumber(let offset): "byte \(offset): the field number is out of range"
        case .unknownWireType(let type, let offset): "byte \(offset): wire type \(type) is not read"
        case .unexpectedValue(let field): "field \(field): the value is of another type or out of range"
        case .invalidUTF8(let field): "field \(field): the text is not UTF-8"
        case .unknownField(let field): "field \(field): the message has no such field"
        case .repeatedField(let field): "field \(field): it is given twice"
        case .notCanonical: "the encoding is not the canonical one"
        }
    }
}

/// One field as it stands on the wire.
package struct ProtobufField: Hashable, Sendable {
    /// The largest field number.
    static let numberMax = 1 << 29 - 1

    /// A value by its wire type.
    package enum Value: Hashable, Sendable {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        case bytes([UInt8])
    }

    package var number: Int
    package var value: Value

    /// A field.
    package init(number: Int, value: Value) {
        self.number = number
        self.value = value
    }
}

/// Reads the fields of one message in order.
///
/// Strict in form (minimal varints, known wire types); which fields may stand, how often and in which order is the
/// message's to say. A canonical decoder reads, encodes and compares.
package struct ProtobufReader: Sendable {
    private let bytes: [UInt8]
    private var offset = 0

    /// A reader at the message's first field.
    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next field, or nil at the end of the message.
    package mutating func next() throws(ProtobufFailure) -> ProtobufField? {
        guard offset < bytes.count else { return nil }
        let start = offset
        let key = try varint()
        guard let number = Int(exactly: key >> 3), number >= 1, number <= ProtobufField.numberMax else {
            throw .malformedFieldNumber(offset: start)
        }
        switch key & 7 {
        case 0: return ProtobufField(number: number, value: .varint(try varint()))
        case 1: return ProtobufField(number: number, value: .fixed64(try littleEndian(byteCount: 8)))
        case 2:
            let lengthStart = offset
            let length = try varint()
            guard length <= UInt64(bytes.count - offset) else { throw .truncated(offset: lengthStart) }
            let content = Array(bytes[offset..<offset + Int(length)])
            offset += Int(length)
            return ProtobufField(number: number, value: .bytes(content))
        case 5: return ProtobufField(number: number, value: .fixed32(UInt32(try littleEndian(byteCount: 4))))
        default: throw .unknownWireType(Int(key & 7), offset: start)
        }
    }

    /// The message of `ProtobufWriter.lengthPrefixed`, which must be all of the bytes.
    package static func unprefixed(_ bytes: [UInt8]) throws(ProtobufFailure) -> [UInt8] {
        var reader = ProtobufReader(bytes)
        let length = try reader.varint()
        guard length == UInt64(bytes.count - reader.offset) else { throw .truncated(offset: 0) }
        return Array(bytes[reader.offset...])
    }

    fileprivate static func packed(_ bytes: [UInt8]) throws(ProtobufFailure) -> [Int64] {
        var reader = ProtobufReader(bytes)
        var values: [Int64] = []
        while reader.offset < bytes.count { values.append(Int64(bitPattern: try reader.varint())) }
        return values
    }

    private mutating func varint() throws(ProtobufFailure) -> UInt64 {
        let start = offset
        var value: UInt64 = 0
        for index in 0..<10 {
            guard offset < bytes.count else { throw .truncated(offset: start) }
            let byte = bytes[offset]
            offset += 1
            // The tenth byte carries the last bit alone; a last byte of zero says nothing.
            guard index < 9 || byte <= 1 else { throw .malformedVarint(offset: start) }
            value |= UInt64(byte & 0x7f) << (7 * UInt64(index))
            if byte < 0x80 {
                guard index == 0 || byte != 0 else { throw .malformedVarint(offset: start) }
                return value
            }
        }
        throw .malformedVarint(offset: start)
    }

    private mutating func littleEndian(byteCount: Int) throws(ProtobufFailure) -> UInt64 {
        guard byteCount <= bytes.count - offset else { throw .truncated(offset: offset) }
        var value: UInt64 = 0
        for index in 0..<byteCount { value |= UInt64(bytes[offset + index]) << (8 * UInt64(index)) }
        offset += byteCount
        return value
    }
}

extension ProtobufField {
    /// The value as a uint64.
    package func unsigned() throws(ProtobufFailure) -> UInt64 {
        guard case .varint(let value) = value else { throw .unexpectedValue(field: number) }
        return value
    }

    /// The value as an int64.
    package func int64() throws(ProtobufFailure) -> Int64 { Int64(bitPattern: try unsigned()) }

    /// The value as an int32 or enumeration: a number in the range of 32 bits with sign.
    package func int32() throws(ProtobufFailure) -> Int32 {
        guard let value = Int32(exactly: try int64()) else { throw .unexpectedValue(field: number) }
        return value
    }

    /// The value as a uint32.
    package func uint32() throws(ProtobufFailure) -> UInt32 {
        guard let value = UInt32(exactly: try unsigned()) else { throw .unexpectedValue(field: number) }
        return value
    }

    /// The value as a truth value: 0 or 1.
    package func bool() throws(ProtobufFailure) -> Bool {
        let value = try unsigned()
        guard value <= 1 else { throw .unexpectedValue(field: number) }
        return value == 1
    }

    /// The value as a fixed64.
    package func fixed64() throws(ProtobufFailure) -> UInt64 {
        guard case .fixed64(let value) = value else { throw .unexpectedValue(field: number) }
        return value
    }

    /// The value as an sfixed64.
    package func sfixed64() throws(ProtobufFailure) -> Int64 { Int64(bitPattern: try fixed64()) }

    /// The value as a byte string or an embedded message.
    package func bytes() throws(ProtobufFailure) -> [UInt8] {
        guard case .bytes(let value) = value else { throw .unexpectedValue(field: number) }
        return value
    }

    /// The value as text.
    package func string() throws(ProtobufFailure) -> String {
        guard let text = String(validating: try bytes(), as: UTF8.self) else { throw .invalidUTF8(field: number) }
        return text
    }

    /// The value as packed numbers.
    package func packed() throws(ProtobufFailure) -> [Int64] { try ProtobufReader.packed(try bytes()) }
}
