internal import Codec

/// Elements of arrays, members of objects.
extension CompatibilityComparison {
    mutating func arrays(_ view: CompatibilityView, _ reading: CompatibilityPlace) -> Reasons {
        var reasons = counts(view, reading, "minItems", "maxItems")
        if let place = reading.member("uniqueItems"), place.node.bool == true,
            !view.values("uniqueItems").contains(where: { $0.node.bool == true })
        {
            reasons.append(reason("uniqueItems", place, "arrays that hold an element twice were possible"))
        }
        let listed = CompatibilityView.listed(reading)
        let rest = CompatibilityView.rest(reading)
        for place in 0..<max(listed.count, view.listedCount) {
            guard let own = place < listed.count ? listed[place] : rest else { continue }
            reasons += self.reasons(why: view.schemas(at: place), mayBeRefusedBy: own)
        }
        if let rest {
            reasons += self.reasons(why: view.schemas(at: nil), mayBeRefusedBy: rest)
        }
        return reasons
    }

    mutating func objects(_ view: CompatibilityView, _ reading: CompatibilityPlace) -> Reasons {
        var reasons = counts(view, reading, "minProperties", "maxProperties")
        let required = view.required
        if let place = reading.member("required") {
            for name in place.elements where !required.contains(name.node.string ?? "") {
                reasons.append(reason("required", name, "objects without this member were possible"))
            }
        }
        let own = reading.node["properties"].map { Array($0.fields) } ?? []
        for field in own {
            reasons += self.reasons(why: view.schemas(of: field.name), mayBeRefusedBy: reading.at(field.value))
        }
        let patterns = reading.node["patternProperties"].map { Array($0.fields) } ?? []
        for field in patterns { reasons += patternReasons(view, field.name, reading.at(field.value)) }
        if let rest = reading.member("additionalProperties") {
            let names = Set(own.map(\.name))
            for name in view.properties.sorted()
            where !names.contains(name) && !patterns.contains(where: { reading.side.trials.matches($0.name, name) }) {
                reasons += self.reasons(why: view.schemas(of: name), mayBeRefusedBy: rest)
            }
            reasons += restReasons(view, rest, patterns: Set(patterns.map(\.name)))
        }
        return reasons
    }

    /// Members whose names match a pattern of the reading side.
    private mutating func patternReasons(
        _ view: CompatibilityView, _ pattern: String, _ schema: CompatibilityPlace
    ) -> Reasons {
        var reasons: Reasons = []
        for name in view.properties.sorted() where schema.side.trials.matches(pattern, name) {
            reasons += self.reasons(why: view.schemas(of: name), mayBeRefusedBy: schema)
        }
        let same = view.values("patternProperties").compactMap { $0.member(pattern) }
        guard same.isEmpty else { return reasons + self.reasons(why: same, mayBeRefusedBy: schema) }
        // Names of other patterns may match this one too; of a closed schema without patterns none are left.
        guard !isClosed(view, toPatternsOf: []) else { return reasons }
        return reasons + self.reasons(why: [], mayBeRefusedBy: schema)
    }

    /// Members that the reading side neither lists nor matches, and the writing side does not list.
    private mutating func restReasons(
        _ view: CompatibilityView, _ rest: CompatibilityPlace, patterns: Set<String>
    ) -> Reasons {
        var reasons: Reasons = []
        for part in view.values("patternProperties") {
            for field in part.node.fields where !patterns.contains(field.name) {
                reasons += self.reasons(why: [part.at(field.value)], mayBeRefusedBy: rest)
            }
        }
        guard !isClosed(view, toPatternsOf: patterns) else { return reasons }
        return reasons + self.reasons(why: view.additional, mayBeRefusedBy: rest)
    }

    /// Whether some part lets through no member beyond those it lists and those that match the given patterns.
    private func isClosed(_ view: CompatibilityView, toPatternsOf patterns: Set<String>) -> Bool {
        view.parts.contains { part in
            part.node["additionalProperties"]?.bool == false
                && (part.node["patternProperties"].map { Array($0.fields) } ?? []).allSatisfy {
                    patterns.contains($0.name)
                }
        }
    }

    // MARK: Combinators

    /// What is compared as a whole, together with what it means something with: it must stand on the writing side too.
    private static let wholes = [
        ["oneOf"], ["if", "then", "else"], ["contains", "minContains", "maxContains"], ["propertyNames"],
        ["dependentRequired"], ["dependentSchemas"], ["dependencies"],
    ]
    /// What depends on every keyword beside it.
    private static let unevaluated = ["unevaluatedItems", "unevaluatedProperties"]

