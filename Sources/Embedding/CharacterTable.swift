/// Which code points separate words, and how the others are read; from a description, never from the runtime.
struct CharacterTable: Sendable {
    /// All that a fold names, and most separators, lie below this code point.
    static let directCount = 0x2000
    /// For a code point below `directCount`: what it is read as, 0 for a separator.
    private let direct: [UInt16]
    /// Separators from `directCount` on.
    private let separators: [ClosedRange<UInt32>]

    init(_ description: EmbedderDescription) {
        var direct = (0..<UInt16(Self.directCount)).map { $0 }
        for fold in description.folds {
            for point in stride(from: fold.first, through: fold.last, by: fold.step) {
                direct[point] = UInt16(point + fold.delta)
            }
        }
        for range in description.separators where range.lowerBound < Self.directCount {
            for point in range { direct[point] = 0 }
        }
        self.direct = direct
        separators = description.separators.filter { $0.lowerBound >= Self.directCount }
            .map { UInt32($0.lowerBound)...UInt32($0.upperBound) }
    }

    /// What a code point is read as, or nil for a separator.
    func folded(_ point: UInt32) -> UInt32? {
        if point < Self.directCount {
            let folded = direct[Int(point)]
            return folded == 0 ? nil : UInt32(folded)
        }
        // The ranges are sorted, and few.
        for range in separators where point <= range.upperBound { return range.contains(point) ? nil : point }
        return point
    }
}
