import Codec
import Testing

@Suite struct BaseEncodingTests {
    /// RFC 4648 §10.
    static let published: [(plain: String, encoded: String)] = [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]

    @Test(arguments: published)
    func `base64 follows the published examples`(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(plain.utf8))
        let bare = encoded.filter { $0 != "=" }
        #expect(Base64.encodeURL(Array(plain.utf8)) == bare)
        #expect(Base64.decodeURL(bare) == Array(plain.utf8))
    }

    @Test func `the alphabets differ in two characters`() {
        #expect(Base64.encode([0xfb, 0xff]) == "+/8=")
        #expect(Base64.encodeURL([0xfb, 0xff]) == "-_8")
    }

    @Test(arguments: [
        "Zg", "Zg=", "Zg===", "=", "==", "===", "====", "Z===", "Zm8", "Zm9v=", "Zm9v====", "Zh==", "Zm9=", "Zm9w\n",
        "Zm 9", "Zm9-", "Zm9_", "Zg==Zg==", "Z=g=", "\u{5a}m9\u{e9}",
    ])
    func `base64 of another spelling is refused`(text: String) { #expect(Base64.decode(text) == nil) }

    @Test(arguments: ["Z", "Zg==", "Zh", "Zm9", "Zm9v=", "Zm9+", "Zm9/", "Zm9vY", " "])
    func `base64url of another spelling is refused`(text: String) { #expect(Base64.decodeURL(text) == nil) }

    @Test(arguments: ["0", "0A", "FF", "0g", " 00", "0x00", "00 ", "é"])
    func `hex of another spelling is refused`(text: String) { #expect(Hex.decode(text) == nil) }

    @Test func `hex has two lower-case digits a byte`() {
        #expect(Hex.encode([0, 0x9a, 0xff]) == "009aff")
        #expect(Hex.decode("009aff") == [0, 0x9a, 0xff])
        #expect(Hex.decode("") == [])
    }

    @Test func `a byte reader gives back what a byte writer wrote`() throws {
        var writer = ByteWriter()
        writer.uint8(1)
        writer.uint16(0x0203)
        writer.uint32(0x0405_0607)
        writer.uint64(0x0809_0a0b_0c0d_0e0f)
        writer.part([0xaa, 0xbb])
        writer.raw([0xcc])
        #expect(Hex.encode(writer.bytes) == "0102030405060708090a0b0c0d0e0f00000002aabbcc")
        var reader = ByteReader(writer.bytes)
        #expect(try reader.uint8() == 1)
        #expect(try reader.uint16() == 0x0203)
        #expect(try reader.uint32() == 0x0405_0607)
        #expect(try reader.uint64() == 0x0809_0a0b_0c0d_0e0f)
        #expect(try reader.part() == [0xaa, 0xbb])
        #expect(throws: ByteReaderFailure.trailingBytes(offset: 21)) { try reader.finish() }
        #expect(try reader.bytes(1) == [0xcc])
        try reader.finish()
        #expect(throws: ByteReaderFailure.truncated(offset: 22, wanted: 1)) { try reader.uint8() }
    }

    @Test func `a part longer than what remains is refused`() {
        var reader = ByteReader([0xff, 0xff, 0xff, 0xff, 0])
        #expect(throws: ByteReaderFailure.truncated(offset: 4, wanted: 0xffff_ffff)) { try reader.part() }
    }
}
