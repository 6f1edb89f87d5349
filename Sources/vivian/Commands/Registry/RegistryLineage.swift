import Codec
import LedgerModel
import Verification

/// What a version rests on, or what rests on it, as a tree.
struct RegistryLineage {
    /// Versions that one walk reads.
    static let versionsMax = 1_000

    struct Node {
        /// How the node above is tied to this one; nil at the root.
        let relation: RegistryRelation?
        let version: RegistryVersion
        let entry: RegistryEntry
        var below: [Node] = []
        /// Stands in the tree before, with what is below it.
        var isRepeated = false
        /// What is below was not read: the depth ended.
        var isCut = false
    }

    enum Direction { case restsOn, usedBy }

    let direction: Direction
    let depth: Int
    private var seen: Set<RegistryVersion> = []

    init(_ direction: Direction, depth: Int) {
        self.direction = direction
        self.depth = depth
    }

    /// Reads the tree below a version.
    mutating func tree(
        _ version: RegistryVersion, _ entry: RegistryEntry, relation: RegistryRelation? = nil, level: Int = 0,
        from source: some RegistrySource
    ) async throws -> Node {
        var node = Node(relation: relation, version: version, entry: entry)
        guard seen.insert(version).inserted else {
            node.isRepeated = true
            return node
        }
        guard seen.count <= Self.versionsMax else {
            throw CommandFailure("the lineage has more than \(Self.versionsMax) versions: give a smaller --depth")
        }
        let edges = try await edges(of: version, entry, from: source)
        guard level < depth else {
            node.isCut = !edges.isEmpty
            return node
        }
        for edge in edges {
            guard let entry = try await source.entry(edge.version) else {
                throw CommandFailure("the registry does not have \(RegistryPlace.text(edge.version, nil))")
            }
            node.below.append(
                try await tree(edge.version, entry, relation: edge.relation, level: level + 1, from: source))
        }
        return node
    }

    private func edges(
        of version: RegistryVersion, _ entry: RegistryEntry, from source: some RegistrySource
    ) async throws -> [RegistryEdge] {
        if direction == .restsOn { return entry.card.edges }
        let count = RegistryKeys.number(try await source.value(RegistryKeys.useCount(version)))
        guard count <= Self.versionsMax else {
            throw CommandFailure(
                "\(count) versions name \(RegistryPlace.text(version, entry)): too many for one answer")
        }
        var edges: [RegistryEdge] = []
        for index in 0..<count {
            guard let value = try await source.value(RegistryKeys.use(version, index)),
                let edge = RegistryEdge(cbor: try CBOR.decode(value))
            else {
                throw CommandFailure("use \(index) of \(count) of \(RegistryPlace.text(version, entry)) is missing")
            }
            edges.append(edge)
        }
        return edges
    }
}

extension RegistryLineage.Node {
    /// Lines for people, two blanks a level.
    func lines(_ level: Int = 0) -> [String] {
        let relation = relation.map { "\($0.name) " } ?? ""
        let state = entry.withdrawal == nil ? "" : "  WITHDRAWN"
        let end = isRepeated ? "  (above)" : isCut ? "  ..." : ""
        let title = entry.card.title.isEmpty ? "" : "  \(entry.card.title)"
        let line =
            String(repeating: "  ", count: level) + relation + RegistryPlace.text(version, entry) + title + state + end
        return [VerificationOutcome.printable(line)] + below.flatMap { $0.lines(level + 1) }
    }

    func json(_ direction: RegistryLineage.Direction) -> JSON {
        var members = RegistryView.json(version, entry)
        if let relation { members.append(JSON.Member(name: "relation", value: .string(relation.name))) }
        if !isRepeated && !isCut {
            members.append(
                JSON.Member(
                    name: direction == .restsOn ? "restsOn" : "usedBy", value: .array(below.map { $0.json(direction) }))
            )
        }
        return .object(members)
    }
}
