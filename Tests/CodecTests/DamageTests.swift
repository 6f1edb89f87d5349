import Codec
import Testing

/// Every decoder on damaged and on random input: it throws or gives a value, and what it accepts it also writes.
@Suite struct DamageTests {
    static let rounds = 1500

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `damaged CBOR is refused, or is the one encoding of what it gives`(seed: UInt64) {
        var source = DamageSource(seed: seed)
        let sample: CBOR = [
            ["a": 1, "b": [true, .null, -7]], .tagged(18, [.bytes([1, 2, 3]), "text \u{e9}\u{1f600}"]), 4_294_967_296,
        ]
        for _ in 0..<Self.rounds {
            for bytes in [source.damaged(sample.encoded()), source.bytes(countMax: 40)] {
                if let item = try? CBOR.decode(bytes) { #expect(item.encoded() == bytes, "seed \(seed): \(bytes)") }
                if let item = try? CBOR.decode(bytes, as: .general) {
                    let encoded = item.encoded()
                    #expect((try? CBOR.decode(encoded, as: .general))?.encoded() == encoded, "seed \(seed): \(bytes)")
                }
            }
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `damaged JSON is refused, or reads the same after being written`(seed: UInt64) {
        var source = DamageSource(seed: seed)
        let sample = Array(
            #"{"a":[1,-2.5e-3,true,false,null],"\u00e9\ud83d\ude00":"\"\\\/\b\f\n\r\t","é":{"":{}},"😀":[[]]}"#.utf8)
        for _ in 0..<Self.rounds {
            for bytes in [source.damaged(sample), source.bytes(countMax: 12)] {
                guard let document = try? JSONDocument(parsing: bytes) else { continue }
                let value = JSON(document.root)
                let again = try? JSONDocument(parsing: value.serialized())
                #expect(again.map { JSON($0.root) } == value, "seed \(seed): \(bytes)")
                if let canonical = try? JCS.canonicalize(document.root) {
                    #expect(canonical == (try? JCS.canonicalize(value)), "seed \(seed): \(bytes)")
                    let reread = try? JSONDocument(parsing: canonical)
                    #expect(reread.flatMap { try? JCS.canonicalize($0.root) } == canonical, "seed \(seed): \(bytes)")
                }
            }
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `damaged protobuf is refused, or its fields write the same bytes`(seed: UInt64) {
        var source = DamageSource(seed: seed)
        var sample = ProtobufWriter()
        sample.unsigned(1, 300)
        sample.sfixed64(2, -5)
        sample.message(16, [8, 1])
        sample.int64(17, -1)
        for _ in 0..<Self.rounds {
            for bytes in [source.damaged(sample.bytes), source.bytes(countMax: 24)] {
                var reader = ProtobufReader(bytes)
                var fields: [ProtobufField] = []
                do {
                    while let field = try reader.next() { fields.append(field) }
                } catch { continue }
                // Defaults and 32-bit values are not what our writer writes.
                let isOurs = fields.allSatisfy { $0.value != .varint(0) && $0.value != .fixed64(0) && !$0.isFixed32 }
                guard isOurs else { continue }
                var writer = ProtobufWriter()
                for field in fields {
                    switch field.value {
                    case .varint(let value): writer.unsigned(field.number, value)
                    case .fixed64(let value): writer.fixed64(field.number, value)
                    case .bytes(let value): writer.message(field.number, value)
                    case .fixed32: break
                    }
                }
                #expect(writer.bytes == bytes, "seed \(seed)")
            }
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `damaged base encodings are refused, or are the one spelling of what they give`(seed: UInt64) {
        var source = DamageSource(seed: seed)
        for _ in 0..<Self.rounds {
            let bytes = source.bytes(countMax: 20)
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
            #expect(Base64.decodeURL(Base64.encodeURL(bytes)) == bytes)
            #expect(Hex.decode(Hex.encode(bytes)) == bytes)
            let standard = String(decoding: source.damaged(Array(Base64.encode(bytes).utf8)), as: UTF8.self)
            if let decoded = Base64.decode(standard) { #expect(Base64.encode(decoded) == standard, "seed \(seed)") }
            let urlSafe = String(decoding: source.damaged(Array(Base64.encodeURL(bytes).utf8)), as: UTF8.self)
            if let decoded = Base64.decodeURL(urlSafe) { #expect(Base64.encodeURL(decoded) == urlSafe, "seed \(seed)") }
            let hex = String(decoding: source.damaged(Array(Hex.encode(bytes).utf8)), as: UTF8.self)
            if let decoded = Hex.decode(hex) { #expect(Hex.encode(decoded) == hex, "seed \(seed)") }
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `a byte reader on random input throws or stops at the end`(seed: UInt64) {
        var source = DamageSource(seed: seed)
        for _ in 0..<Self.rounds {
            var reader = ByteReader(source.bytes(countMax: 30))
            do throws(ByteReaderFailure) {
                while reader.remaining > 0 {
                    switch Int.random(in: 0..<5, using: &source) {
                    case 0: _ = try reader.uint8()
                    case 1: _ = try reader.uint16()
                    case 2: _ = try reader.uint32()
                    case 3: _ = try reader.uint64()
                    default: _ = try reader.part()
                    }
                }
                try reader.finish()
            } catch {
                guard case .truncated(_, let wanted) = error else {
                    Issue.record("seed \(seed): \(error)")
                    continue
                }
                #expect(wanted > reader.remaining)
            }
        }
    }
}

extension ProtobufField {
    fileprivate var isFixed32: Bool {
        if case .fixed32 = value { true } else { false }
    }
}
