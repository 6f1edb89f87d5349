internal import Codec

/// What a broken rule asks for, in words.
///
/// Never with a document's values, which may be secret.
enum SchemaMessage {
    static func text(_ cause: FoundViolation.Cause, _ program: SchemaProgram) -> String {
        switch cause {
        case .instruction(let position): text(program.written.code[position])
        case .missing(let symbol): "the member \"\(program.symbols.name(symbol))\" is missing"
        case .limits: "the schema cannot be decided within the limits"
        }
    }

    private static func text(_ instruction: SchemaInstruction) -> String {
        let a = Int(instruction.a)
        switch instruction.opcode {
        case .never: return "must not be here"
        case .type:
            let names = TypeMask.names.filter { instruction.a & $0.mask != 0 }.map(\.name)
            return "must be of type \(names.joined(separator: " or "))"
        case .enumeration: return "must be one of the listed values"
        case .constant: return "must be the given value"
        case .minimum: return "must not be below the minimum"
        case .maximum: return "must not be above the maximum"
        case .exclusiveMinimum: return "must be above the minimum"
        case .exclusiveMaximum: return "must be below the maximum"
        case .multipleOf: return "must be a multiple of the given number"
        case .minLength: return "must have at least \(a) characters"
        case .maxLength: return "must have at most \(a) characters"
        case .minItems: return "must have at least \(a) elements"
        case .maxItems: return "must have at most \(a) elements"
        case .minProperties: return "must have at least \(a) members"
        case .maxProperties: return "must have at most \(a) members"
        case .pattern: return "must match the pattern"
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
