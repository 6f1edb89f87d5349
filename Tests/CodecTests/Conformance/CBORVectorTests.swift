import Codec
import Foundation
import TestSupport
import Testing

/// Appendix A of RFC 8949, from `cbor/test-vectors`: every item decodes in the general profile, and those marked so
/// encode to the same bytes.
@Suite(.enabled(if: VectorFolder.shouldRun("cbor")))
struct CBORVectorTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        var hex: String
        var isRoundTrip: Bool
        var decoded: JSON?
        var testDescription: String { hex }
    }

    static let vectors: [Vector] = {
        var vectors: [Vector] = []
        for file in VectorFolder.files("cbor", endingWith: ".json") {
            guard let bytes = try? VectorFolder.bytes(of: file),
                let document = try? JSONDocument(parsing: bytes)
            else { continue }
            for element in document.root.elements {
                guard let hex = element["hex"]?.string else { continue }
                vectors.append(
                    Vector(
                        hex: hex, isRoundTrip: element["roundtrip"]?.bool ?? false,
                        decoded: element["decoded"].map { JSON($0) }))
            }
        }
        return vectors
    }()

    @Test func `the set is there, and every element of every file is read`() throws {
        let elements = try VectorFolder.files("cbor", endingWith: ".json").reduce(0) {
            $0 + (try JSONDocument(parsing: VectorFolder.bytes(of: $1)).root.count)
        }
        #expect(!Self.vectors.isEmpty && Self.vectors.count == elements)
    }

    @Test(arguments: vectors)
    func `an item decodes, and encodes to the same bytes where the vector says so`(vector: Vector) throws {
        let bytes = try #require(Hex.decode(vector.hex))
        let item = try CBOR.decode(bytes, as: .general)
        if vector.isRoundTrip { #expect(Hex.encode(item.encoded()) == vector.hex) }
        #expect(try CBOR.decode(item.encoded(), as: .general).encoded() == item.encoded())
        if let decoded = vector.decoded { #expect(Self.matches(item, decoded), "\(item) is not \(decoded)") }
    }

    @Test(arguments: vectors)
    func `the deterministic profile reads only what it would write`(vector: Vector) throws {
        let bytes = try #require(Hex.decode(vector.hex))
        guard let item = try? CBOR.decode(bytes) else { return }
        #expect(item.encoded() == bytes)
    }

    /// Whether an item is what the vector's JSON says, as far as JSON can say it.
    static func matches(_ item: CBOR, _ json: JSON) -> Bool {
        switch (item, json) {
        case (.unsigned(let value), .number(let lexeme)): String(value) == lexeme
        case (.negative(let value), .number(let lexeme)):
            value == .max ? lexeme == "-18446744073709551616" : "-\(value + 1)" == lexeme
        case (.float(let value), .number(let lexeme)): Double(lexeme) == value
        case (.tagged(2, .bytes), .number(let lexeme)): lexeme == "18446744073709551616"
        case (.tagged(3, .bytes), .number(let lexeme)): lexeme == "-18446744073709551617"
        case (.text(let text), .string(let string)): text.utf8.elementsEqual(string.utf8)
        case (.boolean(let value), .boolean(let expected)): value == expected
        case (.null, .null): true
        case (.array(let items), .array(let elements)):
            items.count == elements.count && zip(items, elements).allSatisfy { matches($0, $1) }
        case (.map(let entries), .object(let members)):
            entries.count == members.count
                && entries.allSatisfy { entry in
                    guard let name = entry.key.text, let value = json[name] else { return false }
                    return matches(entry.value, value)
                }
        default: false
        }
    }
}
