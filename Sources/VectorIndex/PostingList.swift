internal import Cryptography

/// The entries of one list, in the order that the operations left them: appended at the end, and the last one moved into
/// the gap that a removal leaves.
///
/// Copies share what neither changes. A block copies all lists of each super that it touches, so a list has few references.
struct PostingList: Sendable {
    let id: UInt32
    /// Chunks that changed since the last commit, a bit each.
    private(set) var changedChunks: UInt32 = 0
    /// Chunks whose codes alone changed.
    private var changedCodes: UInt32 = 0
    /// Chunks that the state holds.
    private(set) var storedChunks: UInt32 = 0
    private var entries: EntryColumns
    /// Chunks of codes, one after another.
    private(set) var codes: [UInt8] = [] { didSet { codesAddress = Kernels.address(of: codes) } }
    /// Where the codes lie: reading the array itself, if only to ask where it is, waits for its head.
    private(set) var codesAddress: UInt = 0
    private var hashes: [ChunkHashes] = []
    /// Root of the chunks as of the last commit.
    private(set) var root = Commitment.list([])

    /// Hashes of a chunk as of the last commit.
    private struct ChunkHashes {
        var chunk = Digest.zero
        /// Of the labels and records.
        var rest = Digest.zero
    }

    init(id: UInt32, dimension: Int) {
        self.id = id
        entries = EntryColumns(dimension: dimension)
    }

    var count: Int { entries.count }
    var chunkCount: Int { IndexRules.chunks(count) }

    var ids: Column<UInt64> { entries.ids }
    var subjects: Column<Subject> { entries.subjects }
    var labels: Column<EntryLabel> { entries.labels }
    /// One vector after another.
    var vectors: Column<Int8> { entries.vectors }
    /// Hashes of the records.
    var leaves: Column<Digest> { entries.leaves }

    var vectorsAddress: UInt { entries.vectorsAddress }
    /// Where the columns stand that a commit reads.
    var addresses: (ids: UInt, labels: UInt, leaves: UInt) { entries.addresses }

    func vector(_ place: Int, dimension: Int) -> [Int8] {
        Array(vectors.elements(place * dimension..<(place + 1) * dimension))
    }

    /// Where an id stands.
    func place(of id: UInt64) -> Int? {
        let ids = ids
        return (0..<ids.count).first { ids[$0] == id }
    }

    func entry(_ place: Int, dimension: Int) -> VectorEntry {
        VectorEntry(
            id: ids[place], subject: subjects[place], label: labels[place], vector: vector(place, dimension: dimension))
    }

    mutating func append(_ entry: VectorEntry, leaf: Digest, code: EntryCode, chunkBytes: Int) {
        let place = count
        if place % IndexRules.chunk == 0 {
            // Room for one more chunk and not, as an array would take, for twice as many.
            codes.reserveCapacity((chunkCount + 1) * chunkBytes)
            codes.append(contentsOf: repeatElement(0, count: chunkBytes))
        }
        entries.append(entry, leaf: leaf)
        code.write(to: &codes, place: place, chunkBytes: chunkBytes)
        changedChunks |= 1 << UInt32(place / IndexRules.chunk)
    }

    /// Removes the entry at a place; the last one takes it.
    mutating func remove(_ place: Int, chunkBytes: Int) {
        let last = count - 1
        moveCode(from: last, to: place, chunkBytes: chunkBytes)
        entries.removeBySwap(place)
        codes.removeLast(codes.count - chunkCount * chunkBytes)
        changedChunks |= 1 << UInt32(place / IndexRules.chunk) | 1 << UInt32(last / IndexRules.chunk)
    }

    /// The last code takes another's place and leaves zeros.
    private mutating func moveCode(from last: Int, to place: Int, chunkBytes: Int) {
        let planes = chunkBytes / IndexRules.chunk - 6
        func offset(_ entry: Int, _ start: Int, _ width: Int) -> Int {
            entry / IndexRules.chunk * chunkBytes + start + entry % IndexRules.chunk * width
        }
        for plane in 0..<planes {
            let from = offset(last, plane * IndexRules.chunk, 1)
            let byte = codes[from]
            codes[from] = 0
            if place != last { codes[offset(place, plane * IndexRules.chunk, 1)] = byte }
        }
        for (start, width) in [(planes * IndexRules.chunk, 2), ((planes + 2) * IndexRules.chunk, 4)] {
            let from = offset(last, start, width)
            let to = offset(place, start, width)
            for byte in 0..<width {
                let value = codes[from + byte]
                codes[from + byte] = 0
                if place != last { codes[to + byte] = value }
            }
        }
    }

    /// Makes all codes anew.
    mutating func encode(around centroid: [Int8], _ parameters: CollectionParameters, _ kernels: Kernels) {
        var code = EntryCode(planeCount: parameters.planeCount)
        let vectors = vectors
        for place in 0..<count {
            code.encode(row: place, of: vectors.span, centroid: centroid, parameters: parameters, kernels: kernels)
            code.write(to: &codes, place: place, chunkBytes: parameters.codeChunkBytes)
        }
        changedCodes = (1 << UInt32(chunkCount)) - 1
    }

    /// Takes all entries out.
    mutating func removeAll() {
        changedChunks = chunkCount == 0 ? changedChunks : changedChunks | ((1 << UInt32(chunkCount)) - 1)
        entries.removeAll()
        codes = []
    }

    // MARK: Commitment

    /// Hash of a chunk's labels and records as of the last commit.
    func rest(_ chunk: Int) -> Digest { hashes[chunk].rest }

    private func hash(ofRestOf chunk: Int) -> Digest {
        let places = chunk * IndexRules.chunk..<min(count, (chunk + 1) * IndexRules.chunk)
        return Commitment.rest(
            labels: Commitment.labels(labels.elements(places)), records: Commitment.records(leaves.elements(places)))
    }

    /// Brings hashes up to date; what changed is the state's from here on.
    mutating func commit(chunkBytes: Int) {
        let count = chunkCount
        let kept = min(count, hashes.count)
        hashes.replaceSubrange(kept..., with: repeatElement(ChunkHashes(), count: count - kept))
        for chunk in 0..<count {
            let isChanged = chunk >= kept || changedChunks >> UInt32(chunk) & 1 == 1
            guard isChanged || changedCodes >> UInt32(chunk) & 1 == 1 else { continue }
            if isChanged { hashes[chunk].rest = hash(ofRestOf: chunk) }
            let codes = Commitment.codes(codes[chunk * chunkBytes..<(chunk + 1) * chunkBytes])
            hashes[chunk].chunk = Commitment.chunk(codes: codes, rest: hashes[chunk].rest)
        }
        changedChunks = 0
        changedCodes = 0
        storedChunks = UInt32(count)
        root = Commitment.list(hashes.lazy.map(\.chunk))
    }
}
