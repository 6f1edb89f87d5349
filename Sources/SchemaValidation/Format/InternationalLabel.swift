/// U-labels (RFC 5891 §4.2, RFC 5892) and names from right to left (RFC 5893).
///
/// Deviation: that a label is in Unicode normalization form C (RFC 5891 §4.2.1.1) is not checked beyond what RFC 5892
/// refuses scalar by scalar.
enum InternationalLabel {
    static func isValid(_ label: [Unicode.Scalar]) -> Bool {
        guard let first = label.first, first != "-", label.last != "-" else { return false }
        if label.count > 3, label[2] == "-", label[3] == "-" { return false }
        switch first.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: return false
        default: break
        }
        return label.indices.allSatisfy { isAllowed(label, at: $0) }
    }

    /// One scalar in its context (RFC 5892 §3 and appendix A).
    private static func isAllowed(_ label: [Unicode.Scalar], at index: Int) -> Bool {
        guard LabelProperties(label[index]).isAllowed else { return false }
        let before = index > 0 ? label[index - 1] : nil
        let after = index + 1 < label.count ? label[index + 1] : nil
        switch label[index].value {
        // A.1, ZERO WIDTH NON-JOINER: after a virama, or where the letters around it join.
        case 0x200c: return before.map { LabelProperties($0).isVirama } == true || joins(label, around: index)
        // A.2, ZERO WIDTH JOINER: after a virama.
        case 0x200d: return before.map { LabelProperties($0).isVirama } == true
        // A.3, MIDDLE DOT: between two l.
        case 0xb7: return before == "l" && after == "l"
        // A.4, GREEK KERAIA: before a Greek letter.
        case 0x375: return after.map { LabelProperties($0).script } == .greek
        // A.5 and A.6, HEBREW GERESH and GERSHAYIM: after a Hebrew letter.
        case 0x5f3, 0x5f4: return before.map { LabelProperties($0).script } == .hebrew
        // A.7, KATAKANA MIDDLE DOT: with a Hiragana, Katakana or Han letter somewhere.
        case 0x30fb: return label.contains { $0.value != 0x30fb && LabelProperties($0).script == .japanese }
        // A.8 and A.9: Arabic-Indic digits and extended ones do not mix.
        case 0x660...0x669: return !label.contains { (0x6f0...0x6f9).contains($0.value) }
        case 0x6f0...0x6f9: return !label.contains { (0x660...0x669).contains($0.value) }
        default: return true
        }
    }

    /// `(L|D) T* ZWNJ T* (R|D)` (RFC 5892 appendix A.1).
    private static func joins(_ label: [Unicode.Scalar], around index: Int) -> Bool {
        let before = label[..<index].reversed().map { LabelProperties($0).joiningType }.first { $0 != .transparent }
        let after = label[(index + 1)...].map { LabelProperties($0).joiningType }.first { $0 != .transparent }
        return (before == .left || before == .dual) && (after == .right || after == .dual)
    }

    // MARK: Right to left

    /// Whether the labels of a name keep the rule of RFC 5893 §2, which binds all of them if one is right-to-left.
    static func areBidirectional(_ labels: [[Unicode.Scalar]]) -> Bool {
        let classes = labels.map { $0.map { LabelProperties($0).bidirectionalClass } }
        let isBidirectional = classes.contains {
            $0.contains { $0 == .rightToLeft || $0 == .arabicLetter || $0 == .arabicNumber }
        }
        return !isBidirectional || classes.allSatisfy(keepsRule)
    }

    /// The six conditions of RFC 5893 §2 for one label.
    private static func keepsRule(_ classes: [LabelProperties.BidirectionalClass]) -> Bool {
        let last = classes.last { $0 != .nonspacingMark }
        switch classes.first {
        case .rightToLeft, .arabicLetter:
            let isMixed = classes.contains(.europeanNumber) && classes.contains(.arabicNumber)
            return !isMixed && !classes.contains(.leftToRight) && !classes.contains(.other)
                && (last == .rightToLeft || last == .arabicLetter || last == .europeanNumber || last == .arabicNumber)
        case .leftToRight:
            return (last == .leftToRight || last == .europeanNumber)
                && !classes.contains {
                    $0 == .rightToLeft || $0 == .arabicLetter || $0 == .arabicNumber || $0 == .other
                }
        default: return false
        }
    }
}
