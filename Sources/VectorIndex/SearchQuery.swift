package import Cryptography

/// What is asked of a collection.
package struct SearchQuery: Hashable, Sendable {
    /// How many lists are probed, and how many entries are compared by their vectors.
    package struct Probes: Hashable, Sendable {
        /// Supers whose lists are considered, nearest first; as many as there are if there are fewer.
        package var supers: Int
        /// Lists that are scanned.
        package var lists: Int
        /// Entries of the best keys that are compared by their vectors.
        package var finalists: Int

        package init(supers: Int, lists: Int, finalists: Int) {
            self.supers = supers
            self.lists = lists
            self.finalists = finalists
        }
    }

    package enum Mode: Hashable, Sendable {
        /// Every entry is compared.
        case exact
        case approximate(Probes)
    }

    package var vector: [Int8]
    package var mode: Mode
    /// The most answers, 1 to `limitMax`.
    package var limit: Int
    /// Range search: only what is at most that far.
    package var distanceMax: Int32?
    /// Only entries with this tag, or of this owner.
    package var tag: UInt32?
    package var owner: Digest?

    package static let limitMax = 1_000
    package static let finalistsMax = 4_096
    package static let listsMax = 16_384

    package init(
        _ vector: [Int8], mode: Mode, limit: Int = 10, distanceMax: Int32? = nil, tag: UInt32? = nil,
        owner: Digest? = nil
    ) {
        self.vector = vector
        self.mode = mode
        self.limit = limit
        self.distanceMax = distanceMax
        self.tag = tag
        self.owner = owner
    }

    var isFiltered: Bool { tag != nil || owner != nil }

    /// - Throws: `query` with the first number that is out of its range.
    package func check() throws(VectorFailure) {
        guard 1...Self.limitMax ~= limit else { throw .query(.limit) }
        guard case .approximate(let probes) = mode else { return }
        guard 1...IndexRules.superMax ~= probes.supers else { throw .query(.supers) }
        guard 1...Self.listsMax ~= probes.lists else { throw .query(.lists) }
        guard 1...Self.finalistsMax ~= probes.finalists else { throw .query(.finalists) }
    }
}

/// One answer: a smaller distance is nearer.
package struct Neighbour: Hashable, Sendable {
    /// Minus the dot product, or the squared difference.
    package var distance: Int32
    package var id: UInt64
    package var subject: Subject
    package var label: EntryLabel

    package init(distance: Int32, id: UInt64, subject: Subject, label: EntryLabel) {
        self.distance = distance
        self.id = id
        self.subject = subject
        self.label = label
    }
}
