import Codec
package import Cryptography

/// What a vector is of: a kind, and an id of 32 bytes (a longer name is hashed by whoever gives it).
package struct VectorSubject: Hashable, Sendable {
    package var kind: UInt16
    package var id: Digest

    package init(kind: UInt16, id: Digest) {
        self.kind = kind
        self.id = id
    }
}

/// What a collection is to be: `VectorIndex.CollectionParameters` as a transaction spells them.
///
/// Here each number only fits its width; the rules in force say which are taken.
package struct CollectionTerms: Hashable, Sendable {
    /// 0 dot product, 1 squared L2, 2 cosine.
    package var metric: UInt8
    /// Who may put: 0 the owner, 1 anyone.
    package var policy: UInt8
    /// Whether the owner declares that the contents are public, as is then the text behind each vector.
    package var isPublic: Bool
    package var dimension: UInt16
    package var scale: UInt8
    /// Quota of vectors.
    package var countMax: UInt32
    /// Largest squared length; 0 for cosine.
    package var normMax: UInt32
    /// Booked for each vector.
    package var deposit: UInt64

    package init(
        metric: UInt8, policy: UInt8, isPublic: Bool, dimension: UInt16, scale: UInt8, countMax: UInt32,
        normMax: UInt32, deposit: UInt64
    ) {
        self.metric = metric
        self.policy = policy
        self.isPublic = isPublic
        self.dimension = dimension
        self.scale = scale
        self.countMax = countMax
        self.normMax = normMax
        self.deposit = deposit
    }

    /// The members of the message after owner and name, in this order.
    var cbor: [CBOR] {
        [
            .unsigned(UInt64(metric)), .unsigned(UInt64(policy)), .boolean(isPublic), .unsigned(UInt64(dimension)),
            .unsigned(UInt64(scale)), .unsigned(UInt64(countMax)), .unsigned(UInt64(normMax)), .unsigned(deposit),
        ]
    }

    init?(cbor items: ArraySlice<CBOR>) {
        let items = Array(items)
        guard items.count == 8, let metric = items[0].unsigned.flatMap({ UInt8(exactly: $0) }),
            let policy = items[1].unsigned.flatMap({ UInt8(exactly: $0) }), let isPublic = items[2].boolean,
            let dimension = items[3].unsigned.flatMap({ UInt16(exactly: $0) }),
            let scale = items[4].unsigned.flatMap({ UInt8(exactly: $0) }),
            let countMax = items[5].unsigned.flatMap({ UInt32(exactly: $0) }),
            let normMax = items[6].unsigned.flatMap({ UInt32(exactly: $0) }), let deposit = items[7].unsigned
        else { return nil }
        self.init(
            metric: metric, policy: policy, isPublic: isPublic, dimension: dimension, scale: scale, countMax: countMax,
            normMax: normMax, deposit: deposit)
    }
}

/// Makes a collection of vectors under a name of its owner; it gets the ledger's next number.
package struct CreateCollectionMessage: Hashable, Sendable {
    package var owner: AccountID
    package var name: CollectionName
    package var terms: CollectionTerms

    package init(owner: AccountID, name: CollectionName, terms: CollectionTerms) {
        self.owner = owner
        self.name = name
        self.terms = terms
    }

    var cbor: CBOR { .array([8, .bytes(owner.bytes), .text(name.text)] + terms.cbor) }

    init(account: AccountID, cbor items: [CBOR]) throws(LedgerModelFailure) {
        guard let name = items[2].text.flatMap({ CollectionName($0) }), let terms = CollectionTerms(cbor: items[3...])
        else { throw .invalid("createCollection") }
        self.init(owner: account, name: name, terms: terms)
    }
}

