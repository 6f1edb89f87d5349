internal import Codec

/// A compiled schema: flat arrays of small values, so that checking a document follows no pointers and allocates little.
///
/// A *node* is one (sub)schema: a run of instructions that must all hold for a value. Member names and strings of
/// enumerations are *symbols*, numbered once for the whole program, so that a document's name is hashed once however
/// many schemas look at it.
struct SchemaProgram: Sendable {
    /// Node 0 accepts everything.
    static let anything: Int32 = 0
    /// Stands where there is no node.
    static let none: Int32 = -1

    /// The schemas as they are written: for reports, which name every place.
    let written: SchemaTables
    /// The same, shortened by ``SchemaShortening``: for verdicts.
    let short: SchemaTables
    let numbers: [SchemaNumber]
    let patterns: [Pattern]
    /// Symbol numbers that objects must have, or that depend on others, by range.
    let symbolLists: [Int32]
    let enumerations: [Enumeration]
    /// Values of enumerations that are no strings.
    let values: [SchemaValue]
    let symbols: SymbolTable
    /// Nodes of dynamic anchors by resource and name.
    let dynamicAnchors: [DynamicAnchor: Int32]
    let registry: SchemaRegistry

    init(_ builder: SchemaCompiler.Builder, registry: SchemaRegistry) {
        var written = SchemaTables(
            nodes: builder.nodes, code: builder.code, lists: builder.lists, objects: builder.objects,
            slots: builder.slots, patternProperties: builder.patternProperties)
        for number in written.nodes.indices {
            written.nodes[number].isPlain = builder.dynamicAnchors.isEmpty && !written.nodes[number].hasUnevaluated
        }
        self.written = written
        short = SchemaShortening.shortened(
            written, enumerations: builder.enumerations, hasDynamicScope: !builder.dynamicAnchors.isEmpty)
        numbers = builder.numbers
        patterns = builder.patterns
        symbolLists = builder.symbolLists
        enumerations = builder.enumerations
        values = builder.values.map { location in
            SchemaValue(
                tape: registry.documents[Int(location.document)].document.tape, index: Int(location.index))
        }
        symbols = SymbolTable(builder.symbols)
        dynamicAnchors = builder.dynamicAnchors
        self.registry = registry
    }
}

/// The parts of a program that hold node numbers.
struct SchemaTables: Sendable {
    var nodes: [SchemaNode]
    var code: [SchemaInstruction]
    /// Node numbers that instructions refer to by range.
    var lists: [Int32]
    var objects: [ObjectTable]
    var slots: [SymbolSlot]
    var patternProperties: [PatternProperty]
    /// Conditions that one look at one member decides.
    var conditions: [MemberCondition] = []
}

/// A condition on one member of an object: that it is not there, or is one of a list of strings.
struct MemberCondition: Sendable {
    var symbol: Int32
    /// The strings, as slots.
    var firstSlot: Int32
    var mask: Int32
    /// What the condition says of a value that is no object.
    var holdsForOthers: Bool
    /// What the list's condition, before any `not`, says of an object without the member.
    var holdsWithout: Bool
    /// Whether all of it stands under a `not`.
    var isNegated = false
}

/// A bound: as it is, and small where it fits.
struct SchemaNumber: Sendable {
    let exact: ExactNumber
    let small: SmallNumber?

    init(_ lexeme: [UInt8]) {
        exact = ExactNumber(lexeme)
        small = SmallNumber(lexeme.span, 0, lexeme.count)
    }
}

/// A value of a registered document.
struct SchemaValue: Sendable {
    var tape: JSONTape
    var index: Int
}

/// One schema.
struct SchemaNode: Sendable {
    var first: Int32 = 0
    var end: Int32 = 0
    /// Whether `unevaluatedProperties` or `unevaluatedItems` is among its keywords.
    var hasUnevaluated = false
    /// Neither that nor a dynamic scope is to be kept.
    var isPlain = false
    var resource: Int32
    var location: SchemaLocation
}

