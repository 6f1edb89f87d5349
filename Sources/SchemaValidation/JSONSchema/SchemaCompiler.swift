internal import Codec

/// Turns schemas into a ``SchemaProgram``: each schema that is reached becomes one node, once.
struct SchemaCompiler {
    /// The program's parts while they grow.
    struct Builder {
        var nodes: [SchemaNode] = []
        var code: [SchemaInstruction] = []
        var lists: [Int32] = []
        var numbers: [SchemaNumber] = []
        var patterns: [Pattern] = []
        var objects: [ObjectTable] = []
        var slots: [SymbolSlot] = []
        var patternProperties: [PatternProperty] = []
        var symbolLists: [Int32] = []
        var enumerations: [Enumeration] = []
        var values: [SchemaLocation] = []
        var symbols: [String] = []
        var dynamicAnchors: [DynamicAnchor: Int32] = [:]
    }

    let registry: SchemaRegistry
    let options: SchemaOptions
    var builder = Builder()
    private var nodeNumbers: [SchemaLocation: Int32] = [:]
    private var waiting: [Int32] = []
    private var symbolNumbers: [String: Int32] = [:]
    private var patternNumbers: [String: Int32] = [:]
    private var dynamicNames: Set<String> = []
    private var patternInstructionCount = 0

    /// Instructions of all patterns of a schema together: some tens of megabytes.
    static let patternInstructionCountMax = 1_000_000

    init(registry: SchemaRegistry, options: SchemaOptions) {
        self.registry = registry
        self.options = options
    }

    /// Compiles a resource and all that it refers to.
    ///
    /// Its node is the program's node 1.
    mutating func compile(_ resource: Int) throws(SchemaFailure) -> SchemaProgram {
        let root = registry.resources[resource].root
        let schema = registry.node(root)
        guard schema.kind == .object || schema.kind == .boolean else {
            throw .malformedKeyword("schema", at: registry.description(of: root))
        }
        builder.nodes.append(SchemaNode(resource: Int32(resource), location: root))
        let main = enter(root, Int32(resource))
        waiting.append(main)
        repeat {
            while let number = waiting.popLast() { try compileNode(number) }
            try enterDynamicAnchors()
        } while !waiting.isEmpty
        return SchemaProgram(builder, registry: registry)
    }

    // MARK: Nodes

    private mutating func enter(_ location: SchemaLocation, _ resource: Int32) -> Int32 {
        let number = Int32(builder.nodes.count)
        builder.nodes.append(SchemaNode(resource: resource, location: location))
        nodeNumbers[location] = number
        return number
    }

    /// The node of a schema; compiled later if it is new.
    ///
    /// `true` and `{}` share node 0.
    mutating func node(_ location: SchemaLocation, in resource: Int32) throws(SchemaFailure) -> Int32 {
        if let known = nodeNumbers[location] { return known }
        let schema = registry.node(location)
        guard schema.kind == .object || schema.kind == .boolean else {
            throw .malformedKeyword("schema", at: registry.description(of: location))
        }
        if schema.bool == true || schema.kind == .object && schema.count == 0 { return SchemaProgram.anything }
        let number = enter(location, registry.resource(of: location).map { Int32($0) } ?? resource)
        waiting.append(number)
        return number
    }

    private mutating func compileNode(_ number: Int32) throws(SchemaFailure) {
        let node = builder.nodes[Int(number)]
        let schema = registry.node(node.location)
        var keywords = KeywordCompiler(schema: schema, node: node)
        try keywords.compile(&self)
        builder.nodes[Int(number)].first = Int32(builder.code.count)
        builder.code += keywords.instructions
        builder.nodes[Int(number)].end = Int32(builder.code.count)
        builder.nodes[Int(number)].hasUnevaluated = keywords.hasUnevaluated
    }

    // MARK: References

    mutating func reference(
        _ reference: String, from node: SchemaNode
    ) throws(SchemaFailure) -> (number: Int32, dynamicName: String?) {
        guard let target = registry.find(reference, from: Int(node.resource)) else {
            throw .unresolvedReference(reference, at: registry.description(of: node.location))
        }
        let number = try self.node(target.location, in: Int32(target.resource))
        let isDynamic = target.name.map { registry.resources[target.resource].dynamicAnchors[$0] == target.location }
        return (number, isDynamic == true ? target.name : nil)
    }

    /// A name whose dynamic anchors matter: those of every resource of the program become nodes.
    mutating func useDynamicAnchors(_ name: String) -> Int32 {
        dynamicNames.insert(name)
        return symbol(name)
    }

    private mutating func enterDynamicAnchors() throws(SchemaFailure) {
        for resource in Set(builder.nodes.map(\.resource)).sorted() {
            for name in dynamicNames.sorted() {
                guard let location = registry.resources[Int(resource)].dynamicAnchors[name] else { continue }
                let key = DynamicAnchor(resource: resource, symbol: symbol(name))
                if builder.dynamicAnchors[key] == nil {
                    builder.dynamicAnchors[key] = try node(location, in: resource)
                }
            }
        }
    }

    // MARK: Tables

    mutating func symbol(_ name: String) -> Int32 {
        if let known = symbolNumbers[name] { return known }
        let number = Int32(builder.symbols.count)
        builder.symbols.append(name)
        symbolNumbers[name] = number
        return number
    }

    mutating func list(_ nodes: [Int32]) -> (first: Int32, count: Int32) {
        let first = Int32(builder.lists.count)
        builder.lists += nodes
        return (first, Int32(nodes.count))
    }

    mutating func pattern(_ text: String, at location: SchemaLocation) throws(SchemaFailure) -> Int32 {
        if let known = patternNumbers[text] { return known }
        do throws(PatternFailure) {
            let compiled = try Pattern(text)
            patternInstructionCount += compiled.instructions.count
            guard patternInstructionCount <= Self.patternInstructionCountMax else { throw .tooLarge }
            builder.patterns.append(compiled)
        } catch {
            throw .malformedPattern(text, reason: error.description, at: registry.description(of: location))
        }
        let number = Int32(builder.patterns.count - 1)
        patternNumbers[text] = number
        return number
    }

    /// Lays slots out by symbol; returns the first and the mask.
    mutating func slots(_ entries: [SymbolSlot]) -> (first: Int32, mask: Int32) {
        guard !entries.isEmpty else { return (0, -1) }
        var size = 2
        while size < entries.count * 2 { size *= 2 }
        let first = builder.slots.count
        builder.slots += [SymbolSlot](repeating: SymbolSlot(), count: size)
        for entry in entries {
            var slot = Int(entry.symbol) & (size - 1)
            while builder.slots[first + slot].symbol >= 0 { slot = (slot + 1) & (size - 1) }
            builder.slots[first + slot] = entry
        }
        return (Int32(first), Int32(size - 1))
    }
}
