internal import Codec

/// What several schemas ask of a value together.
///
/// `$ref` and `allOf` are followed; what is not understood is left out, which makes the view weaker, never stronger.
struct CompatibilityView {
    /// Schemas that all must hold, none of them a `$ref` or `allOf` alone.
    private(set) var parts: [CompatibilityPlace] = []
    /// Nothing satisfies them.
    private(set) var isNever = false
    /// ``TypeMask`` bits of the values that they let through; `number` without `integer` never stands.
    private(set) var types = TypeMask.all | TypeMask.integer

    init(_ schemas: [CompatibilityPlace]) {
        var seen: Set<CompatibilityPlace> = []
        for schema in schemas { add(schema, &seen) }
        for part in parts { restrictTypes(part) }
        if types == 0 { isNever = true }
    }

    private mutating func add(_ schema: CompatibilityPlace, _ seen: inout Set<CompatibilityPlace>) {
        guard seen.insert(schema).inserted else { return }
        let node = schema.node
        if node.bool == false { isNever = true }
        guard node.kind == .object else { return }
        if let reference = node["$ref"]?.string, let target = schema.target(reference) {
            add(target, &seen)
            if schema.dialect.draft == .draft7 || node.count == 1 { return }
        }
        parts.append(schema)
        for branch in schema.member("allOf")?.elements ?? [] { add(branch, &seen) }
    }

    private mutating func restrictTypes(_ part: CompatibilityPlace) {
        if let type = part.node["type"] { types &= Self.mask(of: type) }
        if let values = part.node["enum"] {
            types &= values.elements.reduce(0) { $0 | Self.type(of: $1) }
        }
        if let value = part.node["const"] { types &= Self.type(of: value) }
    }

    /// The bits of a `type` keyword.
    static func mask(of type: JSONNode) -> Int32 {
        var mask: Int32 = 0
        for name in type.kind == .array ? Array(type.elements) : [type] {
            mask |= TypeMask.names.first { $0.name == name.string }?.mask ?? 0
        }
        if mask & TypeMask.number != 0 { mask |= TypeMask.integer }
        return mask
    }

    private static func type(of value: JSONNode) -> Int32 {
        guard value.kind == .number else { return TypeMask.bit(value.kind) }
        return ExactNumber(value.rawBytes).isInteger ? TypeMask.integer : TypeMask.number | TypeMask.integer
    }

    func lets(_ bits: Int32) -> Bool { types & bits != 0 }

    /// A keyword's values in all parts.
    func values(_ keyword: String) -> [CompatibilityPlace] { parts.compactMap { $0.member(keyword) } }

    /// Names that an object must have.
    var required: Set<String> {
        Set(values("required").flatMap { $0.node.elements.compactMap(\.string) })
    }

    /// Names that are listed.
    var properties: Set<String> { Set(values("properties").flatMap { $0.node.fields.map(\.name) }) }

    /// The schemas that a member of this name must satisfy.
    func schemas(of name: String) -> [CompatibilityPlace] {
        parts.flatMap { part -> [CompatibilityPlace] in
            var found: [CompatibilityPlace] = []
            if let own = part.member("properties")?.member(name) { found.append(own) }
            for field in part.node["patternProperties"].map({ Array($0.fields) }) ?? []
            where part.side.trials.matches(field.name, name) {
                found.append(part.at(field.value))
            }
            if found.isEmpty, let rest = part.member("additionalProperties") { found.append(rest) }
            return found
        }
    }

    /// The schemas of members that no part names or matches.
    var additional: [CompatibilityPlace] { values("additionalProperties") }

    /// The schemas of the element at a place, or of those behind all that are listed.
    func schemas(at place: Int?) -> [CompatibilityPlace] {
        parts.compactMap { part in
            let listed = Self.listed(part)
            if let place, place < listed.count { return listed[place] }
            return Self.rest(part)
        }
    }

    /// How many elements have schemas of their own.
    var listedCount: Int { parts.map { Self.listed($0).count }.max() ?? 0 }

    static func listed(_ part: CompatibilityPlace) -> [CompatibilityPlace] {
        guard part.dialect.draft != .draft202012 else { return part.member("prefixItems")?.elements ?? [] }
        let items = part.member("items")
        return items?.node.kind == .array ? items?.elements ?? [] : []
    }

    static func rest(_ part: CompatibilityPlace) -> CompatibilityPlace? {
        let items = part.member("items")
        return items?.node.kind == .array ? part.member("additionalItems") : items
    }
}
