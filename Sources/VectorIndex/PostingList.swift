internal import Cryptography

/// The entries of one list, in the order that the operations left them: appended at the end, and the last one moved into
/// the gap that a removal leaves.
///
/// Copies share what neither changes.
struct PostingList: Sendable {
    let id: UInt32
    /// Entries: as many as ids, here because a search asks every list that it reads.
    private(set) var count = 0
    /// Where these arrays lie: reading an array itself, if only to ask where it is, waits for its head.
    private(set) var idsAddress: UInt = 0
    private(set) var vectorsAddress: UInt = 0
    private(set) var codesAddress: UInt = 0
    private(set) var ids: [UInt64] = [] { didSet { idsAddress = Kernels.address(of: ids) } }
    private(set) var subjects: [Subject] = []
    private(set) var labels: [EntryLabel] = []
    /// One vector after another.
    private(set) var vectors: [Int8] = [] { didSet { vectorsAddress = Kernels.address(of: vectors) } }
    /// Chunks of codes, one after another.
    private(set) var codes: [UInt8] = [] { didSet { codesAddress = Kernels.address(of: codes) } }
    /// Hashes of the records.
    private(set) var leaves: [Digest] = []
    private var chunkHashes: [Digest] = []
    private var restHashes: [Digest] = []
    /// Chunks that changed since the last commit, a bit each.
    private(set) var changedChunks: UInt32 = 0
    /// Chunks whose codes alone changed.
    private var changedCodes: UInt32 = 0
    /// Chunks that the state holds.
    private(set) var storedChunks = 0
    /// Root of the chunks as of the last commit.
    private(set) var root = Commitment.list([])

    init(id: UInt32) { self.id = id }

    var chunkCount: Int { (count + IndexRules.chunk - 1) / IndexRules.chunk }

    func vector(_ place: Int, dimension: Int) -> [Int8] { Array(vectors[place * dimension..<(place + 1) * dimension]) }

    func entry(_ place: Int, dimension: Int) -> VectorEntry {
        VectorEntry(
            id: ids[place], subject: subjects[place], label: labels[place], vector: vector(place, dimension: dimension))
    }

    mutating func append(_ entry: VectorEntry, leaf: Digest, code: EntryCode, chunkBytes: Int) {
        let place = count
        if place % IndexRules.chunk == 0 { grow(chunkBytes: chunkBytes, dimension: entry.vector.count) }
        count += 1
        ids.append(entry.id)
        subjects.append(entry.subject)
        labels.append(entry.label)
        vectors.append(contentsOf: entry.vector)
        leaves.append(leaf)
        code.write(to: &codes, place: place, chunkBytes: chunkBytes)
        changedChunks |= 1 << UInt32(place / IndexRules.chunk)
    }

    /// Room for one more chunk and not, as an array would take, for twice as many.
    private mutating func grow(chunkBytes: Int, dimension: Int) {
        let places = count + IndexRules.chunk
        ids.reserveCapacity(places)
        subjects.reserveCapacity(places)
        labels.reserveCapacity(places)
        leaves.reserveCapacity(places)
        vectors.reserveCapacity(places * dimension)
        codes.reserveCapacity((chunkCount + 1) * chunkBytes)
        codes.append(contentsOf: repeatElement(0, count: chunkBytes))
    }

    /// Removes the entry at a place; the last one takes it.
    mutating func remove(_ place: Int, dimension: Int, chunkBytes: Int) {
        let last = count - 1
        ids.swapAt(place, last)
        subjects.swapAt(place, last)
        labels.swapAt(place, last)
        leaves.swapAt(place, last)
        if place != last {
            vectors.replaceSubrange(
                place * dimension..<(place + 1) * dimension, with: vectors[last * dimension..<(last + 1) * dimension])
        }
        moveCode(from: last, to: place, chunkBytes: chunkBytes)
        count = last
        ids.removeLast()
        subjects.removeLast()
        labels.removeLast()
        leaves.removeLast()
        vectors.removeLast(dimension)
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
        for place in 0..<count {
            code.encode(row: place, of: vectors, centroid: centroid, parameters: parameters, kernels: kernels)
            code.write(to: &codes, place: place, chunkBytes: parameters.codeChunkBytes)
        }
        changedCodes = (1 << UInt32(chunkCount)) - 1
    }

    /// Takes all entries out.
    mutating func removeAll() {
        changedChunks = chunkCount == 0 ? changedChunks : changedChunks | ((1 << UInt32(chunkCount)) - 1)
        count = 0
        ids = []
        subjects = []
        labels = []
        vectors = []
        codes = []
        leaves = []
    }

    // MARK: Commitment

    /// Hash of a chunk's labels and records as of the last commit.
    func rest(_ chunk: Int) -> Digest { restHashes[chunk] }

    private func hash(ofRestOf chunk: Int) -> Digest {
        let places = chunk * IndexRules.chunk..<min(count, (chunk + 1) * IndexRules.chunk)
        return Commitment.rest(labels: Commitment.labels(labels[places]), records: Commitment.records(leaves[places]))
    }

    /// Brings hashes up to date; what changed is the state's from here on.
    mutating func commit(chunkBytes: Int) {
        let count = chunkCount
        let kept = min(count, chunkHashes.count)
        chunkHashes.replaceSubrange(kept..., with: repeatElement(.zero, count: count - kept))
        restHashes.replaceSubrange(kept..., with: repeatElement(.zero, count: count - kept))
        for chunk in 0..<count {
            let isChanged = chunk >= kept || changedChunks >> UInt32(chunk) & 1 == 1
            guard isChanged || changedCodes >> UInt32(chunk) & 1 == 1 else { continue }
            if isChanged { restHashes[chunk] = hash(ofRestOf: chunk) }
            let codes = Commitment.codes(codes[chunk * chunkBytes..<(chunk + 1) * chunkBytes])
            chunkHashes[chunk] = Commitment.chunk(codes: codes, rest: restHashes[chunk])
        }
        root = Commitment.list(chunkHashes)
        changedChunks = 0
        changedCodes = 0
        storedChunks = count
    }
}
