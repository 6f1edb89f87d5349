internal import Codec

/// What a broken rule asks for, in words.
///
/// Never with a document's values, which may be secret.
enum SchemaMessage {
    /// A longer value of a keyword is not shown.
    private static let shownBytesMax = 160

    static func text(_ violation: FoundViolation, _ program: SchemaProgram) -> String {
        switch violation.cause {
        case .instruction(let position):
            text(program.written.code[position], shown(program.registry.node(violation.schema)))
        case .missing(let symbol): "the member \"\(program.symbols.name(symbol))\" is missing"
        case .limits: "the schema cannot be decided within the limits"
        }
    }

    /// A keyword's value as the schema writes it: a string, a number, or a list of such; nil where it is another or too
    /// long.
    private static func shown(_ value: JSONNode) -> String? {
        let text: String? =
            switch value.kind {
            case .string: value.string.map { "\"\($0)\"" }
            case .array: list(value)
            case .object: nil
            default: String(decoding: value.rawBytes, as: UTF8.self)
            }
        return text.flatMap { $0.utf8.count <= shownBytesMax ? $0 : nil }
    }

    private static func list(_ value: JSONNode) -> String? {
        let words = value.elements.map { $0.kind == .array ? nil : shown($0) }
        return words.contains(nil) ? nil : words.compactMap(\.self).joined(separator: ", ")
    }

    private static func text(_ instruction: SchemaInstruction, _ value: String?) -> String {
        let a = Int(instruction.a)
        switch instruction.opcode {
        case .never: return "must not be here"
        case .type:
            let names = TypeMask.names.filter { instruction.a & $0.mask != 0 }.map(\.name)
            return "must be of type \(names.joined(separator: " or "))"
        case .enumeration: return value.map { "must be one of \($0)" } ?? "must be one of the listed values"
        case .constant: return value.map { "must be \($0)" } ?? "must be the given value"
        case .minimum: return "must not be below \(value ?? "the minimum")"
        case .maximum: return "must not be above \(value ?? "the maximum")"
        case .exclusiveMinimum: return "must be above \(value ?? "the minimum")"
        case .exclusiveMaximum: return "must be below \(value ?? "the maximum")"
        case .multipleOf: return "must be a multiple of \(value ?? "the given number")"
        case .minLength: return "must have at least \(a) characters"
        case .maxLength: return "must have at most \(a) characters"
        case .minItems: return "must have at least \(a) elements"
        case .maxItems: return "must have at most \(a) elements"
        case .minProperties: return "must have at least \(a) members"
        case .maxProperties: return "must have at most \(a) members"
        case .pattern: return value.map { "must match the pattern \($0)" } ?? "must match the pattern"
        case .format:
            return "must have the format \(Format(rawValue: UInt8(a))?.name ?? "")"
        case .content: return "must hold content of the given encoding and type"
        case .uniqueItems: return "must not hold an element twice"
        case .contains, .containsUnmarked:
            let most = instruction.c < 0 ? "" : " and at most \(instruction.c)"
            return "must hold at least \(instruction.b)\(most) elements of the given kind"
        case .dependentRequired: return "lacks a member that another one asks for"
        case .anyOf: return "must satisfy at least one of the given schemas"
        case .oneOf: return "must satisfy exactly one of the given schemas"
        case .not: return "must not satisfy the given schema"
        default: return "must satisfy the schema"
        }
    }
}
