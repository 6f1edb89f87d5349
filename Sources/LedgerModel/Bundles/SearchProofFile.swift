import Codec
import Cryptography

/// A proof of a search, `application/vnd.vivian.search+json` (bundles.md): a query, the answer, the entry that holds the
/// collection's root with the headers that it stands under, and the committed bytes from which anyone computes the answer.
package struct SearchProofFile: Hashable, Sendable {
    package static let format = "vivian-search/1"
    /// Largest file that is read, as of all bundles.
    package static let byteCountMax = JSONLimits.bundle.byteCountMax
    static let answersMax = 1_000

    /// What was asked; each number only fits its width here.
    package struct Query: Hashable, Sendable {
        /// How far an approximate search looks.
        package struct Probes: Hashable, Sendable {
            package var supers: UInt32
            package var lists: UInt32
            package var finalists: UInt32

            package init(supers: UInt32, lists: UInt32, finalists: UInt32) {
                self.supers = supers
                self.lists = lists
                self.finalists = finalists
            }
        }

        /// The collection's number.
        package var collection: UInt32
        package var vector: [Int8]
        /// Nil: every vector was compared.
        package var probes: Probes?
        package var limit: UInt32
        package var distanceMax: Int32?
        package var tag: UInt32?
        package var owner: AccountID?

        package init(
            collection: UInt32, vector: [Int8], probes: Probes?, limit: UInt32, distanceMax: Int32? = nil,
            tag: UInt32? = nil, owner: AccountID? = nil
        ) {
            self.collection = collection
            self.vector = vector
            self.probes = probes
            self.limit = limit
            self.distanceMax = distanceMax
            self.tag = tag
            self.owner = owner
        }
    }

    /// One subject of the answer; the nearest comes first.
    package struct Answer: Hashable, Sendable {
        package var subject: VectorSubject
        package var distance: Int32
        /// The vector's id in the collection.
        package var id: UInt64
        package var tag: UInt32

        package init(subject: VectorSubject, distance: Int32, id: UInt64, tag: UInt32) {
            self.subject = subject
            self.distance = distance
            self.id = id
            self.tag = tag
        }
    }

    package var ledger: LedgerIdentity
    package var headers: [LinkedHeader]
    package var query: Query
    package var answer: [Answer]
    /// The entry whose value holds the collection's root.
    package var head: StateEntry
    /// The entry that gives the owner's number in the collection, or that it has none; there just where the query names one.
    package var owner: StateEntry?
    /// What the root commits to: see `VectorIndex.ProofBody`.
    package var body: [UInt8]

    package init(
        ledger: LedgerIdentity, headers: [LinkedHeader], query: Query, answer: [Answer], head: StateEntry,
        owner: StateEntry?, body: [UInt8]
    ) {
        self.ledger = ledger
        self.headers = headers
        self.query = query
        self.answer = answer
        self.head = head
        self.owner = owner
        self.body = body
    }

    package func encoded() -> [UInt8] {
        var members = BundleHead.json(format: Self.format, ledger: ledger, headers: headers)
        members.append(.init(name: "query", value: .object(query.json)))
        members.append(.init(name: "answer", value: .array(answer.map { .object($0.json) })))
        members.append(.init(name: "head", value: .object(head.json)))
        if let owner { members.append(.init(name: "owner", value: .object(owner.json))) }
        members.append(.init(name: "body", value: .string(Base64.encode(body))))
        return JSON.object(members).serialized()
    }

    private static let members = BundleHead.members.union(["query", "answer", "head", "owner", "body"])

    /// Reads a file; nothing is said about what it proves.
    package init(decoding bytes: [UInt8]) throws(LedgerModelFailure) {
        let reader = try BundleHead.parse(bytes, "search", members: Self.members)
        let begin = try BundleHead(reader, format: Self.format)
        let query = try Query(BundleReader(try reader.member("query"), "query", members: Query.members))
        let answer = try Answer.list(reader)
        let head = try StateEntry(BundleReader(try reader.member("head"), "head", members: StateEntry.members))
        let owner =
            reader.has("owner")
            ? try StateEntry(BundleReader(try reader.member("owner"), "owner", members: StateEntry.members)) : nil
        guard (owner != nil) == (query.owner != nil) else {
            throw .invalid("search: the entry owner goes with a query for an owner, and only with it")
        }
        self.init(
            ledger: begin.ledger, headers: begin.headers, query: query, answer: answer, head: head, owner: owner,
            body: try reader.bytes("body"))
    }
}

