package import Codec
package import Cryptography

/// What the registry holds; listings and tokens get numbers of their own later.
package enum RegistryKind: UInt16, CaseIterable, Sendable {
    case model = 1
    case dataset = 2
    /// A text that somebody publishes.
    case statement = 3

    /// Its name on command lines and in JSON.
    package var name: String {
        switch self {
        case .model: "model"
        case .dataset: "dataset"
        case .statement: "statement"
        }
    }

    package init?(name: String) {
        guard let kind = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = kind
    }
}

/// What one version of a subject has to do with another.
package enum RegistryRelation: UInt8, CaseIterable, Sendable {
    case trainedOn = 1
    case derivedFrom = 2
    case evaluatedOn = 3
    case describes = 4

    /// Its name on command lines and in JSON.
    package var name: String {
        switch self {
        case .trainedOn: "trainedOn"
        case .derivedFrom: "derivedFrom"
        case .evaluatedOn: "evaluatedOn"
        case .describes: "describes"
        }
    }

    package init?(name: String) {
        guard let relation = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = relation
    }
}

/// A subject's name under its publisher: spelt like a schema's id.
package struct RegistryName: Hashable, Sendable {
    package let text: String

    /// A name that keeps to the rule, or nil.
    package init?(_ text: String) {
        guard SchemaName(text) != nil else { return nil }
        self.text = text
    }

    /// The subject that this name is of: its id is SHA-256 of the separator, the kind (u16), the publisher and the name.
    package func subject(_ kind: RegistryKind, of publisher: AccountID) -> VectorSubject {
        VectorSubject(
            kind: kind.rawValue,
            id: SHA256.hash(
                Array(DomainSeparation.registrySubject.utf8) + kind.rawValue.bigEndianBytes + publisher.bytes
                    + Array(text.utf8)))
    }
}

/// One version of a subject.
package struct RegistryVersion: Hashable, Sendable {
    package var subject: VectorSubject
    /// From 1.
    package var number: UInt64

    package init(subject: VectorSubject, number: UInt64) {
        self.subject = subject
        self.number = number
    }

    /// The members kind, id, version.
    package var cbor: [CBOR] {
        [.unsigned(UInt64(subject.kind)), .bytes(subject.id.bytes), .unsigned(number)]
    }

    package init?(cbor items: some Collection<CBOR>) {
        let items = Array(items)
        guard items.count == 3, let kind = items[0].unsigned.flatMap({ UInt16(exactly: $0) }),
            let id = items[1].bytes.flatMap({ Digest($0) }), let number = items[2].unsigned, number > 0
        else { return nil }
        self.init(subject: VectorSubject(kind: kind, id: id), number: number)
    }
}

/// A relation to a version that was published before; on the wire [relation, kind, id (32 bytes), version].
package struct RegistryEdge: Hashable, Sendable {
    package var relation: RegistryRelation
    package var version: RegistryVersion

    package init(_ relation: RegistryRelation, _ version: RegistryVersion) {
        self.relation = relation
        self.version = version
    }

    package var cbor: CBOR { .array([.unsigned(UInt64(relation.rawValue))] + version.cbor) }

    package init?(cbor: CBOR) {
        guard let items = cbor.array, items.count == 4,
            let relation = items[0].unsigned.flatMap({ UInt8(exactly: $0) }).flatMap({ RegistryRelation(rawValue: $0) }
            ),
            let version = RegistryVersion(cbor: items[1...])
        else { return nil }
        self.init(relation, version)
    }
}

