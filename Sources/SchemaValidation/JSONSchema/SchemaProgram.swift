internal import Codec

/// A compiled schema: flat arrays of small values, so that checking a document follows no pointers and allocates little.
///
/// A *node* is one (sub)schema: a run of instructions that must all hold for a value. Member names and strings of
/// enumerations are *symbols*, numbered once for the whole program, so that a document's name is hashed once however
/// many schemas look at it.
final class SchemaProgram: Sendable {
    /// Node 0 accepts everything.
    static let anything: Int32 = 0
    /// Stands where there is no node.
    static let none: Int32 = -1

    let nodes: [SchemaNode]
    let code: [SchemaInstruction]
    /// Node numbers that instructions refer to by range.
    let lists: [Int32]
    let numbers: [ExactNumber]
    let patterns: [Pattern]
    let objects: [ObjectTable]
    let slots: [SymbolSlot]
    let patternProperties: [PatternProperty]
    /// Symbol numbers that objects must have, or that depend on others, by range.
    let symbolLists: [Int32]
    let enumerations: [Enumeration]
    /// Values of enumerations that are no strings.
    let values: [SchemaLocation]
    let symbols: SymbolTable
    /// Nodes of dynamic anchors by resource and name.
    let dynamicAnchors: [DynamicAnchor: Int32]
    let registry: SchemaRegistry

    init(_ builder: SchemaCompiler.Builder, registry: SchemaRegistry) {
        nodes = builder.nodes
        code = builder.code
        lists = builder.lists
        numbers = builder.numbers
        patterns = builder.patterns
        objects = builder.objects
        slots = builder.slots
        patternProperties = builder.patternProperties
        symbolLists = builder.symbolLists
        enumerations = builder.enumerations
        values = builder.values
        symbols = SymbolTable(builder.symbols)
        dynamicAnchors = builder.dynamicAnchors
        self.registry = registry
    }
}

/// One schema.
struct SchemaNode: Sendable {
    var first: Int32 = 0
    var end: Int32 = 0
    /// Whether `unevaluatedProperties` or `unevaluatedItems` is among its keywords.
    var hasUnevaluated = false
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
    /// a: node, b and c: nodes or none.
    case conditional
    /// a: node.
    case unevaluatedItems, unevaluatedProperties
}

/// One check of a node.
struct SchemaInstruction: Sendable {
    var opcode: SchemaOpcode
    var a: Int32 = 0
    var b: Int32 = 0
    var c: Int32 = 0
    /// Where the keyword's value stands, on the tape of the node's document.
    var place: Int32 = 0
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

    static func bit(_ kind: JSONKind) -> Int32 { 1 << Int32(kind.rawValue) }
}

/// The program's names, found by their bytes.
struct SymbolTable: Sendable {
    private let bytes: [UInt8]
    /// Where each symbol's bytes begin, and one end behind the last.
    private let starts: [Int32]
    private let slots: [Int32]
    private let mask: UInt32
    private let byteCountMax: Int

    init(_ symbols: [String]) {
        var bytes: [UInt8] = []
        var starts: [Int32] = [0]
        var size = 8
        while size < symbols.count * 2 { size *= 2 }
        var slots = [Int32](repeating: -1, count: size)
        let mask = UInt32(size - 1)
        for (number, symbol) in symbols.enumerated() {
            let start = bytes.count
            bytes.append(contentsOf: symbol.utf8)
            starts.append(Int32(bytes.count))
            var slot = Self.hash(bytes, start, bytes.count) & mask
            while slots[Int(slot)] >= 0 { slot = (slot + 1) & mask }
            slots[Int(slot)] = Int32(number)
        }
        byteCountMax = symbols.map(\.utf8.count).max() ?? -1
        (self.bytes, self.starts, self.slots, self.mask) = (bytes, starts, slots, mask)
    }

    func name(_ symbol: Int32) -> String {
        String(decoding: bytes[Int(starts[Int(symbol)])..<Int(starts[Int(symbol) + 1])], as: UTF8.self)
    }

    /// The symbol with these bytes, or -1.
    func symbol(_ text: [UInt8], _ start: Int, _ end: Int) -> Int32 {
        guard end - start <= byteCountMax else { return -1 }
        var slot = Self.hash(text, start, end) & mask
        while true {
            let symbol = slots[Int(slot)]
            if symbol < 0 { return -1 }
            if equals(symbol, text, start, end) { return symbol }
            slot = (slot + 1) & mask
        }
    }

    private func equals(_ symbol: Int32, _ text: [UInt8], _ start: Int, _ end: Int) -> Bool {
        let first = Int(starts[Int(symbol)])
        guard Int(starts[Int(symbol) + 1]) - first == end - start else { return false }
        for offset in 0..<(end - start) where bytes[first + offset] != text[start + offset] { return false }
        return true
    }

    /// The program alone decides what is in the table, so a document cannot make its probes long.
    private static func hash(_ text: [UInt8], _ start: Int, _ end: Int) -> UInt32 {
        var hash = UInt32(truncatingIfNeeded: end - start)
        for index in start..<end { hash = hash &* 31 &+ UInt32(text[index]) }
        return hash ^ hash >> 15
    }
}
