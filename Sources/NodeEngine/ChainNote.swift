import Codec
import Consensus
import Cryptography

/// What a checkpoint notes of the chain beside the state: what the next header follows from and no state holds.
///
/// As bytes: 32 bytes results hash, part: schedule, 32 bytes results hash and part: schedule of the block before, from
/// which a snapshot is made. Earlier checkpoints have the first 32 bytes alone.
struct ChainNote {
    struct Entry: Hashable {
        var resultsHash: Digest
        var validators: ValidatorSchedule
    }

    var tip: Entry
    var before: Entry

    init(tip: Entry, before: Entry) {
        self.tip = tip
        self.before = before
    }

    init(_ chain: ChainTip) {
        tip = Entry(resultsHash: chain.resultsHash, validators: chain.validators)
        before = tip
    }

    mutating func advance(to chain: ChainTip) {
        before = tip
        tip = Entry(resultsHash: chain.resultsHash, validators: chain.validators)
    }

    var encoded: [UInt8] { Self.encode(tip) + Self.encode(before) }

    static func encode(_ entry: Entry) -> [UInt8] {
        var writer = ByteWriter()
        writer.raw(entry.resultsHash.bytes)
        writer.part(entry.validators.encoded)
        return writer.bytes
    }

    init?(decoding bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let tip = Self.entry(&reader), let before = Self.entry(&reader), reader.remaining == 0 else { return nil }
        self.tip = tip
        self.before = before
    }

    /// One entry alone, as a snapshot notes it.
    static func decode(entry bytes: [UInt8]) -> Entry? {
        var reader = ByteReader(bytes)
        guard let entry = entry(&reader), reader.remaining == 0 else { return nil }
        return entry
    }

    private static func entry(_ reader: inout ByteReader) -> Entry? {
        guard let hash = (try? reader.bytes(32)).flatMap({ Digest($0) }), let part = try? reader.part(),
            let validators = try? ValidatorSchedule(decoding: part)
        else { return nil }
        return Entry(resultsHash: hash, validators: validators)
    }
}
