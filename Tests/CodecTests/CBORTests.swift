import Codec
import Testing

@Suite struct CBORTests {
    struct Refusal: Sendable, CustomTestStringConvertible {
        var hex: String
        var failure: CBORFailure
        init(_ hex: String, _ failure: CBORFailure) {
            self.hex = hex
            self.failure = failure
        }
        var testDescription: String { hex }
    }

    static let deterministicRefusals: [Refusal] = [
        Refusal("", .truncated(offset: 0)), Refusal("18", .truncated(offset: 0)),
        Refusal("1900", .truncated(offset: 0)),
        Refusal("42ff", .truncated(offset: 0)), Refusal("5bffffffffffffffff", .truncated(offset: 0)),
        Refusal("9bffffffffffffffff", .truncated(offset: 9)), Refusal("bb7fffffffffffffff", .truncated(offset: 9)),
        Refusal("8201", .truncated(offset: 1)), Refusal("a101", .truncated(offset: 2)),
        Refusal("0000", .trailingBytes(offset: 1)), Refusal("1c", .malformedHead(offset: 0)),
        Refusal("1e", .malformedHead(offset: 0)), Refusal("fc", .malformedHead(offset: 0)),
        Refusal("1817", .notShortest(offset: 0)), Refusal("1900ff", .notShortest(offset: 0)),
        Refusal("1a0000ffff", .notShortest(offset: 0)), Refusal("1b00000000ffffffff", .notShortest(offset: 0)),
        Refusal("3817", .notShortest(offset: 0)), Refusal("580161", .notShortest(offset: 0)),
        Refusal("780161", .notShortest(offset: 0)), Refusal("980101", .notShortest(offset: 0)),
        Refusal("b8010101", .notShortest(offset: 0)), Refusal("d81200", .notShortest(offset: 0)),
        Refusal("5f4101ff", .indefiniteLength(offset: 0)), Refusal("7f6161ff", .indefiniteLength(offset: 0)),
        Refusal("9fff", .indefiniteLength(offset: 0)), Refusal("bfff", .indefiniteLength(offset: 0)),
        Refusal("ff", .indefiniteLength(offset: 0)), Refusal("1f", .indefiniteLength(offset: 0)),
        Refusal("61ff", .invalidUTF8(offset: 0)), Refusal("62c080", .invalidUTF8(offset: 0)),
        Refusal("63eda080", .invalidUTF8(offset: 0)), Refusal("f7", .refusedSimple(offset: 0)),
        Refusal("e0", .refusedSimple(offset: 0)), Refusal("f820", .refusedSimple(offset: 0)),
        Refusal("f814", .refusedSimple(offset: 0)), Refusal("f90000", .refusedSimple(offset: 0)),
        Refusal("fa00000000", .refusedSimple(offset: 0)), Refusal("fb0000000000000000", .refusedSimple(offset: 0)),
        Refusal("d86200", .refusedTag(98, offset: 0)), Refusal("c11a00000000", .refusedTag(1, offset: 0)),
        Refusal("a1410001", .refusedKey(offset: 1)), Refusal("a1f501", .refusedKey(offset: 1)),
        Refusal("a18001", .refusedKey(offset: 1)), Refusal("a1d20001", .refusedKey(offset: 1)),
        Refusal("a202010102", .unorderedKey(offset: 3)), Refusal("a220010102", .unorderedKey(offset: 3)),
        Refusal("a2616101180002", .notShortest(offset: 4)), Refusal("a201010102", .duplicateKey(offset: 3)),
        Refusal("a261610161610a", .duplicateKey(offset: 4)),
        Refusal(String(repeating: "81", count: 16) + "00", .tooDeep(offset: 16)),
        Refusal(String(repeating: "d2", count: 16) + "00", .tooDeep(offset: 16)),
    ]

    @Test(arguments: deterministicRefusals)
    func `the deterministic profile refuses`(refusal: Refusal) throws {
        let bytes = try #require(Hex.decode(refusal.hex))
        #expect(throws: refusal.failure) { try CBOR.decode(bytes) }
    }

    static let generalRefusals: [Refusal] = [
        Refusal("ff", .malformedHead(offset: 0)), Refusal("1f", .malformedHead(offset: 0)),
        Refusal("df00ff", .malformedHead(offset: 0)), Refusal("f810", .malformedHead(offset: 0)),
        Refusal("f817", .malformedHead(offset: 0)),
        Refusal("5f6161ff", .malformedChunk(offset: 1)), Refusal("5f5f4100ffff", .malformedChunk(offset: 1)),
        Refusal("7f61c361a9ff", .invalidUTF8(offset: 0)), Refusal("9f01", .truncated(offset: 2)),
        Refusal("bf01ff", .malformedHead(offset: 2)), Refusal("a20001180002", .duplicateKey(offset: 1)),
        Refusal("bf00010002ff", .duplicateKey(offset: 1)), Refusal("0001", .trailingBytes(offset: 1)),
        Refusal(String(repeating: "9f", count: 70), .tooDeep(offset: 64)),
    ]

