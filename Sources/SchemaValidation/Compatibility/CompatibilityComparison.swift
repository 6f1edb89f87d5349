internal import Codec

/// Whether all that one set of schemas accepts is accepted by another schema.
///
/// Each keyword of the reading schema must follow from the writing ones. Pairs that are being compared already are taken
/// to be fine, as recursive schemas need it.
struct CompatibilityComparison {
    private(set) var isExhausted = false
    private var stepCount = 0
    private var depth = 0
    private var open: Set<Pair> = []
    /// `anyOf` and `oneOf` of the writing side whose branches are being taken one by one.
    private var splits: Set<CompatibilityPlace> = []

    private struct Pair: Hashable {
        var written: [CompatibilityPlace]
        var reading: CompatibilityPlace
    }

    /// Nested schemas; more is given up.
    private static let depthMax = 100

    typealias Reasons = [CompatibilityReason]

    /// Why a value that all of `written` accept may be refused by `reading`; empty if that cannot be.
    mutating func reasons(why written: [CompatibilityPlace], mayBeRefusedBy reading: CompatibilityPlace) -> Reasons {
        stepCount += 1
        guard stepCount <= SchemaCompatibility.stepCountMax, depth < Self.depthMax else {
            isExhausted = true
            return []
        }
        if reading.node.bool == true || reading.node.kind == .object && reading.node.count == 0 { return [] }
        let pair = Pair(written: written, reading: reading)
        guard open.insert(pair).inserted else { return [] }
        depth += 1
        defer {
            depth -= 1
            open.remove(pair)
        }
        let view = CompatibilityView(written)
        guard !view.isNever else { return [] }
        if reading.node.bool == false {
            return [CompatibilityReason(rule: "false", place: reading, message: "nothing is accepted here any more")]
        }
        let found = direct(view, reading)
        return found.isEmpty || isSplit(view, reading) ? [] : found
    }

    /// Whether each branch of an `anyOf` or `oneOf` of the writing schemas, taken alone, is accepted.
    private mutating func isSplit(_ view: CompatibilityView, _ reading: CompatibilityPlace) -> Bool {
        for branches in view.values("anyOf") + view.values("oneOf") where !splits.contains(branches) {
            splits.insert(branches)
            defer { splits.remove(branches) }
            var isFine = true
            for branch in branches.elements where isFine {
                isFine = reasons(why: view.parts + [branch], mayBeRefusedBy: reading).isEmpty && !isExhausted
            }
            if isFine { return true }
        }
        return false
    }

    /// Without what is taken to be fine: under a `not`, that would be taken the wrong way round.
    mutating func isIncluded(_ written: CompatibilityPlace, in reading: CompatibilityPlace) -> Bool {
        let before = open
        open = []
        defer { open = before }
        return reasons(why: [written], mayBeRefusedBy: reading).isEmpty && !isExhausted
    }

    // MARK: One schema's keywords

    private mutating func direct(_ view: CompatibilityView, _ reading: CompatibilityPlace) -> Reasons {
        var reasons: Reasons = []
        let node = reading.node
        if let reference = node["$ref"]?.string {
            guard let target = reading.target(reference) else { return [] }
            reasons += self.reasons(why: view.parts, mayBeRefusedBy: target)
            if reading.dialect.draft == .draft7 { return reasons }
        }
        for branch in reading.member("allOf")?.elements ?? [] {
            reasons += self.reasons(why: view.parts, mayBeRefusedBy: branch)
        }
        reasons += values(view, reading)
        if view.lets(TypeMask.number | TypeMask.integer) { reasons += numbers(view, reading) }
        if view.lets(TypeMask.string) { reasons += strings(view, reading) }
        if view.lets(TypeMask.array) { reasons += arrays(view, reading) }
        if view.lets(TypeMask.object) { reasons += objects(view, reading) }
        return reasons + combinators(view, reading)
    }

    func reason(_ rule: String, _ place: CompatibilityPlace, _ message: String) -> CompatibilityReason {
        CompatibilityReason(rule: rule, place: place, message: message)
    }

