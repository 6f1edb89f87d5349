/// A squared length that much is divided by, at least 1: a product and a step instead of a division, whose time depends on
/// its numbers.
struct Divisor: Hashable, Sendable {
    private let divisor: UInt64
    /// (2^64 - 1) / divisor, rounded down.
    private let reciprocal: UInt64

    /// For 0 as for 1.
    init(_ squaredLength: Int32) {
        divisor = UInt64(max(squaredLength, 1))
        reciprocal = .max / divisor
    }

    /// `dividend` / divisor, rounded down, for dividends up to 2^52.
    ///
    /// The reciprocal is at most 2 below 2^64 / divisor, so that the product's upper half is at most 1 below the quotient.
    func quotient(of dividend: UInt64) -> UInt64 {
        let low = dividend.multipliedFullWidth(by: reciprocal).high
        return low &+ (dividend &- low &* divisor >= divisor ? 1 : 0)
    }
}