/// What is published of one version: all of it is public for ever (privacy.md).
///
/// | member | on the wire | limit |
/// |---|---|---|
/// | digest | bstr: SHA-256 of the model's or dataset's bytes; of a statement's text | 32 bytes |
/// | title | tstr, one line | 1 to 256 bytes |
/// | text | tstr: the card, or the statement itself | 8,192 bytes |
/// | licence | tstr, an SPDX expression; empty where nothing is said | 128 bytes |
/// | edges | [[relation, kind, id, version]...], none twice | 64 |
/// | measures | [[tstr name, tstr value]...]: what an evaluation found, as its publisher says it | 32, 64 bytes each |
package struct RegistryCard: Hashable, Sendable {
    package struct Measure: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package static let titleBytesMax = 256
    package static let textBytesMax = 8_192
    package static let licenceBytesMax = 128
    package static let edgesMax = 64
    package static let measuresMax = 32
    package static let measureBytesMax = 64

    package var digest: Digest
    package var title: String
    package var text: String
    package var licence: String
    package var edges: [RegistryEdge]
    package var measures: [Measure]

    package init(
        digest: Digest, title: String, text: String = "", licence: String = "", edges: [RegistryEdge] = [],
        measures: [Measure] = []
    ) {
        self.digest = digest
        self.title = title
        self.text = text
        self.licence = licence
        self.edges = edges
        self.measures = measures
    }

    /// What is wrong with a card of a kind, or nil.
    package func fault(_ kind: RegistryKind) -> String? {
        if !(1...Self.titleBytesMax ~= title.utf8.count && Self.isLine(title)) {
            return "title: one line of 1 to \(Self.titleBytesMax) bytes"
        }
        if text.utf8.count > Self.textBytesMax || !Self.isLine(text, orAnyOf: "\n\t") {
            return "text: at most \(Self.textBytesMax) bytes, no control characters but line feed and tab"
        }
        if licence.utf8.count > Self.licenceBytesMax || !Self.isLine(licence) {
            return "licence: one line of at most \(Self.licenceBytesMax) bytes"
        }
        if edges.count > Self.edgesMax || Set(edges).count < edges.count {
            return "edges: at most \(Self.edgesMax), none twice"
        }
        let areMeasures = measures.allSatisfy { measure in
            [measure.name, measure.value].allSatisfy { 1...Self.measureBytesMax ~= $0.utf8.count && Self.isLine($0) }
        }
        if measures.count > Self.measuresMax || !areMeasures {
            return "measures: at most \(Self.measuresMax), names and values of 1 to \(Self.measureBytesMax) bytes"
        }
        if kind == .statement, digest != SHA256.hash(Array(text.utf8)) {
            return "digest: of a statement it is the SHA-256 of its text"
        }
        return nil
    }

    private static func isLine(_ text: String, orAnyOf more: String = "") -> Bool {
        text.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7f) || more.utf8.contains($0) }
    }

    /// The members in the table's order.
    package var cbor: [CBOR] {
        [
            .bytes(digest.bytes), .text(title), .text(text), .text(licence), .array(edges.map(\.cbor)),
            .array(measures.map { .array([.text($0.name), .text($0.value)]) }),
        ]
    }

    /// Reads the members; their limits are ``fault(_:)``'s.
    package init?(cbor items: some Collection<CBOR>) {
        let items = Array(items)
        guard items.count == 6, let digest = items[0].bytes.flatMap({ Digest($0) }), let title = items[1].text,
            let text = items[2].text, let licence = items[3].text, let edgeRows = items[4].array,
            let measureRows = items[5].array
        else { return nil }
        let edges = edgeRows.compactMap { RegistryEdge(cbor: $0) }
        let measures = measureRows.compactMap { row -> Measure? in
            guard let pair = row.array, pair.count == 2, let name = pair[0].text, let value = pair[1].text else {
                return nil
            }
            return Measure(name: name, value: value)
        }
        guard edges.count == edgeRows.count, measures.count == measureRows.count else { return nil }
        self.init(digest: digest, title: title, text: text, licence: licence, edges: edges, measures: measures)
    }
}

/// Publishes the next version of a subject.
package struct PublishMessage: Hashable, Sendable {
    package var publisher: AccountID
    package var kind: RegistryKind
    package var name: RegistryName
    /// From 1, without a gap.
    package var version: UInt64
    package var card: RegistryCard

    package init(
        publisher: AccountID, kind: RegistryKind, name: RegistryName, version: UInt64, card: RegistryCard
    ) {
        self.publisher = publisher
        self.kind = kind
        self.name = name
        self.version = version
        self.card = card
    }

    /// The version that this makes.
    package var target: RegistryVersion {
        RegistryVersion(subject: name.subject(kind, of: publisher), number: version)
    }

    var cbor: CBOR {
        .array(
            [
                11, .bytes(publisher.bytes), .unsigned(UInt64(kind.rawValue)), .text(name.text), .unsigned(version),
            ] + card.cbor)
    }

    init(account: AccountID, cbor items: [CBOR]) throws(LedgerModelFailure) {
        guard let kind = items[2].unsigned.flatMap({ UInt16(exactly: $0) }).flatMap({ RegistryKind(rawValue: $0) }),
            let name = items[3].text.flatMap({ RegistryName($0) }), let version = items[4].unsigned, version > 0,
            let card = RegistryCard(cbor: items[5...])
        else { throw .invalid("publish") }
        if let fault = card.fault(kind) { throw .invalid("publish: \(fault)") }
        self.init(publisher: account, kind: kind, name: name, version: version, card: card)
    }
}

/// Withdraws a version: its words leave the newest state, and nothing may be built on it any more.
package struct WithdrawMessage: Hashable, Sendable {
    package var publisher: AccountID
    package var kind: RegistryKind
    package var name: RegistryName
    package var version: UInt64
    /// A code of the publisher's.
    package var reason: UInt64

    package init(
        publisher: AccountID, kind: RegistryKind, name: RegistryName, version: UInt64, reason: UInt64
    ) {
        self.publisher = publisher
        self.kind = kind
        self.name = name
        self.version = version
        self.reason = reason
    }

    /// The version that is withdrawn.
    package var target: RegistryVersion {
        RegistryVersion(subject: name.subject(kind, of: publisher), number: version)
    }

    var cbor: CBOR {
        .array([
            12, .bytes(publisher.bytes), .unsigned(UInt64(kind.rawValue)), .text(name.text), .unsigned(version),
            .unsigned(reason),
        ])
    }

    init(account: AccountID, cbor items: [CBOR]) throws(LedgerModelFailure) {
        guard let kind = items[2].unsigned.flatMap({ UInt16(exactly: $0) }).flatMap({ RegistryKind(rawValue: $0) }),
            let name = items[3].text.flatMap({ RegistryName($0) }), let version = items[4].unsigned, version > 0,
            let reason = items[5].unsigned
        else { throw .invalid("withdraw") }
        self.init(publisher: account, kind: kind, name: name, version: version, reason: reason)
    }
}
