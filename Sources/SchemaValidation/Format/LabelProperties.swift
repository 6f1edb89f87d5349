/// What international labels ask of a scalar, from the Unicode Character Database (the table is generated).
struct LabelProperties {
    /// Bidirectional classes (UAX #9 §3.2) that a label may hold; `other` are all that it may not.
    enum BidirectionalClass: UInt32 {
        case other, leftToRight, rightToLeft, arabicLetter, arabicNumber, europeanNumber, europeanSeparator
        case commonSeparator, europeanTerminator, otherNeutral, boundaryNeutral, nonspacingMark
    }

    /// Joining types (Unicode §9.2) as the rule for ZERO WIDTH NON-JOINER needs them.
    enum JoiningType: UInt32 {
        case none, left, right, dual, transparent
    }

    /// Scripts that a contextual rule asks for.
    enum Script: UInt32 {
        case other, greek, hebrew, japanese
    }

    private let bits: UInt32

    /// - Complexity: logarithmic in the table.
    init(_ scalar: Unicode.Scalar) {
        var (low, high) = (0, Self.table.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if Self.table[middle] >> 11 <= scalar.value { low = middle } else { high = middle }
        }
        bits = Self.table[low] & 0x7ff
    }

    var bidirectionalClass: BidirectionalClass { BidirectionalClass(rawValue: bits >> 7) ?? .other }
    var joiningType: JoiningType { JoiningType(rawValue: bits >> 4 & 7) ?? .none }
    /// Whether RFC 5892 §3 derives PVALID, CONTEXTJ or CONTEXTO.
    var isAllowed: Bool { bits & 8 != 0 }
    /// Canonical combining class 9.
    var isVirama: Bool { bits & 4 != 0 }
    var script: Script { Script(rawValue: bits & 3) ?? .other }
}
