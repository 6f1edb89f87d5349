/// A set of Unicode scalars, as a class of a pattern describes it (ECMA-262 §22.2.1, with the `u` flag).
struct PatternSet: Sendable {
    /// Bit n of the two words stands for U+0000 + n; `isNegated` is worked in already.
    private var low: (UInt64, UInt64) = (0, 0)
    private var ranges: [ClosedRange<UInt32>] = []
    private var properties: [(property: UnicodeProperty, isNegated: Bool)] = []
    private var isNegated = false

    mutating func insert(_ range: ClosedRange<UInt32>) { ranges.append(range) }
    mutating func insert(_ scalar: UInt32) { ranges.append(scalar...scalar) }
    mutating func insert(_ property: UnicodeProperty, isNegated: Bool) { properties.append((property, isNegated)) }
    mutating func negate() { isNegated.toggle() }

    /// Prepares the table for ASCII; to be called once the set is complete.
    mutating func finish() {
        low = (0, 0)
        for scalar in UInt32(0)..<64 where slowContains(scalar) { low.0 |= 1 << UInt64(scalar) }
        for scalar in UInt32(64)..<128 where slowContains(scalar) { low.1 |= 1 << UInt64(scalar - 64) }
    }

    func contains(_ scalar: UInt32) -> Bool {
        if scalar < 64 { return low.0 >> UInt64(scalar) & 1 != 0 }
        if scalar < 128 { return low.1 >> UInt64(scalar - 64) & 1 != 0 }
        return slowContains(scalar)
    }

    private func slowContains(_ scalar: UInt32) -> Bool {
        let isInside =
            ranges.contains { $0.contains(scalar) }
            || properties.contains { $0.property.holds(for: scalar) != $0.isNegated }
        return isInside != isNegated
    }

    /// `\d`, `\w`, `\s` and their negations; nil for another letter.
    static func escape(_ letter: UInt8) -> PatternSet? {
        var set = PatternSet()
        switch letter | 0x20 {
        case UInt8(ascii: "d"): set.insert(0x30...0x39)
        case UInt8(ascii: "w"):
            for range in [0x30...0x39, 0x41...0x5a, 0x5f...0x5f, 0x61...0x7a] as [ClosedRange<UInt32>] {
                set.insert(range)
            }
        case UInt8(ascii: "s"):
            // WhiteSpace and LineTerminator (§12.2, §12.3): the space separators and a few controls.
            for range in [
                0x09...0x0d, 0x20...0x20, 0xa0...0xa0, 0x1680...0x1680, 0x2000...0x200a, 0x2028...0x2029,
                0x202f...0x202f, 0x205f...0x205f, 0x3000...0x3000, 0xfeff...0xfeff,
            ] as [ClosedRange<UInt32>] {
                set.insert(range)
            }
        default: return nil
        }
        if letter & 0x20 == 0 { set.negate() }
        set.finish()
        return set
    }

    /// What `.` matches: all but line terminators (§22.2.2.7).
    static let dot: PatternSet = {
        var set = PatternSet()
        for scalar: UInt32 in [0x0a, 0x0d, 0x2028, 0x2029] { set.insert(scalar) }
        set.negate()
        set.finish()
        return set
    }()

    /// Adds all of another set, as when `\d` stands within brackets.
    mutating func formUnion(_ other: PatternSet) {
        guard !other.isNegated else {
            // A negated set is the complement of ranges alone: `\D`, `\W`, `\S`.
            var next: UInt32 = 0
            for range in other.ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
                if range.lowerBound > next { ranges.append(next...range.lowerBound - 1) }
                next = range.upperBound + 1
            }
            return ranges.append(next...0x10_ffff)
        }
        ranges += other.ranges
        properties += other.properties
    }
}

/// `\p{...}` (ECMA-262 §22.2.1, tables 66 to 69): general categories and the binary properties that Swift's standard
/// library knows.
///
/// Scripts are not among them, and a pattern that names one is refused.
enum UnicodeProperty: Sendable {
    case any, ascii, assigned
    case category([Unicode.GeneralCategory])
    case binary(@Sendable (Unicode.Scalar.Properties) -> Bool)

    func holds(for value: UInt32) -> Bool {
        guard let scalar = Unicode.Scalar(value) else { return false }
        switch self {
        case .any: return true
        case .ascii: return value < 128
        case .assigned: return scalar.properties.generalCategory != .unassigned
        case .category(let categories): return categories.contains(scalar.properties.generalCategory)
        case .binary(let test): return test(scalar.properties)
        }
    }

