/// Why a text is not a pattern that we match.
enum PatternFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Not in the grammar of ECMA-262 §22.2.1 with the `u` flag; the offset counts scalars.
    case syntax(offset: Int)
    /// A Unicode property that we do not know.
    case unknownProperty(String)
    /// The compiled program would be larger than ``Pattern/instructionCountMax``.
    case tooLarge

    var description: String {
        switch self {
        case .syntax(let offset): "not an ECMA-262 pattern, at character \(offset + 1)"
        case .unknownProperty(let name): "unknown Unicode property \(name)"
        case .tooLarge: "the pattern is too large"
        }
    }
}

/// A pattern as a tree.
indirect enum PatternNode: Sendable {
    case empty
    case set(PatternSet)
    case scalar(UInt32)
    case start, end
    case wordBoundary(isNegated: Bool)
    case group(PatternNode, capture: Int?)
    case sequence([PatternNode])
    case choice([PatternNode])
    case repeated(PatternNode, min: Int, max: Int?, isGreedy: Bool)
    case look(PatternNode, isAhead: Bool, isNegated: Bool)
    case backreference(Int)
}

/// Reads a pattern (ECMA-262 §22.2.1, flag `u`).
///
/// JSON Schema's patterns are not anchored and have no flags of their own.
struct PatternParser {
    private let text: [UInt32]
    private var offset = 0
    private var depth = 0
    private(set) var captureCount = 0
    private var names: [String: Int] = [:]
    private var wantedNames: [(name: String, offset: Int)] = []
    private var largestBackreference = 0

    /// Groups within groups; more is refused.
    private static let depthMax = 64
    /// The largest count in braces; more is refused.
    private static let countMax = 1000

    init(_ pattern: String) { text = pattern.unicodeScalars.map(\.value) }

    mutating func parse() throws(PatternFailure) -> PatternNode {
        try collectNames()
        let node = try choice()
        guard offset == text.count, largestBackreference <= captureCount else { throw .syntax(offset: offset) }
        return node
    }

    // MARK: Reading

    private var current: UInt32? { offset < text.count ? text[offset] : nil }

    private func looksAt(_ expected: StaticString) -> Bool {
        let bytes = String(describing: expected).unicodeScalars.map(\.value)
        return text.count - offset >= bytes.count && text[offset..<offset + bytes.count].elementsEqual(bytes)
    }

    private mutating func take(_ expected: StaticString) -> Bool {
        guard looksAt(expected) else { return false }
        offset += String(describing: expected).unicodeScalars.count
        return true
    }

    /// Group names may be used before they stand; so they are gathered first.
    private mutating func collectNames() throws(PatternFailure) {
        var index = 0
        var inClass = false
        var count = 0
        while index < text.count {
            switch text[index] {
            case 0x5c: index += 1
            case 0x5b: inClass = true
            case 0x5d: inClass = false
            case 0x28 where !inClass:
                let isSpecial = index + 1 < text.count && text[index + 1] == 0x3f
                let isNamed =
                    isSpecial && index + 3 < text.count && text[index + 2] == 0x3c && text[index + 3] != 0x3d
                    && text[index + 3] != 0x21
                if !isSpecial { count += 1 }
                if isNamed {
                    count += 1
                    let name = text[(index + 3)...].prefix { $0 != 0x3e }
                    let key = String(String.UnicodeScalarView(name.compactMap(Unicode.Scalar.init)))
                    guard names.updateValue(count, forKey: key) == nil else { throw .syntax(offset: index) }
                }
            default: break
            }
            index += 1
        }
    }

    // MARK: Grammar

    private mutating func choice() throws(PatternFailure) -> PatternNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else { throw .tooLarge }
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() throws(PatternFailure) -> PatternNode {
        var items: [PatternNode] = []
        while let scalar = current, scalar != 0x7c, scalar != 0x29 { items.append(try term()) }
        return items.isEmpty ? .empty : items.count == 1 ? items[0] : .sequence(items)
    }

