/// How many patterns libxml2 may try on one value.
///
/// It matches by backtracking and gives up on one pattern and one value after about a second, but not on a list of values
/// or the attributes of one element, which it checks in one go that nothing can end.
struct XMLPatternScales {
    private var named: [String: [XMLElement]] = [:]
    private var known: [String: Int] = [:]
    private var open: Set<String> = []
    /// Far above every limit; sums stop here.
    private static let much = 1 << 20

    /// Types are followed by their local names; a name that stands in several documents counts as the largest of its
    /// bearers.
    init(_ roots: [XMLElement]) {
        for element in roots.flatMap(\.elements) where ["simpleType", "complexType"].contains(element.localName) {
            if let name = element.attribute("name") { named[name, default: []].append(element) }
        }
    }

    /// Patterns on a value of this type, or on one of the attribute or element whose type stands in it.
    mutating func patterns(of element: XMLElement) -> Int {
        var sum = 0
        for attribute in ["type", "base", "itemType", "memberTypes"] {
            for name in (element.attribute(attribute) ?? "").split(whereSeparator: \.isWhitespace) {
                sum += patterns(named: String(name.split(separator: ":").last ?? ""))
            }
        }
        for child in element.elements {
            switch child.localName {
            case "pattern": sum += 1
            case "simpleType", "restriction", "extension", "union", "list", "simpleContent": sum += patterns(of: child)
            default: break
            }
        }
        return min(sum, Self.much)
    }

    private mutating func patterns(named name: String) -> Int {
        if let count = known[name] { return count }
        // A type within itself is libxml2's to refuse.
        guard open.insert(name).inserted else { return 0 }
        defer { open.remove(name) }
        var largest = 0
        for element in named[name] ?? [] { largest = max(largest, patterns(of: element)) }
        known[name] = largest
        return largest
    }
}
