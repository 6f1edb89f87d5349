import Testing

@testable import Embedding

struct FeatureTests {
    typealias Feature = (bytes: [UInt8], weight: UInt64)
    static let embedder = TextEmbedder.standard

    static func features(_ numbers: Range<Int>, weight: UInt64 = 5) -> [Feature] {
        numbers.map { (bytes: Array("feature=\($0)".utf8), weight: weight) }
    }

    /// Thousandths.
    static func cosine(_ left: [Feature], _ right: [Feature]) throws -> Int {
        let one = try embedder.vector(ofFeatures: left).map { Int($0) }
        let other = try embedder.vector(ofFeatures: right).map { Int($0) }
        return zip(one, other).reduce(0) { $0 + $1.0 * $1.1 } * 1_000 / (embedder.length * embedder.length)
    }

    @Test func `no feature and too many have no vector`() {
        #expect(throws: EmbeddingFailure.noWords) { try Self.embedder.vector(ofFeatures: []) }
        let max = TextEmbedder.featureCountMax
        #expect(throws: EmbeddingFailure.tooManyWords(max: max)) {
            try Self.embedder.vector(ofFeatures: Self.features(0..<max + 1))
        }
        #expect(throws: Never.self) { try Self.embedder.vector(ofFeatures: Self.features(0..<max)) }
    }

    @Test func `the order of features does not matter`() throws {
        let features = Self.features(0..<40)
        #expect(
            try Self.embedder.vector(ofFeatures: features) == Self.embedder.vector(ofFeatures: features.reversed()))
    }

    @Test(arguments: [0, 5, 10, 15, 20])
    func `the cosine is about what two sets share`(shared: Int) throws {
        let cosine = try Self.cosine(Self.features(0..<20), Self.features(20 - shared..<40 - shared))
        #expect(abs(cosine - shared * 50) < 150, "\(cosine)")
    }

    @Test func `spelling does not count: near names are as far as any`() throws {
        let one: [Feature] = [(Array("feature=100000000".utf8), 5)]
        let near: [Feature] = [(Array("feature=100000001".utf8), 5)]
        #expect(abs(try Self.cosine(one, near)) <= 260)
        #expect(try Self.cosine(one, one) > 950)
    }

    @Test func `a heavier feature says more`() throws {
        let common = Self.features(0..<1, weight: 10)
        let light = Self.features(0..<1, weight: 2)
        let (left, right) = (Self.features(10..<20), Self.features(20..<30))
        #expect(try Self.cosine(common + left, common + right) > Self.cosine(light + left, light + right))
    }

    @Test func `a feature points the same way whatever it weighs`() throws {
        let left = Self.features(0..<4, weight: 4)
        #expect(try Self.cosine(left, Self.features(0..<4, weight: 3)) > 980)
        #expect(try Self.cosine(left, Self.features(0..<5, weight: 3)) > 800)
    }

    @Test func `a feature is not the word of the same bytes`() throws {
        #expect(
            try Self.embedder.vector(ofFeatures: [(bytes: Array("shipping".utf8), weight: 12)])
                != Self.embedder.vector(of: "shipping"))
        #expect(
            Self.embedder.key(ofFeature: Array("shipping".utf8))
                & ~15 != (try Self.embedder.features(of: Array("shipping".utf8)).first.map { $0 & ~15 }))
    }

    @Test(arguments: [1, 2, 5, 50, 500])
    func `vectors have the embedder's length, however many features there are`(count: Int) throws {
        let vector = try Self.embedder.vector(ofFeatures: Self.features(0..<count))
        let square = vector.reduce(0) { $0 + Int($1) * Int($1) }
        #expect(vector.count == 384 && abs(square - 65_536) < 3_000, "\(square)")
    }
}