    private mutating func term() throws(PatternFailure) -> PatternNode {
        let start = offset
        if take("^") { return .start }
        if take("$") { return .end }
        if take("\\b") { return .wordBoundary(isNegated: false) }
        if take("\\B") { return .wordBoundary(isNegated: true) }
        for (text, isAhead, isNegated) in [
            ("(?=", true, false), ("(?!", true, true), ("(?<=", false, false), ("(?<!", false, true),
        ] as [(StaticString, Bool, Bool)] where take(text) {
            let body = try choice()
            guard take(")") else { throw .syntax(offset: offset) }
            return .look(body, isAhead: isAhead, isNegated: isNegated)
        }
        let atom = try atom()
        guard let (min, max) = try quantifier() else { return atom }
        if let max, max < min { throw .syntax(offset: start) }
        return .repeated(atom, min: min, max: max, isGreedy: !take("?"))
    }

    private mutating func quantifier() throws(PatternFailure) -> (min: Int, max: Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        guard take("{") else { return nil }
        let min = try number()
        var max: Int? = min
        if take(",") { max = current == 0x7d ? nil : try number() }
        guard take("}") else { throw .syntax(offset: offset) }
        guard min <= Self.countMax, max ?? 0 <= Self.countMax else { throw .tooLarge }
        return (min, max)
    }

    private mutating func number() throws(PatternFailure) -> Int {
        let start = offset
        var value = 0
        while let digit = current, (0x30...0x39).contains(digit) {
            value = min(value * 10 + Int(digit - 0x30), 1_000_000)
            offset += 1
        }
        guard offset > start else { throw .syntax(offset: offset) }
        return value
    }

    private mutating func atom() throws(PatternFailure) -> PatternNode {
        guard let scalar = current else { throw .syntax(offset: offset) }
        switch scalar {
        case 0x2e:
            offset += 1
            return .set(.dot)
        case 0x28: return try group()
        case 0x5b: return .set(try bracket())
        case 0x5c: return try escape()
        // * + ? { } ] stand for nothing by themselves under the `u` flag.
        case 0x2a, 0x2b, 0x3f, 0x7b, 0x7d, 0x5d: throw .syntax(offset: offset)
        default:
            offset += 1
            return .scalar(scalar)
        }
    }

    private mutating func group() throws(PatternFailure) -> PatternNode {
        var capture: Int?
        if take("(?:") {
        } else if take("(?<") {
            captureCount += 1
            capture = captureCount
            let name = text[offset...].prefix { $0 != 0x3e }
            guard let first = name.first, first < 0x30 || first > 0x39 else { throw .syntax(offset: offset) }
            offset += name.count
            guard take(">") else { throw .syntax(offset: offset) }
        } else {
            guard !looksAt("(?") else { throw .syntax(offset: offset) }
            offset += 1
            captureCount += 1
            capture = captureCount
        }
        let body = try choice()
        guard take(")") else { throw .syntax(offset: offset) }
        return .group(body, capture: capture)
    }

    private mutating func escape() throws(PatternFailure) -> PatternNode {
        let start = offset
        offset += 1
        guard let letter = current else { throw .syntax(offset: start) }
        if (0x31...0x39).contains(letter) {
            let reference = try number()
            largestBackreference = max(largestBackreference, reference)
            return .backreference(reference)
        }
        if take("k<") {
            let name = text[offset...].prefix { $0 != 0x3e }
            offset += name.count
            let key = String(String.UnicodeScalarView(name.compactMap(Unicode.Scalar.init)))
            guard take(">"), let reference = names[key] else { throw .syntax(offset: start) }
            return .backreference(reference)
        }
        if let set = try classEscape() { return .set(set) }
        return .scalar(try characterEscape(inClass: false))
    }

    /// `\d \D \w \W \s \S \p{..} \P{..}` after the backslash; nil where it is another escape.
    private mutating func classEscape() throws(PatternFailure) -> PatternSet? {
        guard let letter = current, letter < 128 else { return nil }
        if let set = PatternSet.escape(UInt8(letter)) {
            offset += 1
            return set
        }
        guard letter | 0x20 == 0x70 else { return nil }
        offset += 1
        guard take("{") else { throw .syntax(offset: offset) }
        let name = text[offset...].prefix { $0 != 0x7d }
        offset += name.count
        guard take("}") else { throw .syntax(offset: offset) }
        let key = String(String.UnicodeScalarView(name.compactMap(Unicode.Scalar.init)))
        guard let property = UnicodeProperty(key) else { throw .unknownProperty(key) }
        var set = PatternSet()
        set.insert(property, isNegated: letter == 0x50)
        set.finish()
        return set
    }

