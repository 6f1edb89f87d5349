import Codec
package import Cryptography

/// What a vector is of: a kind, and an id of 32 bytes (longer names are hashed by whoever gives them).
package struct Subject: Hashable, Sendable {
    package var kind: UInt16
    package var id: Digest

    package init(kind: UInt16, id: Digest) {
        self.kind = kind
        self.id = id
    }
}

/// What a filter looks at.
package struct EntryLabel: Hashable, Sendable {
    package var tag: UInt32
    /// The owner's number in this collection.
    package var owner: UInt32

    package init(tag: UInt32, owner: UInt32) {
        self.tag = tag
        self.owner = owner
    }
}

/// One vector with all that the index holds of it.
package struct VectorEntry: Hashable, Sendable {
    package var id: UInt64
    package var subject: Subject
    package var label: EntryLabel
    package var vector: [Int8]

    /// Bytes of a record beside its vector.
    static let headBytes = 42

    /// The value under `r`: subject, label, vector.
    func record() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.headBytes + vector.count)
        append(to: &bytes)
        return bytes
    }

    func append(to bytes: inout [UInt8]) {
        bytes.append(UInt8(truncatingIfNeeded: subject.kind >> 8))
        bytes.append(UInt8(truncatingIfNeeded: subject.kind))
        bytes.append(contentsOf: subject.id.bytes)
        Commitment.append(label.tag, to: &bytes)
        Commitment.append(label.owner, to: &bytes)
        // The same bytes under another sign.
        unsafe vector.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }

    /// Nil for bytes that are no record of a vector of that dimension.
    init?(id: UInt64, record: [UInt8], dimension: Int) {
        var reader = ByteReader(record)
        guard record.count == Self.headBytes + dimension, let kind = try? reader.uint16(),
            let subject = (try? reader.bytes(32)).flatMap({ Digest($0) }), let tag = try? reader.uint32(),
            let owner = try? reader.uint32()
        else { return nil }
        let vector = record[Self.headBytes...].map { Int8(bitPattern: $0) }
        guard !vector.contains(-128) else { return nil }
        self.init(
            id: id, subject: Subject(kind: kind, id: subject), label: EntryLabel(tag: tag, owner: owner), vector: vector
        )
    }

    package init(id: UInt64, subject: Subject, label: EntryLabel, vector: [Int8]) {
        self.id = id
        self.subject = subject
        self.label = label
        self.vector = vector
    }
}
