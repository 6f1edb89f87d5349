import Codec
package import Cryptography

/// What nodes say to each other of snapshots, in the lane `snapshots`: deterministic CBOR.
///
/// | message | members |
/// |---|---|
/// | ask | [0]: what is offered? |
/// | offers | [1, first height whose block is held (0: none), newest height, offers by rising height] |
/// | wantManifest | [2, content, part] |
/// | wantChunk | [3, content, index] |
/// | manifest | [4, content, part, bytes] |
/// | chunk | [5, content, index, bytes] |
/// | gone | [6, content]: not here, or not any more |
/// | wantHeader | [7, height] |
/// | header | [8, height, protobuf SignedHeader, protobuf ValidatorSet] |
///
/// An offer is [height, content, number of chunks, bytes of the manifest]. A manifest is sent in parts of exactly
/// ``partBytes``, the last one shorter. `content` is 32 bytes: what a snapshot's chunks make, which is the same on every
/// node; manifests differ in which validators' signatures their commits hold.
package enum SnapshotMessage: Hashable, Sendable {
    case ask
    case offers(SnapshotOffers)
    case wantManifest(content: Digest, part: UInt32)
    case wantChunk(content: Digest, index: UInt32)
    case manifest(content: Digest, part: UInt32, bytes: [UInt8])
    case chunk(content: Digest, index: UInt32, bytes: [UInt8])
    case gone(content: Digest)
    case wantHeader(height: UInt64)
    case header(height: UInt64, signed: [UInt8], validators: [UInt8])

    /// Bytes of one part of a manifest.
    package static let partBytes = 1 << 20
    /// The longest message: a chunk of 4 MiB and the row that goes beyond, which is below 4 MiB.
    package static let byteCountMax = 8 << 20
    /// The longest chunk: what the rest of its message leaves.
    package static let chunkBytesMax = byteCountMax - 64

    private static let profile: CBOR.Profile = {
        var profile = CBOR.Profile.deterministic(tags: [])
        profile.byteCountMax = byteCountMax
        return profile
    }()

    package var encoded: [UInt8] {
        let items: [CBOR] =
            switch self {
            case .ask: [0]
            case .offers(let offers): [1, .unsigned(offers.first), .unsigned(offers.newest), offers.list]
            case .wantManifest(let content, let part): [2, .bytes(content.bytes), .unsigned(UInt64(part))]
            case .wantChunk(let content, let index): [3, .bytes(content.bytes), .unsigned(UInt64(index))]
            case .manifest(let content, let part, let bytes):
                [4, .bytes(content.bytes), .unsigned(UInt64(part)), .bytes(bytes)]
            case .chunk(let content, let index, let bytes):
                [5, .bytes(content.bytes), .unsigned(UInt64(index)), .bytes(bytes)]
            case .gone(let content): [6, .bytes(content.bytes)]
            case .wantHeader(let height): [7, .unsigned(height)]
            case .header(let height, let signed, let validators):
                [8, .unsigned(height), .bytes(signed), .bytes(validators)]
            }
        return CBOR.array(items).encoded()
    }

    package init(decoding bytes: [UInt8]) throws(ConsensusFault) {
        guard let message = (try? CBOR.decode(bytes, as: Self.profile).array).flatMap(Self.read) else {
            throw .malformed
        }
        self = message
    }

    private static func read(_ items: [CBOR]) -> SnapshotMessage? {
        switch (items.first?.unsigned, items.count) {
        case (0, 1): .ask
        case (1, 4): SnapshotOffers(first: items[1], newest: items[2], list: items[3]).map { .offers($0) }
        case (2, 3): pair(items).map { .wantManifest(content: $0, part: $1) }
        case (3, 3): pair(items).map { .wantChunk(content: $0, index: $1) }
        case (4, 4):
            items[3].bytes.flatMap { part in
                pair(items).map { .manifest(content: $0, part: $1, bytes: part) }
            }
        case (5, 4):
            items[3].bytes.flatMap { chunk in
                pair(items).map { .chunk(content: $0, index: $1, bytes: chunk) }
            }
        case (6, 2): digest(items[1]).map { .gone(content: $0) }
        case (7, 2): items[1].unsigned.map { .wantHeader(height: $0) }
        case (8, 4): header(items)
        default: nil
        }
    }

    private static func header(_ items: [CBOR]) -> SnapshotMessage? {
        guard let height = items[1].unsigned, let signed = items[2].bytes, let validators = items[3].bytes else {
            return nil
        }
        return .header(height: height, signed: signed, validators: validators)
    }

    private static func pair(_ items: [CBOR]) -> (Digest, UInt32)? {
        guard let content = digest(items[1]), let number = items[2].unsigned.flatMap({ UInt32(exactly: $0) }) else {
            return nil
        }
        return (content, number)
    }

    fileprivate static func digest(_ item: CBOR) -> Digest? { item.bytes.flatMap { Digest($0) } }
}