    @Test(arguments: generalRefusals)
    func `the general profile refuses what is malformed or invalid`(refusal: Refusal) throws {
        let bytes = try #require(Hex.decode(refusal.hex))
        #expect(throws: refusal.failure) { try CBOR.decode(bytes, as: .general) }
    }

    @Test func `sixteen levels pass`() throws {
        let bytes = [UInt8](repeating: 0x81, count: 15) + [0]
        #expect(try CBOR.decode(bytes).encoded() == bytes)
    }

    @Test func `input above the limit is refused before it is read`() {
        var profile = CBOR.Profile.deterministic
        profile.byteCountMax = 3
        #expect(throws: CBORFailure.tooLarge(byteCount: 4, byteCountMax: 3)) {
            try CBOR.decode([0x83, 1, 2, 3], as: profile)
        }
    }

    @Test func `a profile with more tags reads them`() throws {
        #expect(try CBOR.decode([0xd8, 0x62, 0x00], as: .deterministic(tags: [98])) == .tagged(98, 0))
    }

    @Test func `map keys are written in bytewise order of their encodings`() {
        let map: CBOR = ["aa": 1, 100: 2, -1: 3, "z": 4, 10: 5, [100]: 6, [-1]: 7, false: 8]
        // RFC 8949 §4.2.1: 10, 100, -1, "z", "aa", [100], [-1], false.
        #expect(Hex.encode(map.encoded()) == "a80a051864022003617a046261610181186406812007f408")
    }

    @Test(arguments: [
        (1.0, "f93c00"), (-0.0, "f98000"), (65504, "f97bff"), (65505, "fa477fe100"), (65536, "fa47800000"),
        (0x1p-24, "f90001"), (0x1p-14, "f90400"), (0x1p-25, "fa33000000"), (1.1, "fb3ff199999999999a"),
        (Double.infinity, "f97c00"), (-.infinity, "f9fc00"), (.nan, "f97e00"), (1e300, "fb7e37e43c8800759c"),
        (0x1p-149, "fa00000001"), (1.0009765625, "f93c01"),
    ])
    func `floats take the shortest width that keeps them`(value: Double, hex: String) throws {
        #expect(Hex.encode(CBOR.float(value).encoded()) == hex)
        #expect(try CBOR.decode(CBOR.float(value).encoded(), as: .general) == .float(value))
    }

    @Test func `every half-precision float comes back`() throws {
        for bits in UInt16.min...UInt16.max {
            let bytes: [UInt8] = [0xf9, UInt8(bits >> 8), UInt8(bits & 0xff)]
            let item = try CBOR.decode(bytes, as: .general)
            guard case .float(let value) = item, !value.isNaN else { continue }
            #expect(item.encoded() == bytes)
        }
    }

    @Test func `numbers keep their sign and range`() {
        #expect(CBOR.integer(-1) == .negative(0))
        #expect(CBOR.integer(.min) == .negative(UInt64(Int64.max)))
        #expect(CBOR.integer(.min).integer == .min)
        #expect(CBOR.integer(.max).integer == .max)
        #expect(CBOR.unsigned(UInt64(Int64.max) + 1).integer == nil)
        #expect(CBOR.negative(UInt64(Int64.max) + 1).integer == nil)
        #expect(CBOR.integer(5).unsigned == 5)
        #expect(CBOR.integer(-5).unsigned == nil)
    }

    @Test func `text is equal by its bytes, not by canonical equivalence`() {
        #expect(CBOR.text("\u{e9}") != .text("e\u{301}"))
        #expect(CBOR.text("K") != .text("\u{212a}"))
        #expect((["\u{e9}": 1] as CBOR)["e\u{301}"] == nil)
        #expect(Set<CBOR>(["\u{e9}", "e\u{301}"]).count == 2)
        #expect(CBOR.float(.nan) == .float(.nan))
        #expect(CBOR.float(0) != .float(-0.0))
    }

    @Test func `accessors give nil for other kinds`() {
        let map: CBOR = [1: "a", "b": [true]]
        #expect(map[1]?.text == "a")
        #expect(map["b"]?.array?.first?.boolean == true)
        #expect(map[2] == nil)
        #expect(CBOR.null[1] == nil)
        #expect(CBOR.null.isNull)
        #expect(map.bytes == nil && map.text == nil && map.unsigned == nil && map.array == nil && !map.isNull)
        #expect(CBOR.tagged(18, 1).content(ofTag: 18) == 1)
        #expect(CBOR.tagged(18, 1).content(ofTag: 98) == nil)
    }
}
