internal import Cryptography

/// The part of a proof that the root commits to.
///
/// | field | bytes |
/// |---|---|
/// | parameters | 55 |
/// | count of vectors | 4 |
/// | count of supers | 4 |
/// | for each super, by rising id | id 4, centroid, flag 1; 0: hash of the super 32; 1: count of lists 2, its lists |
/// | for each list, by rising id | id 4, count 2, centroid, flag 1; 0: hash of the list 32; 1: its chunks |
/// | for each chunk of an approximate search | codes of the entries there are, flag 1: see below |
/// | for each chunk of an exact search | hash of the codes 32, its records |
///
/// The flag of a chunk: bit 0 set, labels (128) stand where else their hash does; bit 1 set, records stand where else their
/// root (32) does; neither set, the hash of both (32). Labels stand exactly where the query filters, records where a
/// finalist is. Records: which (u16, bit i for place i), for each id 8 and record, then the hashes beside the paths, level
/// by level from the leaves, from left to right.
enum ProofBody {
    static func encode(_ search: Search, isExact: Bool, isFiltered: Bool, _ collection: VectorCollection) -> [UInt8] {
        var bytes = collection.parameters.encoded()
        bytes.reserveCapacity(256 << 10)
        Commitment.append(collection.head.count, to: &bytes)
        Commitment.append(UInt32(collection.supers.count), to: &bytes)
        var places: [ListPlace: [Int]] = [:]
        for list in search.lists { places[list] = [] }
        for finalist in search.finalists { places[finalist.list]?.append(finalist.place) }
        let opened = Set(search.supers)
        for (node, superNode) in collection.supers.enumerated() {
            Commitment.append(superNode.id, to: &bytes)
            bytes += collection.superCentroids.encoded(node)
            guard opened.contains(node) else {
                bytes.append(0)
                bytes += superNode.root.bytes
                continue
            }
            bytes.append(1)
            Commitment.append(UInt16(superNode.lists.count), to: &bytes)
            for (index, list) in superNode.lists.enumerated() {
                Commitment.append(list.id, to: &bytes)
                Commitment.append(UInt16(list.count), to: &bytes)
                bytes += superNode.centroids.encoded(index)
                if let finalists = places[ListPlace(node: node, list: index)] {
                    bytes.append(1)
                    append(list, finalists, isExact, isFiltered, collection.parameters, to: &bytes)
                } else {
                    bytes.append(0)
                    bytes += list.root.bytes
                }
            }
        }
        return bytes
    }

    private static func append(
        _ list: PostingList, _ finalists: [Int], _ isExact: Bool, _ isFiltered: Bool,
        _ parameters: CollectionParameters, to bytes: inout [UInt8]
    ) {
        var masks = [UInt16](repeating: 0, count: list.chunkCount)
        for place in finalists { masks[place / IndexRules.chunk] |= 1 << UInt16(place % IndexRules.chunk) }
        let width = parameters.codeChunkBytes
        for (chunk, mask) in masks.enumerated() {
            let codes = list.codes[chunk * width..<(chunk + 1) * width]
            if isExact {
                bytes += Commitment.codes(codes).bytes
                append(list, chunk, mask, parameters.dimension, to: &bytes)
                continue
            }
            append(codes, count: places(chunk, list.count).count, to: &bytes)
            bytes.append((isFiltered ? 1 : 0) | (mask != 0 ? 2 : 0))
            guard isFiltered || mask != 0 else {
                bytes += list.rest(chunk).bytes
                continue
            }
            let labels = list.labels.elements(places(chunk, list.count))
            bytes += isFiltered ? Commitment.encoded(labels) : Commitment.labels(labels).bytes
            if mask != 0 {
                append(list, chunk, mask, parameters.dimension, to: &bytes)
            } else {
                bytes += Commitment.records(list.leaves.elements(places(chunk, list.count))).bytes
            }
        }
    }

    /// What entries take of a chunk of codes: the first `count` of each plane's bytes, of the factors and of the bases.
    private static func append(_ codes: ArraySlice<UInt8>, count: Int, to bytes: inout [UInt8]) {
        guard count < IndexRules.chunk else {
            bytes += codes
            return
        }
        var start = codes.startIndex
        for width in widths(codes.count) {
            bytes += codes[start..<start + width * count]
            start += width * IndexRules.chunk
        }
    }

    /// The same with zeros for what no entry takes.
    static func filled(_ bytes: [UInt8], count: Int, chunkBytes: Int) -> [UInt8] {
        guard count < IndexRules.chunk else { return bytes }
        var codes: [UInt8] = []
        codes.reserveCapacity(chunkBytes)
        var start = 0
        for width in widths(chunkBytes) {
            codes += bytes[start..<start + width * count]
            codes += repeatElement(0, count: width * (IndexRules.chunk - count))
            start += width * count
        }
        return codes
    }

    /// Bytes an entry in each part of a chunk of codes.
    private static func widths(_ chunkBytes: Int) -> [Int] {
        [Int](repeating: 1, count: chunkBytes / IndexRules.chunk - 6) + [2, 4]
    }

    static func places(_ chunk: Int, _ count: Int) -> Range<Int> {
        chunk * IndexRules.chunk..<min(count, (chunk + 1) * IndexRules.chunk)
    }

    /// Records and what hashes with them to their root.
    private static func append(
        _ list: PostingList, _ chunk: Int, _ mask: UInt16, _ dimension: Int, to bytes: inout [UInt8]
    ) {
        Commitment.append(mask, to: &bytes)
        let places = places(chunk, list.count)
        for place in places where mask >> UInt16(place - places.lowerBound) & 1 == 1 {
            Commitment.append(list.ids[place], to: &bytes)
            list.entry(place, dimension: dimension).append(to: &bytes)
        }
        var level = Array(list.leaves.elements(places)) + repeatElement(.zero, count: IndexRules.chunk - places.count)
        var known = (0..<IndexRules.chunk).map { $0 >= places.count || mask >> UInt16($0) & 1 == 1 }
        while level.count > 1 {
            for index in level.indices where !known[index] && known[index ^ 1] { bytes += level[index].bytes }
            known = (0..<level.count / 2).map { known[2 * $0] || known[2 * $0 + 1] }
            level = (0..<level.count / 2).map { Commitment.pair(level[2 * $0], level[2 * $0 + 1]) }
        }
    }
}