/// One snapshot that a node serves.
package struct SnapshotOffer: Hashable, Sendable {
    /// The block after which the state is.
    package var height: UInt64
    package var content: Digest
    package var chunkCount: UInt32
    /// Length of this node's manifest in bytes, at least 1.
    package var manifestBytes: UInt32

    package init(height: UInt64, content: Digest, chunkCount: UInt32, manifestBytes: UInt32) {
        self.height = height
        self.content = content
        self.chunkCount = chunkCount
        self.manifestBytes = manifestBytes
    }

    /// Parts in which the manifest is sent.
    package var manifestParts: UInt32 {
        UInt32((Int(manifestBytes) + SnapshotMessage.partBytes - 1) / SnapshotMessage.partBytes)
    }

    /// Bytes of one of these parts.
    package func byteCount(ofPart part: UInt32) -> Int {
        min(SnapshotMessage.partBytes, Int(manifestBytes) - Int(part) * SnapshotMessage.partBytes)
    }

    fileprivate var item: CBOR {
        .array([
            .unsigned(height), .bytes(content.bytes), .unsigned(UInt64(chunkCount)), .unsigned(UInt64(manifestBytes)),
        ])
    }

    fileprivate init?(_ item: CBOR) {
        guard let items = item.array, items.count == 4, let height = items[0].unsigned, height > 0,
            let content = SnapshotMessage.digest(items[1]),
            let chunkCount = items[2].unsigned.flatMap({ UInt32(exactly: $0) }),
            let manifestBytes = items[3].unsigned.flatMap({ UInt32(exactly: $0) }), manifestBytes > 0
        else { return nil }
        self.init(height: height, content: content, chunkCount: chunkCount, manifestBytes: manifestBytes)
    }
}

/// What a node holds that another one can begin from.
package struct SnapshotOffers: Hashable, Sendable {
    /// Offers in one message: more than any node keeps.
    package static let countMax = 8

    /// The lowest height whose block is held, 0 where none is.
    package var first: UInt64
    /// The last decided height.
    package var newest: UInt64
    /// By rising height, each below the newest.
    package var offers: [SnapshotOffer]

    package init(first: UInt64, newest: UInt64, offers: [SnapshotOffer]) {
        self.first = first
        self.newest = newest
        self.offers = offers
    }

    /// Whether a block is held.
    package func holds(_ height: UInt64) -> Bool { first > 0 && first <= height && height <= newest }

    fileprivate var list: CBOR { .array(offers.map(\.item)) }

    fileprivate init?(first: CBOR, newest: CBOR, list: CBOR) {
        guard let first = first.unsigned, let newest = newest.unsigned, first <= newest, newest <= UInt64(Int64.max),
            let items = list.array, items.count <= Self.countMax
        else { return nil }
        let offers = items.compactMap { SnapshotOffer($0) }
        guard offers.count == items.count, offers.allSatisfy({ $0.height < newest }),
            zip(offers, offers.dropFirst()).allSatisfy({ $0.height < $1.height })
        else { return nil }
        self.init(first: first, newest: newest, offers: offers)
    }
}
