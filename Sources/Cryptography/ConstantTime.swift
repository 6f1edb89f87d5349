import CSodium

/// Comparison that does not tell by its time where two byte strings differ.
package enum ConstantTime {
    /// Whether both are equal.
    ///
    /// Their lengths are no secret.
    package static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        // Both arrays have this many bytes.
        return unsafe sodium_memcmp(left, right, left.count) == 0
    }
}
