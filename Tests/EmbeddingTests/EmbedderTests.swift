import Cryptography
import Foundation
import TestSupport
import Testing

@testable import Embedding

@Suite struct EmbedderTests {
    let embedder = TextEmbedder.standard

    static func cosine(_ one: [Int8], _ other: [Int8]) -> Int {
        // In thousandths; all vectors are about 256 long.
        zip(one, other).reduce(0) { $0 + Int($1.0) * Int($1.1) } * 1000 / 65_536
    }

    private static let vectors = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Vectors/embedding")

    @Test func `the description is the pinned list, and names the embedder`() throws {
        let pinned = Array(try Data(contentsOf: Self.vectors.appending(path: "embedder-1.txt")))
        #expect(Array(TextEmbedder.description.utf8) == pinned)
        #expect(TextEmbedder.id.hex == "013ab73a6359385faa71cfc6fac6fc76595fe1a01c183ee681acb7bbaaf0fad9")
    }

    @Test func `vectors are those that were pinned`() throws {
        let lines = try String(contentsOf: Self.vectors.appending(path: "vectors-1.txt"), encoding: .utf8)
            .split(separator: "\n")
        #expect(lines.count >= 8)
        for line in lines {
            let fields = line.split(separator: "\t", maxSplits: 1).map(String.init)
            let vector = try embedder.vector(of: fields[1]).map { UInt8(bitPattern: $0) }
            #expect(SHA256.hash(vector).hex == fields[0], "\(fields[1])")
        }
    }

    @Test func `case and separators make no difference, in four alphabets`() throws {
        for (one, other) in [
            ("Hello, world!", "hello world"), ("ÀÉÎÕÜ Straße ŻÓŁĆ", "àéîõü straße żółć"), ("ΛΌΓΟΣ", "λόγος"),
            ("ЖУРНАЛ Ёлка", "журнал ёлка"), ("a_b-c", "a b c"), ("NULL\u{0}byte", "null byte"), ("日本、語", "日本 語"),
        ] {
            #expect(try embedder.vector(of: one) == embedder.vector(of: other), "\(one)")
        }
    }

    @Test func `what the table does not name stays as it is`() throws {
        // Deseret, Cherokee, Georgian and full-width letters have cases that are not ours to fold.
        for (one, other) in [("\u{10400}", "\u{10428}"), ("Ꭰ", "ꭰ"), ("Ა", "ა"), ("Ａ", "ａ")] {
            #expect(try embedder.vector(of: one) != embedder.vector(of: other), "\(one)")
        }
    }

    @Test func `composed and decomposed text differ: nothing is normalised`() throws {
        #expect(try embedder.vector(of: "caf\u{e9}") != embedder.vector(of: "cafe\u{301}"))
    }

    @Test func `near texts are near, others are not`() throws {
        let text = try embedder.vector(of: "Traceability of fresh fish from the boat to the shop")
        func near(_ other: String) throws -> Int { Self.cosine(text, try embedder.vector(of: other)) }
        #expect(try near("Traceability of fresh fish from boat to shop") > 900)
        #expect(try near("Tracability of fresh fisch from the boat to the shop") > 700)
        #expect(try near("from the shop to the boat: fresh fish, traceability of") > 900)
        #expect(try near("A compiler for quantum circuits") < 250)
    }

    @Test func `a word that says little weighs little`() throws {
        let text = try embedder.vector(of: "sensor calibration")
        let quiet = Self.cosine(text, try embedder.vector(of: "the sensor calibration"))
        let loud = Self.cosine(text, try embedder.vector(of: "xyz sensor calibration"))
        #expect(quiet > loud && quiet > 950)
        #expect(throws: Never.self) { try embedder.vector(of: "the of and") }
    }

    @Test func `every vector is as long as a collection of scale 8 asks for`() throws {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<2_000 {
            let text = (0..<Int.random(in: 1...40, using: &random)).map { _ in
                UInt8.random(in: 0x20...0x7e, using: &random)
            }
            // Short ones too: no letter may be a text without a vector.
            guard let vector = try? embedder.vector(of: text) else {
                #expect(throws: EmbeddingFailure.noWords) { try embedder.vector(of: text) }
                continue
            }
            let squared = vector.reduce(0) { $0 + Int($1) * Int($1) }
            #expect(vector.count == 384 && (57_600...73_984).contains(squared) && !vector.contains(-128))
        }
    }

