import Codec
import Testing

@Suite struct ProtobufTests {
    @Test func `fields are written as the encoding guide says`() {
        var writer = ProtobufWriter()
        writer.unsigned(1, 150)
        writer.string(2, "testing")
        writer.message(3, [0x08, 0x96, 0x01])
        writer.int64(4, -2)
        writer.bool(5, true)
        writer.fixed64(6, 1)
        writer.sfixed64(7, -1)
        writer.packed(8, [3, 270, 86942])
        writer.bytes(16, [0xff])
        #expect(
            Hex.encode(writer.bytes)
                == "089601120774657374696e671a0308960120feffffffffffffffff01280131010000000000000039ffffffffffffffff"
                + "4206038e029ea705820101ff")
    }

    @Test func `defaults are left out, messages and elements are not`() {
        var writer = ProtobufWriter()
        writer.unsigned(1, 0)
        writer.int64(1, 0)
        writer.bool(1, false)
        writer.fixed64(1, 0)
        writer.sfixed64(1, 0)
        writer.bytes(1, [])
        writer.string(1, "")
        writer.packed(1, [])
        writer.repeatedBytes(1, [])
        #expect(writer.bytes.isEmpty)
        writer.message(1, [])
        writer.repeatedBytes(2, [[], [1]])
        writer.oneofBytes(3, [])
        #expect(Hex.encode(writer.bytes) == "0a00120012010 11a00".filter { $0 != " " })
    }

    @Test func `fields are read with their kinds`() throws {
        var reader = ProtobufReader(
            try #require(Hex.decode("0896011201611dffffffff2101000000000000002a0206013001")))
        #expect(try reader.next()?.unsigned() == 150)
        #expect(try reader.next()?.string() == "a")
        #expect(try reader.next()?.value == .fixed32(0xffff_ffff))
        #expect(try reader.next()?.sfixed64() == 1)
        #expect(try reader.next()?.packed() == [6, 1])
        #expect(try reader.next()?.bool() == true)
        #expect(try reader.next() == nil)
    }

    @Test(arguments: [
        ("08", ProtobufFailure.truncated(offset: 1)), ("0880", .truncated(offset: 1)),
        ("0a", .truncated(offset: 1)), ("0a01", .truncated(offset: 1)), ("09", .truncated(offset: 1)),
        ("0900000000000000", .truncated(offset: 1)), ("0d000000", .truncated(offset: 1)),
        ("0affffffffffffffffff01", .truncated(offset: 1)), ("088000", .malformedVarint(offset: 1)),
        ("08968100", .malformedVarint(offset: 1)), ("880001", .malformedVarint(offset: 0)),
        ("08ffffffffffffffffff02", .malformedVarint(offset: 1)),
        ("08ffffffffffffffffffff01", .malformedVarint(offset: 1)), ("0a8100ff", .malformedVarint(offset: 1)),
        ("0001", .malformedFieldNumber(offset: 0)), ("808080801001", .malformedFieldNumber(offset: 0)),
        ("f8ffffffffffffffff0101", .malformedFieldNumber(offset: 0)), ("0b0c", .unknownWireType(3, offset: 0)),
        ("0c", .unknownWireType(4, offset: 0)), ("0e", .unknownWireType(6, offset: 0)),
        ("0f", .unknownWireType(7, offset: 0)),
    ])
    func `a malformed field is refused`(hex: String, failure: ProtobufFailure) throws {
        var reader = ProtobufReader(try #require(Hex.decode(hex)))
        #expect(throws: failure) { try reader.next() }
    }

    @Test func `the largest field number and varint pass`() throws {
        var reader = ProtobufReader(try #require(Hex.decode("f8ffffff0fffffffffffffffffff01")))
        #expect(try reader.next() == ProtobufField(number: 1 << 29 - 1, value: .varint(.max)))
    }

    @Test func `a value of another kind or out of range is refused`() {
        let number = ProtobufField(number: 9, value: .varint(2))
        let text = ProtobufField(number: 9, value: .bytes([0xff]))
        let large = ProtobufField(number: 9, value: .varint(1 << 32))
        let refused = ProtobufFailure.unexpectedValue(field: 9)
        #expect(throws: refused) { try number.bool() }
        #expect(throws: refused) { try number.bytes() }
        #expect(throws: refused) { try number.string() }
        #expect(throws: refused) { try number.fixed64() }
        #expect(throws: refused) { try text.unsigned() }
        #expect(throws: refused) { try text.sfixed64() }
        #expect(throws: refused) { try large.int32() }
        #expect(throws: refused) { try large.uint32() }
        #expect(throws: ProtobufFailure.invalidUTF8(field: 9)) { try text.string() }
    }

    @Test func `a length prefix covers exactly the message`() throws {
        let message = [UInt8](repeating: 7, count: 200)
        let prefixed = ProtobufWriter.lengthPrefixed(message)
        #expect(prefixed.prefix(2) == [0xc8, 0x01])
        #expect(try ProtobufReader.unprefixed(prefixed) == message)
        #expect(throws: ProtobufFailure.self) { try ProtobufReader.unprefixed(prefixed + [0]) }
        #expect(throws: ProtobufFailure.self) { try ProtobufReader.unprefixed(prefixed.dropLast()) }
        #expect(throws: ProtobufFailure.self) { try ProtobufReader.unprefixed([]) }
    }
}