    private func values(_ view: CompatibilityView, _ reading: CompatibilityPlace) -> Reasons {
        var reasons: Reasons = []
        if let type = reading.member("type"), view.types & ~CompatibilityView.mask(of: type.node) != 0 {
            reasons.append(reason("type", type, "values of another type were possible"))
        }
        for keyword in ["enum", "const"] {
            guard let place = reading.member(keyword) else { continue }
            let allowed = keyword == "enum" ? Array(place.node.elements) : [place.node]
            // One list of the writing side within ours is enough.
            let isFine = (view.values("enum").map { Array($0.node.elements) } + view.values("const").map { [$0.node] })
                .contains { $0.allSatisfy { value in allowed.contains { Self.areEqual($0, value) } } }
            if !isFine { reasons.append(reason(keyword, place, "values that are not listed were possible")) }
        }
        return reasons
    }

    static func areEqual(_ one: JSONNode, _ other: JSONNode) -> Bool {
        JSONEquality.areEqual(one.index, in: one.tape, other.index, in: other.tape)
    }

    // MARK: Bounds

    private func numbers(_ view: CompatibilityView, _ reading: CompatibilityPlace) -> Reasons {
        var reasons: Reasons = []
        func number(_ place: CompatibilityPlace) -> ExactNumber { ExactNumber(place.node.rawBytes) }
        for (keyword, strict, isLower) in [
            ("minimum", "exclusiveMinimum", true), ("maximum", "exclusiveMaximum", false),
        ] {
            for (own, isStrict) in [(keyword, false), (strict, true)] {
                guard let place = reading.member(own) else { continue }
                let bound = number(place)
                func isEnough(_ other: ExactNumber, strictly: Bool) -> Bool {
                    other == bound ? strictly || !isStrict : isLower ? bound < other : other < bound
                }
                let isFine =
                    view.values(keyword).contains { isEnough(number($0), strictly: false) }
                    || view.values(strict).contains { isEnough(number($0), strictly: true) }
                if !isFine { reasons.append(reason(own, place, "numbers beyond this bound were possible")) }
            }
        }
        if let place = reading.member("multipleOf"),
            !view.values("multipleOf").contains(where: { number($0).isMultiple(of: number(place)) })
        {
            let isWhole = number(place) == ExactNumber("1".utf8) && !view.lets(TypeMask.number)
            if !isWhole { reasons.append(reason("multipleOf", place, "numbers that are no multiple were possible")) }
        }
        return reasons
    }

    /// Bounds on a count: the writing side must have one at least as tight.
    func counts(_ view: CompatibilityView, _ reading: CompatibilityPlace, _ least: String, _ greatest: String)
        -> Reasons
    {
        var reasons: Reasons = []
        func count(_ place: CompatibilityPlace) -> Int { ExactNumber(place.node.rawBytes).count ?? .max }
        if let place = reading.member(least), count(place) > 0,
            !view.values(least).contains(where: { count($0) >= count(place) })
        {
            reasons.append(reason(least, place, "fewer were possible"))
        }
        if let place = reading.member(greatest), !view.values(greatest).contains(where: { count($0) <= count(place) }) {
            reasons.append(reason(greatest, place, "more were possible"))
        }
        return reasons
    }

    private func strings(_ view: CompatibilityView, _ reading: CompatibilityPlace) -> Reasons {
        var reasons = counts(view, reading, "minLength", "maxLength")
        for keyword in ["pattern", "format", "contentEncoding", "contentMediaType"] {
            guard let place = reading.member(keyword), let text = place.node.string else { continue }
            // Patterns are compared as texts: whether one implies another is not decided.
            if keyword == "format", Format(named: text) == nil { continue }
            guard !view.values(keyword).contains(where: { $0.node.string == text }) else { continue }
            reasons.append(reason(keyword, place, "strings without this \(keyword) were possible"))
        }
        return reasons
    }
}