extension SearchProofFile.Query {
    static let members: Set<String> = [
        "collection", "vector", "mode", "supers", "lists", "finalists", "limit", "distanceMax", "tag", "owner",
    ]

    var json: [JSON.Member] {
        func number(_ name: String, _ value: some BinaryInteger) -> JSON.Member {
            .init(name: name, value: .string(String(value)))
        }
        var members = [
            number("collection", collection),
            .init(name: "vector", value: .string(Base64.encode(vector.map { UInt8(bitPattern: $0) }))),
            .init(name: "mode", value: .string(probes == nil ? "exact" : "approximate")),
        ]
        if let probes {
            members += [
                number("supers", probes.supers), number("lists", probes.lists), number("finalists", probes.finalists),
            ]
        }
        members.append(number("limit", limit))
        if let distanceMax { members.append(number("distanceMax", distanceMax)) }
        if let tag { members.append(number("tag", tag)) }
        if let owner { members.append(.init(name: "owner", value: .string(Hex.encode(owner.bytes)))) }
        return members
    }

    init(_ reader: BundleReader) throws(LedgerModelFailure) {
        collection = try reader.small("collection")
        vector = try reader.bytes("vector").map { Int8(bitPattern: $0) }
        guard 1...PutVectorsMessage.dimensionMax ~= vector.count else {
            throw .invalid("query: the vector does not have 1 to \(PutVectorsMessage.dimensionMax) components")
        }
        switch try reader.text("mode") {
        case "exact":
            guard !reader.has("supers"), !reader.has("lists"), !reader.has("finalists") else {
                throw .invalid("query: an exact search has no probes")
            }
        case "approximate":
            probes = Probes(
                supers: try reader.small("supers"), lists: try reader.small("lists"),
                finalists: try reader.small("finalists"))
        default: throw .invalid("query: mode is neither exact nor approximate")
        }
        limit = try reader.small("limit")
        distanceMax = reader.has("distanceMax") ? try reader.distance("distanceMax") : nil
        tag = reader.has("tag") ? try reader.small("tag") : nil
        owner = reader.has("owner") ? AccountID(try reader.digest(hex: "owner")) : nil
    }
}

extension SearchProofFile.Answer {
    static let members: Set<String> = ["kind", "subject", "distance", "id", "tag"]

    var json: [JSON.Member] {
        [
            .init(name: "kind", value: .string(String(subject.kind))),
            .init(name: "subject", value: .string(subject.id.hex)),
            .init(name: "distance", value: .string(String(distance))),
            .init(name: "id", value: .string(String(id))),
            .init(name: "tag", value: .string(String(tag))),
        ]
    }

    /// A file's member `answer`.
    static func list(_ reader: BundleReader) throws(LedgerModelFailure) -> [SearchProofFile.Answer] {
        var answer: [SearchProofFile.Answer] = []
        for (index, node) in try reader.possiblyEmpty("answer", max: SearchProofFile.answersMax).enumerated() {
            answer.append(try SearchProofFile.Answer(BundleReader(node, "answer \(index)", members: members)))
        }
        return answer
    }

    init(_ reader: BundleReader) throws(LedgerModelFailure) {
        guard let kind = UInt16(exactly: try reader.number("kind")) else {
            throw .invalid("\(reader.what): kind is above 65,535")
        }
        self.init(
            subject: VectorSubject(kind: kind, id: try reader.digest(hex: "subject")),
            distance: try reader.distance("distance"), id: try reader.number("id"), tag: try reader.small("tag"))
    }
}

extension BundleReader {
    /// A decimal number below 2^32.
    fileprivate func small(_ name: String) throws(LedgerModelFailure) -> UInt32 {
        guard let value = UInt32(exactly: try number(name)) else { throw .invalid("\(what): \(name) is too large") }
        return value
    }

    /// A decimal number from -2^31 to 2^31 - 1 in its one spelling.
    fileprivate func distance(_ name: String) throws(LedgerModelFailure) -> Int32 {
        let text = try text(name)
        guard let value = Int32(text), String(value).utf8.elementsEqual(text.utf8) else {
            throw .invalid("\(what): \(name) is no distance")
        }
        return value
    }
}