    /// One character's escape, after the backslash.
    private mutating func characterEscape(inClass: Bool) throws(PatternFailure) -> UInt32 {
        let start = offset
        guard let letter = current else { throw .syntax(offset: start) }
        offset += 1
        switch letter {
        case 0x66: return 0x0c
        case 0x6e: return 0x0a
        case 0x72: return 0x0d
        case 0x74: return 0x09
        case 0x76: return 0x0b
        case 0x62 where inClass: return 0x08
        case 0x2d where inClass: return 0x2d
        case 0x63:
            guard let control = current, (0x41...0x5a).contains(control & ~0x20) else { throw .syntax(offset: start) }
            offset += 1
            return control & 0x1f
        case 0x30:
            if let digit = current, (0x30...0x39).contains(digit) { throw .syntax(offset: start) }
            return 0
        case 0x78: return try hexadecimal(2)
        case 0x75:
            if take("{") {
                var value: UInt32 = 0
                let first = offset
                while let digit = current.flatMap(Self.hexDigit) {
                    value = value << 4 | digit
                    offset += 1
                    guard value <= 0x10_ffff else { throw .syntax(offset: start) }
                }
                guard offset > first, take("}") else { throw .syntax(offset: start) }
                return value
            }
            let unit = try hexadecimal(4)
            if unit & 0xfc00 == 0xd800, looksAt("\\u") {
                let mark = offset
                offset += 2
                if let low = try? hexadecimal(4), low & 0xfc00 == 0xdc00 {
                    return 0x1_0000 + (unit & 0x3ff) << 10 + low & 0x3ff
                }
                offset = mark
            }
            return unit
        // SyntaxCharacter or `/` (§22.2.1, IdentityEscape under `u`).
        case 0x5e, 0x24, 0x5c, 0x2e, 0x2a, 0x2b, 0x3f, 0x28, 0x29, 0x5b, 0x5d, 0x7b, 0x7d, 0x7c, 0x2f: return letter
        default: throw .syntax(offset: start)
        }
    }

    private static func hexDigit(_ scalar: UInt32) -> UInt32? {
        switch scalar {
        case 0x30...0x39: scalar - 0x30
        case 0x41...0x46: scalar - 0x41 + 10
        case 0x61...0x66: scalar - 0x61 + 10
        default: nil
        }
    }

    private mutating func hexadecimal(_ count: Int) throws(PatternFailure) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let digit = current.flatMap(Self.hexDigit) else { throw .syntax(offset: offset) }
            value = value << 4 | digit
            offset += 1
        }
        return value
    }

    private mutating func bracket() throws(PatternFailure) -> PatternSet {
        let start = offset
        offset += 1
        var set = PatternSet()
        let isNegated = take("^")
        while true {
            guard current != nil else { throw .syntax(offset: start) }
            if take("]") { break }
            let low = try bracketMember(into: &set)
            guard looksAt("-"), offset + 1 < text.count, text[offset + 1] != 0x5d else {
                if let low { set.insert(low) }
                continue
            }
            let mark = offset
            offset += 1
            guard let low, let high = try bracketMember(into: &set), low <= high else { throw .syntax(offset: mark) }
            set.insert(low...high)
        }
        if isNegated { set.negate() }
        set.finish()
        return set
    }

    /// One character of a class, or nil after a whole set, which is added at once.
    private mutating func bracketMember(into set: inout PatternSet) throws(PatternFailure) -> UInt32? {
        guard let scalar = current else { throw .syntax(offset: offset) }
        offset += 1
        guard scalar == 0x5c else { return scalar }
        if let escaped = try classEscape() {
            set.formUnion(escaped)
            return nil
        }
        return try characterEscape(inClass: true)
    }
}
