internal import Codec

/// The way that a run takes through a schema, and what the schemas that hold say of the values (2020-12 §7.7, §12).
///
/// Only the standard output asks for it; a verdict or a report of broken rules goes without.
struct SchemaTrace {
    /// A schema on the way, and the instruction that led on from it.
    struct Step {
        var node: Int32
        /// -1 before the first instruction.
        var position: Int32 = -1
    }

    /// What a keyword that applies schemas says of what it applied them to.
    enum Lesson {
        /// Of an array's first elements: so many of so many.
        case prefixItems(Int, of: Int)
        /// Of all that is left.
        case rest
        /// Of some elements by their places, out of so many.
        case places([Int], of: Int)
    }

    /// The keywords that say by name which members they looked at.
    enum MemberKeyword: String, CaseIterable {
        case properties, patternProperties, additionalProperties, unevaluatedProperties
    }

    /// Something learned of a value, by a schema that held.
    enum Annotation {
        /// The schema itself held: its own words count (`title`, `format`, ...).
        case schema
        case lesson(Lesson, position: Int32)
        /// Members by the tape places of their names.
        case members(MemberKeyword, [Int])
    }

    /// An annotation with its value's place on the tape and the way to it.
    struct Learned {
        var index: Int
        var trail: [Step]
        var annotation: Annotation
    }

    /// What one schema has learned so far.
    private struct Frame {
        var firstLearned: Int
        var lessons: [(lesson: Lesson, position: Int32)] = []
        var members: [(keyword: MemberKeyword, names: [Int])] = []
    }

    /// More is not kept.
    static let learnedCountMax = 100_000

    private(set) var trail: [Step] = []
    private(set) var learned: [Learned] = []
    /// Whether there was more than is kept.
    private(set) var isTruncated = false
    private var frames: [Frame] = []

    // MARK: Telling

    mutating func begin(_ node: Int32) {
        trail.append(Step(node: node))
        frames.append(Frame(firstLearned: learned.count))
    }

    /// Ends a schema; what it and those within it learned counts only if it holds.
    mutating func end(_ index: Int, _ holds: Bool) {
        let frame = frames.removeLast()
        if holds {
            add(index, .schema)
            for known in frame.lessons { add(index, .lesson(known.lesson, position: known.position)) }
            for known in frame.members { add(index, .members(known.keyword, known.names)) }
        } else {
            learned.removeSubrange(frame.firstLearned...)
        }
        trail.removeLast()
    }

    private mutating func add(_ index: Int, _ annotation: Annotation) {
        guard learned.count < Self.learnedCountMax else {
            isTruncated = true
            return
        }
        learned.append(Learned(index: index, trail: trail, annotation: annotation))
    }

    mutating func isAt(_ position: Int) { trail[trail.count - 1].position = Int32(position) }

    mutating func learn(_ lesson: Lesson) {
        let position = trail[trail.count - 1].position
        guard frames[frames.count - 1].lessons.last?.position != position else { return }
        frames[frames.count - 1].lessons.append((lesson, position))
    }

    /// A member is about to be looked at.
    mutating func enter(_ keyword: MemberKeyword, _ name: Int) {
        let last = frames.count - 1
        if let place = frames[last].members.firstIndex(where: { $0.keyword == keyword }) {
            if frames[last].members[place].names.last != name { frames[last].members[place].names.append(name) }
        } else {
            frames[last].members.append((keyword, [name]))
        }
    }
}

extension SchemaRun {
    /// A node whose way is kept.
    mutating func checkTraced(_ number: Int32, _ node: SchemaNode, _ index: Int, _ frame: Int) -> Bool {
        trace?.begin(number)
        let holds = checkScoped(node, index, frame)
        trace?.end(index, holds)
        return holds
    }
}