/// Gives subjects vectors in a collection: one that has none gets one, another's is replaced.
package struct PutVectorsMessage: Hashable, Sendable {
    /// On the wire [kind, id (32 bytes), tag], and the vector beside the transaction (``AttachedVectors``).
    package struct Entry: Hashable, Sendable {
        package var subject: VectorSubject
        /// What searches may filter by.
        package var tag: UInt32
        /// 1 to 4,096 components, in all entries of a message as many.
        package var vector: [Int8]

        package init(subject: VectorSubject, tag: UInt32 = 0, vector: [Int8]) {
            self.subject = subject
            self.tag = tag
            self.vector = vector
        }

        fileprivate var cbor: CBOR {
            .array([.unsigned(UInt64(subject.kind)), .bytes(subject.id.bytes), .unsigned(UInt64(tag))])
        }
    }

    package static let dimensionMax = 4_096

    /// Whose the vectors are.
    package var writer: AccountID
    /// The collection's number.
    package var collection: UInt32
    /// At least one; carried out in this order.
    package var entries: [Entry]

    package init(writer: AccountID, collection: UInt32, entries: [Entry]) {
        self.writer = writer
        self.collection = collection
        self.entries = entries
    }

    var cbor: CBOR {
        .array([
            9, .bytes(writer.bytes), .unsigned(UInt64(collection)), .array(entries.map(\.cbor)),
            .bytes(AttachedVectors.digest(attached).bytes),
        ])
    }

    /// The vectors, as ``AttachedVectors`` has them.
    var attached: [UInt8] {
        let dimension = entries.first?.vector.count ?? 0
        var bytes = UInt16(clamping: dimension).bigEndianBytes
        bytes.reserveCapacity(bytes.count + entries.count * dimension)
        for entry in entries { for component in entry.vector { bytes.append(UInt8(bitPattern: component)) } }
        return bytes
    }

    init(account: AccountID, cbor items: [CBOR], vectors: inout ArraySlice<[UInt8]>) throws(LedgerModelFailure) {
        guard let collection = items[2].unsigned.flatMap({ UInt32(exactly: $0) }), let rows = items[3].array,
            !rows.isEmpty, let digest = items[4].bytes.flatMap({ Digest($0) })
        else { throw .invalid("putVectors") }
        guard let attached = vectors.popFirst() else { throw .invalid("putVectors: no vectors are attached") }
        let dimension = attached.prefix(2).reduce(0) { $0 << 8 | Int($1) }
        guard 1...Self.dimensionMax ~= dimension, attached.count == 2 + rows.count * dimension else {
            throw .invalid("putVectors: what is attached is not a vector for each entry")
        }
        guard AttachedVectors.digest(attached) == digest else {
            throw .invalid("putVectors: other vectors are attached than were signed")
        }
        var entries: [Entry] = []
        entries.reserveCapacity(rows.count)
        for (index, row) in rows.enumerated() {
            guard let fields = row.array, fields.count == 3, let subject = VectorSubject(cbor: fields[0...1]),
                let tag = fields[2].unsigned.flatMap({ UInt32(exactly: $0) })
            else { throw .invalid("putVectors: an entry is not [kind, id, tag]") }
            let vector = attached[(2 + index * dimension)...].prefix(dimension).map { Int8(bitPattern: $0) }
            entries.append(Entry(subject: subject, tag: tag, vector: vector))
        }
        self.init(writer: account, collection: collection, entries: entries)
    }
}

/// Takes subjects' vectors out of a collection; their writer may, and the collection's owner.
package struct DeleteVectorsMessage: Hashable, Sendable {
    package var writer: AccountID
    /// The collection's number.
    package var collection: UInt32
    /// At least one; on the wire [kind, id (32 bytes)] each.
    package var subjects: [VectorSubject]

    package init(writer: AccountID, collection: UInt32, subjects: [VectorSubject]) {
        self.writer = writer
        self.collection = collection
        self.subjects = subjects
    }

    var cbor: CBOR {
        .array([
            10, .bytes(writer.bytes), .unsigned(UInt64(collection)),
            .array(subjects.map { .array([.unsigned(UInt64($0.kind)), .bytes($0.id.bytes)]) }),
        ])
    }

    init(account: AccountID, cbor items: [CBOR]) throws(LedgerModelFailure) {
        guard let collection = items[2].unsigned.flatMap({ UInt32(exactly: $0) }), let rows = items[3].array,
            !rows.isEmpty
        else { throw .invalid("deleteVectors") }
        let subjects = rows.compactMap { row in row.array.flatMap { VectorSubject(cbor: $0[...]) } }
        guard subjects.count == rows.count else { throw .invalid("deleteVectors: a subject is not [kind, id]") }
        self.init(writer: account, collection: collection, subjects: subjects)
    }
}

extension VectorSubject {
    fileprivate init?(cbor items: ArraySlice<CBOR>) {
        let items = Array(items)
        guard items.count == 2, let kind = items[0].unsigned.flatMap({ UInt16(exactly: $0) }),
            let id = items[1].bytes.flatMap({ Digest($0) })
        else { return nil }
        self.init(kind: kind, id: id)
    }
}
