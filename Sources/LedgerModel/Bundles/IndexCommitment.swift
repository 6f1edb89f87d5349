import Codec
package import Cryptography

/// What a gateway commits to of its private index: the document of a record like any other, whose salted leaf alone stands
/// on the ledger (bundles.md).
///
/// The document is a JSON object (JCS) of just these members:
///
/// | member | content |
/// |---|---|
/// | `count` | records in the index, decimal text, at least 1 |
/// | `newest` | id of the newest of them, hex: together with `count` it says which records they are |
/// | `root` | root of the collection that they make, hex |
/// | `rules` | names how vectors are made of records, and the collection of vectors, hex |
/// | `time` | when, by the gateway's clock: nanoseconds since 1970, decimal text |
package struct IndexCommitment: Hashable, Sendable {
    package static let mediaType = "application/vnd.vivian.index+json"
    /// The kind of the collection's subjects, whose ids are record ids; the registry has 1 to 3.
    package static let subjectKind: UInt16 = 4

    package var root: Digest
    package var count: UInt32
    package var rules: Digest
    package var newest: Digest
    /// Nanoseconds since 1970.
    package var time: UInt64

    package init(root: Digest, count: UInt32, rules: Digest, newest: Digest, time: UInt64) {
        self.root = root
        self.count = count
        self.rules = rules
        self.newest = newest
        self.time = time
    }

    package func encoded() -> [UInt8] {
        JSON.object([
            .init("count", .string(String(count))), .init("newest", .string(newest.hex)),
            .init("root", .string(root.hex)), .init("rules", .string(rules.hex)),
            .init("time", .string(String(time))),
        ]).serialized()
    }

    private static let members: Set<String> = ["count", "newest", "root", "rules", "time"]

    /// Reads a document in its one spelling.
    package init(decoding bytes: [UInt8]) throws(LedgerModelFailure) {
        let reader = try BundleHead.parse(bytes, "commitment", members: Self.members)
        guard let count = UInt32(exactly: try reader.number("count")), count > 0 else {
            throw .invalid("commitment: count is not 1 to 4294967295")
        }
        self.init(
            root: try reader.digest(hex: "root"), count: count, rules: try reader.digest(hex: "rules"),
            newest: try reader.digest(hex: "newest"), time: try reader.number("time"))
        guard encoded() == bytes else { throw .invalid("commitment: not in its one spelling") }
    }
}
