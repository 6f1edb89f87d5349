import Codec
package import Cryptography

/// How near two vectors are.
package enum Metric: UInt8, CaseIterable, Sendable {
    /// Distance is minus the dot product.
    case dot = 0
    /// Distance is the sum of squared differences.
    case squaredL2 = 1
    /// As `dot`, of vectors brought to the length 2^scale.
    case cosine = 2
}

/// Who may insert.
package enum WritePolicy: UInt8, CaseIterable, Sendable {
    case owner = 0
    case anyone = 1
}

/// What a collection is; never changes.
///
/// | field | bytes | meaning |
/// |---|---|---|
/// | version | 1 | `IndexRules.version` |
/// | metric, policy | 1 each | |
/// | isPublic | 1 | 1: whoever created it declared that its contents are public |
/// | dimension | 2 | 1 to 4,096 |
/// | scale | 1 | a component is its integer / 2^scale; for cosine 2^scale is the length of every vector |
/// | countMax | 4 | quota of vectors, 1 to `IndexRules.countMax` |
/// | normMax | 4 | the largest squared length that is accepted; for cosine 0 |
/// | deposit | 8 | kept for each vector; a book entry of whoever keeps books |
/// | owner | 32 | |
package struct CollectionParameters: Hashable, Sendable {
    package var metric: Metric
    package var policy: WritePolicy
    package var isPublic: Bool
    package var dimension: Int
    package var scale: Int
    package var countMax: Int
    package var normMax: Int
    package var deposit: UInt64
    package var owner: Digest

    /// Bytes of the encoded form.
    package static let byteCount = 55

    /// - Throws: `parameter` with the first one that is out of its range.
    package init(
        metric: Metric, dimension: Int, scale: Int, owner: Digest, policy: WritePolicy = .owner, isPublic: Bool = true,
        countMax: Int = IndexRules.countMax, normMax: Int? = nil, deposit: UInt64 = 0
    ) throws(VectorFailure) {
        guard 1...4_096 ~= dimension else { throw .parameter(.dimension) }
        // 2^12 is the largest length that 4,096 components of 127 exceed in time to be found out.
        guard 0...12 ~= scale else { throw .parameter(.scale) }
        guard 1...IndexRules.countMax ~= countMax else { throw .parameter(.countMax) }
        let longest = dimension * 127 * 127
        let normMax = normMax ?? (metric == .cosine ? 0 : longest)
        guard metric == .cosine ? normMax == 0 : 1...longest ~= normMax else { throw .parameter(.norm) }
        // A length that the components cannot reach would refuse every vector.
        if metric == .cosine {
            guard scale >= 4, 1 << (2 * scale) <= longest else { throw .parameter(.scale) }
        }
        self.metric = metric
        self.policy = policy
        self.isPublic = isPublic
        self.dimension = dimension
        self.scale = scale
        self.countMax = countMax
        self.normMax = normMax
        self.deposit = deposit
        self.owner = owner
    }

    package func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: Self.byteCount)
        writer.uint8(IndexRules.version)
        writer.uint8(metric.rawValue)
        writer.uint8(policy.rawValue)
        writer.uint8(isPublic ? 1 : 0)
        writer.uint16(UInt16(dimension))
        writer.uint8(UInt8(scale))
        writer.uint32(UInt32(countMax))
        writer.uint32(UInt32(normMax))
        writer.uint64(deposit)
        writer.raw(owner.bytes)
        return writer.bytes
    }

    /// - Throws: `parameter` for what `encoded()` would not have written.
    package init(decoding bytes: [UInt8]) throws(VectorFailure) {
        var reader = ByteReader(bytes)
        do {
            guard try reader.uint8() == IndexRules.version else { throw VectorFailure.parameter(.version) }
            guard let metric = Metric(rawValue: try reader.uint8()) else { throw VectorFailure.parameter(.metric) }
            guard let policy = WritePolicy(rawValue: try reader.uint8()) else { throw VectorFailure.parameter(.policy) }
            let flag = try reader.uint8()
            guard flag < 2 else { throw VectorFailure.parameter(.policy) }
            let dimension = Int(try reader.uint16())
            let scale = Int(try reader.uint8())
            let countMax = Int(try reader.uint32())
            let normMax = Int(try reader.uint32())
            let deposit = try reader.uint64()
            guard let owner = Digest(try reader.bytes(32)) else { throw VectorFailure.parameter(.length) }
            try reader.finish()
            try self.init(
                metric: metric, dimension: dimension, scale: scale, owner: owner, policy: policy, isPublic: flag == 1,
                countMax: countMax, normMax: normMax, deposit: deposit)
        } catch let failure as VectorFailure {
            throw failure
        } catch {
            throw .parameter(.length)
        }
    }

    /// Bytes of a vector's signs: one bit a dimension, filled up to whole pairs of bytes.
    var planeCount: Int { (dimension + 15) / 16 * 2 }
    /// Bytes of a chunk of codes.
    var codeChunkBytes: Int { IndexRules.chunk * (planeCount + 6) }
}