    /// The property of that name, or nil.
    init?(_ text: String) {
        var name = text
        if let equals = text.firstIndex(of: "=") {
            guard ["General_Category", "gc"].contains(String(text[..<equals])) else { return nil }
            name = String(text[text.index(after: equals)...])
        }
        if let categories = Self.categories[name] {
            self = .category(categories)
            return
        }
        switch name {
        case "Any": self = .any
        case "ASCII": self = .ascii
        case "Assigned": self = .assigned
        case "Alphabetic", "Alpha": self = .binary { $0.isAlphabetic }
        case "Uppercase", "Upper": self = .binary { $0.isUppercase }
        case "Lowercase", "Lower": self = .binary { $0.isLowercase }
        case "White_Space", "space": self = .binary { $0.isWhitespace }
        case "ID_Start", "IDS": self = .binary { $0.isIDStart }
        case "ID_Continue", "IDC": self = .binary { $0.isIDContinue }
        case "XID_Start", "XIDS": self = .binary { $0.isXIDStart }
        case "XID_Continue", "XIDC": self = .binary { $0.isXIDContinue }
        case "Emoji": self = .binary { $0.isEmoji }
        case "Emoji_Presentation", "EPres": self = .binary { $0.isEmojiPresentation }
        case "Ideographic", "Ideo": self = .binary { $0.isIdeographic }
        case "Math": self = .binary { $0.isMath }
        case "Hex_Digit", "Hex": self = .binary { $0.isHexDigit }
        case "ASCII_Hex_Digit", "AHex": self = .binary { $0.isASCIIHexDigit }
        case "Dash": self = .binary { $0.isDash }
        case "Diacritic", "Dia": self = .binary { $0.isDiacritic }
        default: return nil
        }
    }

    /// Short and long names of the general categories and their groups.
    private static let categories: [String: [Unicode.GeneralCategory]] = {
        let single: [(String, String, Unicode.GeneralCategory)] = [
            ("Lu", "Uppercase_Letter", .uppercaseLetter), ("Ll", "Lowercase_Letter", .lowercaseLetter),
            ("Lt", "Titlecase_Letter", .titlecaseLetter), ("Lm", "Modifier_Letter", .modifierLetter),
            ("Lo", "Other_Letter", .otherLetter), ("Mn", "Nonspacing_Mark", .nonspacingMark),
            ("Mc", "Spacing_Mark", .spacingMark), ("Me", "Enclosing_Mark", .enclosingMark),
            ("Nd", "Decimal_Number", .decimalNumber), ("Nl", "Letter_Number", .letterNumber),
            ("No", "Other_Number", .otherNumber), ("Pc", "Connector_Punctuation", .connectorPunctuation),
            ("Pd", "Dash_Punctuation", .dashPunctuation), ("Ps", "Open_Punctuation", .openPunctuation),
            ("Pe", "Close_Punctuation", .closePunctuation), ("Pi", "Initial_Punctuation", .initialPunctuation),
            ("Pf", "Final_Punctuation", .finalPunctuation), ("Po", "Other_Punctuation", .otherPunctuation),
            ("Sm", "Math_Symbol", .mathSymbol), ("Sc", "Currency_Symbol", .currencySymbol),
            ("Sk", "Modifier_Symbol", .modifierSymbol), ("So", "Other_Symbol", .otherSymbol),
            ("Zs", "Space_Separator", .spaceSeparator), ("Zl", "Line_Separator", .lineSeparator),
            ("Zp", "Paragraph_Separator", .paragraphSeparator), ("Cc", "Control", .control),
            ("Cf", "Format", .format), ("Cs", "Surrogate", .surrogate), ("Co", "Private_Use", .privateUse),
            ("Cn", "Unassigned", .unassigned),
        ]
        var table: [String: [Unicode.GeneralCategory]] = [:]
        for (short, long, category) in single {
            table[short] = [category]
            table[long] = [category]
            table[String(short.prefix(1)), default: []].append(category)
        }
        table["LC"] = [.uppercaseLetter, .lowercaseLetter, .titlecaseLetter]
        table["digit"] = table["Nd"]
        table["cntrl"] = table["Cc"]
        table["punct"] = table["P"]
        for (short, long) in [
            ("L", "Letter"), ("M", "Mark"), ("N", "Number"), ("P", "Punctuation"), ("S", "Symbol"), ("Z", "Separator"),
            ("C", "Other"), ("LC", "Cased_Letter"), ("M", "Combining_Mark"),
        ] {
            table[long] = table[short]
        }
        return table
    }()
}