    mutating func combinators(_ view: CompatibilityView, _ reading: CompatibilityPlace) -> Reasons {
        var reasons: Reasons = []
        if let place = reading.member("anyOf"), !satisfies(view, place.elements) {
            reasons.append(reason("anyOf", place, "it is not shown that one of the branches always holds"))
        }
        if let place = reading.member("not") {
            // What we forbid must have been forbidden.
            var isFine = false
            for other in view.values("not") where !isFine { isFine = isIncluded(place, in: other) }
            if !isFine { reasons.append(reason("not", place, "values that are forbidden now were possible")) }
        }
        for group in Self.wholes {
            guard let keyword = group.first, let place = reading.member(keyword) else { continue }
            let hasTwin = view.parts.contains { part in
                group.allSatisfy { keyword in
                    switch (reading.member(keyword), part.member(keyword)) {
                    case (nil, nil): true
                    case (let own?, let other?): CompatibilityEquality.areEqual(own, other)
                    default: false
                    }
                }
            }
            guard !hasTwin else { continue }
            reasons.append(reason(keyword, place, "\(keyword) is compared as a whole, and it differs"))
        }
        for keyword in ["$dynamicRef", "$recursiveRef"] {
            guard let place = reading.member(keyword) else { continue }
            reasons.append(reason(keyword, place, "where \(keyword) leads depends on the whole document"))
        }
        for keyword in Self.unevaluated {
            guard let place = reading.member(keyword) else { continue }
            if !view.parts.contains(where: { CompatibilityEquality.areEqual($0, reading) }) {
                reasons.append(reason(keyword, place, "\(keyword) is compared with all beside it, and that differs"))
            }
        }
        return reasons
    }

    private mutating func reasonsAreEmpty(_ written: [CompatibilityPlace], _ reading: CompatibilityPlace) -> Bool {
        reasons(why: written, mayBeRefusedBy: reading).isEmpty && !isExhausted
    }

    /// Whether one branch accepts all, or each branch of an `anyOf` of the writing side is accepted by one of ours.
    private mutating func satisfies(_ view: CompatibilityView, _ branches: [CompatibilityPlace]) -> Bool {
        for branch in branches where reasonsAreEmpty(view.parts, branch) { return true }
        for written in view.values("anyOf") + view.values("oneOf") {
            var isFine = true
            for branch in written.elements where isFine {
                isFine = branches.contains { reasonsAreEmpty([branch], $0) }
            }
            if isFine { return true }
        }
        return false
    }
}

/// Schemas that say the same in the same words, references followed.
enum CompatibilityEquality {
    /// Keywords that say something to the reader only.
    private static let silent: Set<String> = [
        "title", "description", "$comment", "examples", "default", "deprecated", "readOnly", "writeOnly",
    ]

    static func areEqual(_ one: CompatibilityPlace, _ other: CompatibilityPlace) -> Bool {
        var open: Set<[CompatibilityPlace]> = []
        return areEqual(one, other, &open)
    }

    private static func areEqual(
        _ one: CompatibilityPlace, _ other: CompatibilityPlace, _ open: inout Set<[CompatibilityPlace]>
    ) -> Bool {
        guard one.node.kind == other.node.kind else { return false }
        switch one.node.kind {
        case .array:
            guard one.node.count == other.node.count else { return false }
            for (first, second) in zip(one.elements, other.elements) where !areEqual(first, second, &open) {
                return false
            }
            return true
        case .object:
            let fields = one.node.fields.filter { !silent.contains($0.name) }
            guard fields.count == other.node.fields.filter({ !silent.contains($0.name) }).count else { return false }
            for field in fields {
                guard let twin = other.member(field.name) else { return false }
                // Where these lead depends on the whole document.
                guard field.name != "$dynamicRef", field.name != "$recursiveRef" else { return false }
                if field.name == "$ref", let left = field.value.string.flatMap(one.target),
                    let right = twin.node.string.flatMap(other.target)
                {
                    // References that are being compared already are taken to be equal.
                    guard open.insert([left, right]).inserted else { continue }
                    guard areEqual(left, right, &open) else { return false }
                } else if !areEqual(one.at(field.value), twin, &open) {
                    return false
                }
            }
            return true
        default: return CompatibilityComparison.areEqual(one.node, other.node)
        }
    }
}