/// What is checked.
enum SchemaOpcode: UInt8, Sendable {
    /// The schema `false`.
    case never
    /// a: a mask of ``TypeMask``.
    case type
    /// a: enumeration. `const` is an enumeration of one.
    case enumeration, constant
    /// a: number.
    case minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf
    /// a: count.
    case minLength, maxLength, minItems, maxItems, minProperties, maxProperties
    /// a: pattern.
    case pattern
    /// a: ``Format``.
    case format
    /// a: ``ContentCheck``.
    case content
    case uniqueItems
    /// a, b: range of `lists`, one node for each of the first elements.
    case prefixItems
    /// a: node, b: index of the first element that it is for.
    case items
    /// a: node, b: least number of elements, c: greatest or -1. `marks` in 2020-12.
    case contains, containsUnmarked
    /// a: object table.
    case object
    /// a: node.
    case propertyNames
    /// a: symbol, b, c: range of `symbolLists`.
    case dependentRequired
    /// a: symbol, b: node.
    case dependentSchema
    /// a: node.
    case reference
    /// a: anchor's symbol, b: node where nothing in the dynamic scope has it.
    case dynamicReference
    /// a, b: range of `lists`.
    case allOf, anyOf, oneOf
    /// a: node.
    case not
    /// a: node, b and c: nodes or none; `condition`: number of a ``MemberCondition`` that says the same as a, or -1.
    case conditional
    /// a: node.
    case unevaluatedItems, unevaluatedProperties

    /// The kinds of values that the check is for; it holds for all others.
    var kinds: Int32 {
        switch self {
        case .minimum, .maximum, .exclusiveMinimum, .exclusiveMaximum, .multipleOf: TypeMask.number
        case .minLength, .maxLength, .pattern, .format, .content: TypeMask.string
        case .minItems, .maxItems, .uniqueItems, .prefixItems, .items, .contains, .containsUnmarked, .unevaluatedItems:
            TypeMask.array
        case .minProperties, .maxProperties, .object, .propertyNames, .dependentRequired, .dependentSchema,
            .unevaluatedProperties:
            TypeMask.object
        case .never, .type, .enumeration, .constant, .reference, .dynamicReference, .allOf, .anyOf, .oneOf, .not,
            .conditional:
            TypeMask.all
        }
    }
}

/// One check of a node.
struct SchemaInstruction: Sendable {
    var opcode: SchemaOpcode
    var a: Int32
    var b: Int32
    var c: Int32
    var condition: Int32 = -1
    /// ``SchemaOpcode/kinds``.
    let kinds: Int32
    /// Where the keyword's value stands, on the tape of the node's document.
    var place: Int32

    init(opcode: SchemaOpcode, a: Int32 = 0, b: Int32 = 0, c: Int32 = 0, place: Int32 = 0) {
        (self.opcode, self.a, self.b, self.c, self.place) = (opcode, a, b, c, place)
        kinds = opcode.kinds
    }
}

/// `properties`, `patternProperties`, `additionalProperties` and `required` of one schema, checked in one walk.
struct ObjectTable: Sendable {
    /// Slots by symbol, open addressing; `mask` is their number less one, a power of two less one; -1 without any.
    var firstSlot: Int32 = 0
    var mask: Int32 = -1
    var firstPattern: Int32 = 0
    var patternCount: Int32 = 0
    var additional: Int32 = SchemaProgram.none
    var additionalPlace: Int32 = 0
    /// Range of `symbolLists`.
    var firstRequired: Int32 = 0
    var requiredCount: Int32 = 0
    var requiredPlace: Int32 = 0
    /// The document that `requiredPlace` is in.
    var document: Int32 = 0
}

/// A member name of an object table, or a string of an enumeration.
struct SymbolSlot: Sendable {
    var symbol: Int32 = -1
    var node: Int32 = SchemaProgram.none
    var isRequired = false
}

struct PatternProperty: Sendable {
    var pattern: Int32
    var node: Int32
}

/// The values of `enum` or `const`.
struct Enumeration: Sendable {
    /// Strings, as slots.
    var firstSlot: Int32 = 0
    var mask: Int32 = -1
    /// Range of `values`: all else.
    var firstValue: Int32 = 0
    var valueCount: Int32 = 0
}

struct DynamicAnchor: Hashable, Sendable {
    var resource: Int32
    var symbol: Int32
}

/// JSON types as bits.
enum TypeMask {
    static let null: Int32 = 1
    static let boolean: Int32 = 2
    static let number: Int32 = 4
    static let string: Int32 = 8
    static let array: Int32 = 16
    static let object: Int32 = 32
    /// A number without fraction; `number` includes it.
    static let integer: Int32 = 64

    static let names: [(mask: Int32, name: String)] = [
        (null, "null"), (boolean, "boolean"), (number, "number"), (integer, "integer"), (string, "string"),
        (array, "array"), (object, "object"),
    ]

    /// Every kind of value.
    static let all = null | boolean | number | string | array | object

    static func bit(_ kind: JSONKind) -> Int32 {
        switch kind {
        case .null: null
        case .boolean: boolean
        case .number: number
        case .string: string
        case .array: array
        case .object: object
        }
    }
}
