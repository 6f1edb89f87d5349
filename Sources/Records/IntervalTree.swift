import Cryptography
import GatewayStore
import LedgerModel
import Proofs

/// The tree of one interval (bundles.md, `log.inner`): SHA-256 of each statement, and padding up to a power of two.
///
/// Which places the statements take and what stands in the others follows from the interval's secret, so that paths stay
/// the same without 32 bytes a place being stored. Places are shuffled: an index says nothing of how many came.
///
/// | what | from |
/// |---|---|
/// | order of places | HMAC-SHA256(secret, place context, u32 big-endian index), ascending |
/// | padding entry | HMAC-SHA256(secret, padding context, u32 big-endian index), 32 bytes |
///
/// - Complexity: 2 HMACs and 2 hashes a place.
struct IntervalTree {
    private static let placeContext = Array(DomainSeparation.intervalPlace.utf8)
    private static let paddingContext = Array(DomainSeparation.intervalPadding.utf8)

    /// Hashes of each level, the leaves first.
    private let levels: [[Digest]]
    /// Place of each statement.
    private let places: [Int]

    /// Places the statements and fills the rest.
    ///
    /// `size`: a power of two, not below the number of statements.
    /// `secret`: 32 bytes.
    init(statements: [[UInt8]], size: Int, secret: [UInt8]) {
        precondition(size.nonzeroBitCount == 1 && statements.count <= size, "an interval is never overfull")
        func derived(_ context: [UInt8], _ index: Int) -> Digest {
            let number = UInt32(index)
            return HMACSHA256.authenticate(
                [context, (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }], key: secret)
        }
        let order = (0..<size).map { (rank: derived(Self.placeContext, $0), place: $0) }.sorted { $0.rank < $1.rank }
        places = order.prefix(statements.count).map(\.place)
        var leaves = (0..<size).map { TransparencyLog.leafHash(entry: derived(Self.paddingContext, $0).bytes) }
        for (statement, place) in zip(statements, places) {
            leaves[place] = TransparencyLog.leafHash(entry: SHA256.hash(statement).bytes)
        }
        var levels = [leaves]
        while let last = levels.last, last.count > 1 {
            levels.append(
                stride(from: 0, to: last.count, by: 2).map { TransparencyLog.nodeHash(last[$0], last[$0 + 1]) })
        }
        self.levels = levels
    }

    /// The interval's entry in the ledger's log.
    var root: Digest { levels[levels.count - 1][0] }

    /// The path of a statement, by its order of acceptance.
    func inclusion(of ordinal: Int) -> LogInclusion {
        let place = places[ordinal]
        let path = levels.dropLast().enumerated().map { level, hashes in hashes[(place >> level) ^ 1] }
        return LogInclusion(leafIndex: UInt64(place), treeSize: UInt64(levels[0].count), path: path)
    }
}

extension IntervalTree {
    init(_ interval: IntervalRow) {
        self.init(statements: interval.statements, size: interval.size, secret: interval.secret)
    }
}
