import SupplyChain

/// Distances between records' vectors (`EventVector`) in the numbers that users see.
///
/// A vector is a publication of what it was made from (privacy.md): it is kept in memory alone, made from the sealed
/// document each time the gateway starts, and so is gone with the document's key.
enum RecordVector {
    /// The most a distance is: the one between opposites.
    static let distanceMax = 2_000

    /// 1,000 x (1 - cosine), rounded down: 0 for the same, about 1,000 for what has nothing in common.
    ///
    /// Vectors have the length 256 up to rounding, so the squared distance is 2 x 65,536 x (1 - cosine).
    static func distance(squared: Int32) -> Int {
        min(distanceMax, Int(squared) * 1_000 / (2 * square))
    }

    /// The largest squared distance that is shown as this one.
    static func squaredMax(distance: Int) -> Int32 {
        guard distance < distanceMax else { return .max }
        return Int32(((distance + 1) * 2 * square + 999) / 1_000 - 1)
    }

    private static var square: Int { EventVector.length * EventVector.length }
}
