/// What an XML Schema of a stranger may hold, so that libxml2 compiles it within a second.
///
/// libxml2 bounds neither the automata of its content models nor those of its patterns: a repeated choice of 128
/// repeated choices takes it minutes. So the documents are looked at first. Published schemas stay far below: the
/// largest type of UBL has some seventy particles, those of EPCIS thirty.
package struct XMLSchemaLimits: Sendable {
    /// Documents of one schema.
    package var documentCountMax: Int
    /// Elements of all documents.
    package var elementCountMax: Int
    /// Particles of one type or group, those of the groups it refers to and of its base included.
    package var particleCountMax: Int
    /// The same within a group that repeats: of those only particles that may be absent or repeat, and a group that
    /// repeats within it counts ``nestedLoopWeight`` times.
    package var loopWeightMax: Int
    /// Bytes of one pattern.
    package var patternByteCountMax: Int
    /// Patterns on one value: those of its type, of the types that this restricts, and of all members of a union.
    package var valuePatternCountMax: Int
    /// The same, of all attributes that are declared, together: one element may have all of them.
    package var attributePatternCountMax: Int
    /// Identity constraints.
    package var identityCountMax: Int

    static let nestedLoopWeight = 8

    /// What the gateway takes from its callers.
    package static let registered = XMLSchemaLimits(
        documentCountMax: 256, elementCountMax: 50_000, particleCountMax: 512, loopWeightMax: 64,
        patternByteCountMax: 256, valuePatternCountMax: 4, attributePatternCountMax: 16, identityCountMax: 32)

    /// Refuses what goes beyond; documents that are no XML are somebody else's matter.
    /// - Throws: `malformedXMLSchema` with the place.
    package func check(_ documents: [String: [UInt8]]) throws(SchemaFailure) {
        guard documents.count <= documentCountMax else {
            throw Self.failure("more than \(documentCountMax) documents", at: nil, in: "")
        }
        var trees: [(name: String, root: XMLElement)] = []
        for (name, bytes) in documents.sorted(by: { $0.key < $1.key }) {
            do throws(XMLFailure) { trees.append((name, try XMLTree(parsing: bytes).root)) } catch {
                throw .unreadableXML(error, location: name)
            }
        }
        try checkValues(trees)
        var scales = XMLSchemaScales(trees.map(\.root))
        var count = 0
        for (name, root) in trees {
            var waiting = [root]
            while let element = waiting.popLast() {
                count += 1
                guard count <= elementCountMax else {
                    throw Self.failure("more than \(elementCountMax) elements", at: element, in: name)
                }
                waiting += element.elements
                if element.localName == "pattern", let text = element.attribute("value"),
                    text.utf8.count > patternByteCountMax
                {
                    throw Self.failure("the pattern is longer than \(patternByteCountMax) bytes", at: element, in: name)
                }
                guard ["complexType", "group"].contains(element.localName), element.attribute("ref") == nil else {
                    continue
                }
                let weight = scales.weight(of: element)
                guard weight.particles <= particleCountMax else {
                    throw Self.failure("more than \(particleCountMax) particles in one type", at: element, in: name)
                }
                guard weight.loop <= loopWeightMax else {
                    throw Self.failure(
                        "too many optional or repeated particles within a repeated group (weight above \(loopWeightMax))",
                        at: element, in: name)
                }
            }
        }
    }

    /// What bounds the time between two tags: nothing ends libxml2 there.
    private func checkValues(_ trees: [(name: String, root: XMLElement)]) throws(SchemaFailure) {
        var scales = XMLPatternScales(trees.map(\.root))
        var (attributes, identities) = (0, 0)
        for (name, root) in trees {
            var waiting = [root]
            while let element = waiting.popLast() {
                waiting += element.elements
                switch element.localName {
                case "key", "unique", "keyref":
                    identities += 1
                    guard identities <= identityCountMax else {
                        throw Self.failure("more than \(identityCountMax) identity constraints", at: element, in: name)
                    }
                case "attribute":
                    attributes += scales.patterns(of: element)
                    guard attributes <= attributePatternCountMax else {
                        throw Self.failure(
                            "more than \(attributePatternCountMax) patterns on attributes", at: element, in: name)
                    }
                case "list":
                    guard scales.patterns(of: element) == 0 else {
                        throw Self.failure("a list of values that have a pattern", at: element, in: name)
                    }
                case "simpleType", "simpleContent":
                    guard scales.patterns(of: element) <= valuePatternCountMax else {
                        throw Self.failure(
                            "more than \(valuePatternCountMax) patterns on one value", at: element, in: name)
                    }
                default: break
                }
            }
        }
    }

    private static func failure(_ message: String, at element: XMLElement?, in name: String) -> SchemaFailure {
        .malformedXMLSchema([
            SchemaViolation(
                instancePointer: "", schemaPointer: name, rule: "limits", message: message, line: element?.line ?? 0,
                column: element?.column ?? 0)
        ])
    }
}