    @Test(arguments: [
        ("", EmbeddingFailure.noWords), (" \t\n.,;!?–—…“”«»", .noWords), ("\u{0}\u{1}\u{7f}\u{80}\u{a0}", .noWords),
        (String(repeating: "a", count: 65_537), .tooLong(byteCount: 65_537)),
        (String(repeating: "a ", count: 16_385), .tooManyWords(max: 16_384)),
    ])
    func `texts without a vector are refused`(text: String, failure: EmbeddingFailure) {
        #expect(throws: failure) { try embedder.vector(of: text) }
    }

    @Test(
        arguments: [
            ([0x80], 0), ([0x61, 0xff], 1), ([0xc0, 0xaf], 0), ([0xc1, 0x81], 0), ([0xe0, 0x9f, 0xbf], 0),
            ([0xed, 0xa0, 0x80], 0), ([0xed, 0xbf, 0xbf], 0), ([0xf0, 0x8f, 0xbf, 0xbf], 0),
            ([0xf4, 0x90, 0x80, 0x80], 0),
            ([0xf5, 0x80, 0x80, 0x80], 0), ([0x61, 0x62, 0xe2, 0x82], 2), ([0xe2, 0x28, 0xa1], 0),
            ([0xf0, 0x9f, 0x98], 0),
            ([0xc3], 0), ([0x61, 0xe2, 0x82, 0x41], 1),
        ] as [([UInt8], Int)])
    func `what is no UTF-8 is refused where it stands`(bytes: [UInt8], offset: Int) {
        #expect(throws: EmbeddingFailure.notUTF8(offset: offset)) { try embedder.vector(of: bytes) }
    }

    @Test func `sums that cancel one another give no vector`() {
        #expect(throws: EmbeddingFailure.degenerate) {
            try embedder.vector(ofSums: [Int64](repeating: 0, count: 384))
        }
        // All of it in one place: cut to 127, it is half as long as it should be.
        var sums = [Int64](repeating: 0, count: 384)
        sums[5] = 2_048
        #expect(throws: EmbeddingFailure.degenerate) { try embedder.vector(ofSums: sums) }
    }

    @Test func `the largest sums do not overflow`() throws {
        // More than any text reaches: 2^29 in one place of each eighth.
        var sums = [Int64](repeating: 0, count: 384)
        for lane in 0..<8 { sums[lane * 48] = (lane % 2 == 0 ? 1 : -1) * (1 << 29) }
        let vector = try embedder.vector(ofSums: sums)
        #expect(vector[0] == 91 && vector[48] == -91)
    }

    @Test func `components are the quotients that the steps name`() throws {
        var random = SeededGenerator(seed: 5)
        for round in 0..<3_000 {
            // Up to what one eighth's 2^29 leaves to each of its places, and more.
            let bound = Int64(1) << Int64(round % 26 + 1)
            let sums = (0..<384).map { _ in Int64.random(in: -bound...bound, using: &random) }
            let root = Int64(TextEmbedder.squareRoot(UInt64(sums.reduce(0) { $0 + $1 * $1 })))
            let vector = try embedder.vector(ofSums: sums)
            let expected = sums.map { $0.signum() * min(127, (512 * abs($0) + root) / (2 * root)) }
            #expect(vector.map { Int64($0) } == expected)
        }
    }

    @Test func `roots are exact`() {
        var random = SeededGenerator(seed: 3)
        for value in [0, 1, 2, 3, 4, 15, 16, 17, UInt64.max, 1 << 62, (1 << 32) - 1] as [UInt64] {
            #expect(isRoot(TextEmbedder.squareRoot(value), of: value))
        }
        for shift in 0..<64 {
            let value = random.next() >> UInt64(shift)
            #expect(isRoot(TextEmbedder.squareRoot(value), of: value))
        }
    }

    private func isRoot(_ root: UInt64, of value: UInt64) -> Bool {
        let next = (root + 1).multipliedFullWidth(by: root + 1)
        return root.multipliedFullWidth(by: root).high == 0 && root * root <= value
            && (next.high > 0 || next.low > value)
    }
}
