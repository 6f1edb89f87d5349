internal import Cryptography

/// What a collection's root is: SHA-256 all the way, each node with a first byte of its own.
///
/// | node | hash of |
/// |---|---|
/// | record | 0x00, id (u64), record (see `VectorEntry`) |
/// | pair | 0x01, left, right: the records of a chunk, 16 leaves, absent ones zero |
/// | labels | 0x02, for each of the 16 entries tag (u32) and owner number (u32), absent ones zero |
/// | rest | 0x03, labels, root of the records |
/// | chunk | 0x04, hash of the codes (0x05, codes), rest |
/// | list | 0x06, the chunks' hashes in order |
/// | child | 0x07, list id (u32), count (u32), centroid, list |
/// | super | 0x08, the children's hashes by rising list id |
/// | branch | 0x09, super id (u32), centroid, super |
/// | root | `VectorDomain.root`, parameters, count (u32), the branches' hashes by rising super id |
///
/// A proof carries all codes of a probed list, all centroids of a probed super and all super-centroids, so lists and supers
/// need no trees; records of a chunk are a tree, because a proof carries few of them.
enum Commitment {
    static func record(_ entry: VectorEntry) -> Digest {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(9 + VectorEntry.headBytes + entry.vector.count)
        bytes.append(0)
        append(entry.id, to: &bytes)
        entry.append(to: &bytes)
        return SHA256.hash(bytes)
    }

    static func pair(_ left: Digest, _ right: Digest) -> Digest { SHA256.hash(prefix: 1, left, right) }

    /// Root of up to 16 record leaves.
    static func records(_ leaves: ArraySlice<Digest>) -> Digest {
        var level = Array(leaves) + repeatElement(Digest.zero, count: IndexRules.chunk - leaves.count)
        while level.count > 1 {
            for index in 0..<level.count / 2 { level[index] = pair(level[2 * index], level[2 * index + 1]) }
            level.removeLast(level.count / 2)
        }
        return level[0]
    }

    static func labels(_ labels: ArraySlice<EntryLabel>) -> Digest { SHA256.hash([2] + encoded(labels)) }

    static func encoded(_ labels: ArraySlice<EntryLabel>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 * IndexRules.chunk)
        for label in labels {
            append(label.tag, to: &bytes)
            append(label.owner, to: &bytes)
        }
        bytes.append(contentsOf: repeatElement(0, count: 8 * (IndexRules.chunk - labels.count)))
        return bytes
    }

    static func rest(labels: Digest, records: Digest) -> Digest { SHA256.hash(prefix: 3, labels, records) }

    static func codes(_ codes: ArraySlice<UInt8>) -> Digest {
        var hash = SHA256()
        hash.update(5 as UInt8)
        hash.update(codes)
        return hash.finalize()
    }

    static func chunk(codes: Digest, rest: Digest) -> Digest { SHA256.hash(prefix: 4, codes, rest) }

    static func list(_ chunks: some Sequence<Digest>) -> Digest { all(6, chunks) }

    static func child(id: UInt32, count: Int, centroid: [UInt8], list: Digest) -> Digest {
        var bytes: [UInt8] = [7]
        append(id, to: &bytes)
        append(UInt32(count), to: &bytes)
        var hash = SHA256()
        hash.update(bytes)
        hash.update(centroid)
        hash.update(list)
        return hash.finalize()
    }

    static func superNode(_ children: [Digest]) -> Digest { all(8, children) }

    static func branch(id: UInt32, centroid: [UInt8], children: Digest) -> Digest {
        var bytes: [UInt8] = [9]
        append(id, to: &bytes)
        var hash = SHA256()
        hash.update(bytes)
        hash.update(centroid)
        hash.update(children)
        return hash.finalize()
    }

    static func root(_ parameters: CollectionParameters, count: UInt32, branches: [Digest]) -> Digest {
        var bytes = Array(VectorDomain.root.utf8) + parameters.encoded()
        append(count, to: &bytes)
        var hash = SHA256()
        hash.update(bytes)
        for branch in branches { hash.update(branch) }
        return hash.finalize()
    }

    private static func all(_ prefix: UInt8, _ nodes: some Sequence<Digest>) -> Digest {
        var hash = SHA256()
        hash.update(prefix)
        for node in nodes { hash.update(node) }
        return hash.finalize()
    }

    static func append(_ value: some FixedWidthInteger & UnsignedInteger, to bytes: inout [UInt8]) {
        for index in (0..<value.bitWidth / 8).reversed() {
            bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index)))
        }
    }
}