/// How large content models are, groups and base types followed by their local names; a name that stands in several
/// documents counts as the largest of its bearers.
struct XMLSchemaScales {
    struct Weight {
        var particles = 0
        /// The heaviest repeated group.
        var loop = 0
        /// What this adds to a repeated group around it.
        var inLoop = 0
    }

    private struct Key: Hashable {
        var kind: String
        var name: String
    }

    private var named: [Key: [XMLElement]] = [:]
    private var known: [Key: Weight] = [:]
    private var open: Set<Key> = []
    /// Far above every limit; sums stop here.
    private static let much = 1 << 20

    init(_ roots: [XMLElement]) {
        for root in roots {
            for element in root.elements where ["complexType", "group"].contains(element.localName) {
                if let name = element.attribute("name") {
                    named[Key(kind: element.localName, name: name), default: []].append(element)
                }
            }
        }
    }

    /// The weight of what stands within an element.
    mutating func weight(of element: XMLElement) -> Weight {
        var sum = Weight()
        for child in element.elements {
            var weight: Weight
            let isOptional = child.attribute("minOccurs") == "0"
            let isRepeated = !["0", "1"].contains(child.attribute("maxOccurs") ?? "1")
            switch child.localName {
            case "element", "any":
                // Its own type is weighed by itself.
                weight = Weight(particles: 1, inLoop: isOptional || isRepeated ? 1 : 0)
            case "sequence", "choice", "all", "group":
                if child.localName == "group", let name = child.attribute("ref") {
                    weight = self.weight(Key(kind: "group", name: Self.local(name)))
                } else {
                    weight = self.weight(of: child)
                }
                weight.particles += 1
                if isRepeated {
                    weight.loop = max(weight.loop, weight.inLoop)
                    weight.inLoop = weight.inLoop * XMLSchemaLimits.nestedLoopWeight + XMLSchemaLimits.nestedLoopWeight
                } else if isOptional {
                    weight.inLoop += 1
                }
            case "extension":
                weight = self.weight(of: child)
                if let name = child.attribute("base") {
                    Self.add(self.weight(Key(kind: "complexType", name: Self.local(name))), to: &weight)
                }
            case "complexContent", "restriction", "simpleContent", "redefine":
                weight = self.weight(of: child)
            default: continue
            }
            Self.add(weight, to: &sum)
        }
        return sum
    }

    private mutating func weight(_ key: Key) -> Weight {
        if let weight = known[key] { return weight }
        // A group within itself is libxml2's to refuse.
        guard open.insert(key).inserted else { return Weight() }
        defer { open.remove(key) }
        var largest = Weight()
        for element in named[key] ?? [] {
            let weight = weight(of: element)
            largest.particles = max(largest.particles, weight.particles)
            largest.loop = max(largest.loop, weight.loop)
            largest.inLoop = max(largest.inLoop, weight.inLoop)
        }
        known[key] = largest
        return largest
    }

    private static func add(_ weight: Weight, to sum: inout Weight) {
        sum.particles = min(sum.particles + weight.particles, much)
        sum.loop = max(sum.loop, min(weight.loop, much))
        sum.inLoop = min(sum.inLoop + weight.inLoop, much)
    }

    private static func local(_ name: String) -> String { String(name.split(separator: ":").last ?? "") }
}
