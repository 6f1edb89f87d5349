import Cryptography
import TestSupport

@testable import VectorIndex

/// State entries of a store, as a runtime would hold them.
struct Entries: VectorStateReader {
    var rows: [[UInt8]: [UInt8]] = [:]

    func value(_ key: [UInt8]) -> [UInt8]? { rows[key] }

    mutating func take(_ changes: [VectorChange]) {
        for change in changes { rows[change.key] = change.value }
    }

    var list: [(key: [UInt8], value: [UInt8])] { rows.map { (key: $0.key, value: $0.value) } }
}

/// A collection with its store, and a plain list of what it holds.
struct Ledger {
    static let owner = SHA256.hash([0xaa])
    static let other = SHA256.hash([0xbb])

    var collection: VectorCollection
    var state = Entries()
    /// Subject: id, vector, tag, owner.
    var plain: [Subject: (id: UInt64, vector: [Int8], tag: UInt32, owner: Digest)] = [:]
    var cost = VectorCost()

    init(metric: Metric = .squaredL2, dimension: Int, scale: Int = 7, kernels: Kernels = .best) throws {
        let parameters = try CollectionParameters(
            metric: metric, dimension: dimension, scale: scale, owner: Self.owner, policy: .anyone)
        collection = VectorCollection(parameters, number: 7, kernels: kernels)
        commit()
    }

    static func subject(_ number: Int) -> Subject {
        Subject(kind: UInt16(number % 3), id: SHA256.hash(Array("\(number)".utf8)))
    }

    mutating func insert(_ subject: Subject, _ vector: [Int8], tag: UInt32 = 0, owner: Digest = owner) throws {
        let id = try collection.insert(
            vector, subject: subject, tag: tag, owner: owner, state: state, cost: &cost)
        plain[subject] = (id, try collection.parameters.admit(vector), tag, owner)
    }

    mutating func delete(_ subject: Subject) throws {
        try collection.delete(subject, by: Self.owner, state: state, cost: &cost)
        plain[subject] = nil
    }

    mutating func commit(settling budget: Int = 0) {
        _ = collection.settle(budget: budget, cost: &cost)
        state.take(collection.commit())
    }

    /// What a plain comparison of all vectors answers.
    func nearest(_ query: SearchQuery) throws -> [UInt64] {
        let vector = try collection.parameters.admit(query.vector)
        let isSquared = collection.parameters.metric == .squaredL2
        let found = plain.values.filter {
            (query.tag == nil || query.tag == $0.tag) && (query.owner == nil || query.owner == $0.owner)
        }.map { one -> (Int, UInt64) in
            let distance = zip(one.vector, vector).reduce(0) { sum, pair in
                let (left, right) = (Int(pair.0), Int(pair.1))
                return sum + (isSquared ? (left - right) * (left - right) : -left * right)
            }
            return (distance, one.id)
        }
        return found.filter { $0.0 <= Int(query.distanceMax ?? .max) }.sorted { $0 < $1 }.prefix(query.limit).map(\.1)
    }

    func answer(_ query: SearchQuery) throws -> [UInt64] {
        var cost = VectorCost()
        return try collection.search(query, state: state, cost: &cost).map(\.id)
    }
}

extension SeededGenerator {
    mutating func vector(_ dimension: Int, around centre: [Int8]? = nil, spread: Int8 = 127) -> [Int8] {
        (0..<dimension).map { index in
            let value = Int(centre?[index] ?? 0) + Int(Int8.random(in: -spread...spread, using: &self))
            return Int8(max(-127, min(127, value)))
        }
    }
}

extension Ledger {
    /// A ledger after random inserts, replacements and removals in blocks, vectors around a few centres.
    static func random(
        _ seed: UInt64, metric: Metric, dimension: Int, blocks: Int, kernels: Kernels = .best
    ) throws -> Ledger {
        var random = SeededGenerator(seed: seed)
        var ledger = try Ledger(
            metric: metric, dimension: dimension, scale: metric == .cosine ? 8 : 7, kernels: kernels)
        let centres = (0..<12).map { _ in random.vector(dimension, spread: 90) }
        for block in 0..<blocks {
            for _ in 0..<Int.random(in: 1...60, using: &random) {
                let subject = subject(Int.random(in: 0..<1_500, using: &random))
                let centre = centres[Int.random(in: 0..<12, using: &random)]
                let vector = random.vector(dimension, around: centre, spread: 30)
                // Too short or too long for cosine.
                guard (try? ledger.collection.parameters.admit(vector)) != nil else { continue }
                let isKnown = ledger.plain[subject] != nil
                if isKnown, Bool.random(using: &random) || block % 20 > 14 {
                    try ledger.delete(subject)
                } else if isKnown {
                    ledger.plain[subject]?.id = try ledger.collection.replace(
                        subject, by: vector, owner: owner, state: ledger.state, cost: &ledger.cost)
                    ledger.plain[subject]?.vector = try ledger.collection.parameters.admit(vector)
                    ledger.plain[subject]?.tag = 0
                    ledger.plain[subject]?.owner = owner
                } else if block % 20 <= 14 {
                    try ledger.insert(
                        subject, vector, tag: UInt32.random(in: 0..<4, using: &random),
                        owner: Bool.random(using: &random) ? owner : other)
                }
            }
            ledger.commit(settling: Int.random(in: 0...4, using: &random))
        }
        return ledger
    }

    /// What must hold after every operation.
    func failedInvariant() -> String? {
        var ids: Set<UInt64> = []
        for (node, superNode) in collection.supers.enumerated() {
            guard superNode.id == collection.superCentroids.ids[node], !superNode.lists.isEmpty else {
                return "super \(superNode.id) is not in its place or empty"
            }
            for (index, list) in superNode.lists.enumerated() {
                guard list.id == superNode.centroids.ids[index], list.count <= IndexRules.listMax,
                    collection.superOfList[Int(list.id)] == superNode.id
                else { return "list \(list.id) is not in its place or too long" }
                guard codes(of: list, superNode.centroids.row(index)) == list.codes else {
                    return "codes of list \(list.id) are not those of its vectors"
                }
                for id in list.ids.elements() where !ids.insert(id).inserted || collection.listOfID[Int(id)] != list.id
                {
                    return "entry \(id) is not in its place"
                }
            }
        }
        return ids == Set(plain.values.map(\.id)) && ids.count == collection.count ? nil : "other entries than inserted"
    }

    private func codes(of list: PostingList, _ centroid: [Int8]) -> [UInt8] {
        let parameters = collection.parameters
        var codes = [UInt8](repeating: 0, count: list.chunkCount * parameters.codeChunkBytes)
        for place in 0..<list.count {
            EntryCode(
                list.vector(place, dimension: parameters.dimension), centroid: centroid, parameters: parameters,
                kernels: collection.kernels
            ).write(to: &codes, place: place, chunkBytes: parameters.codeChunkBytes)
        }
        return codes
    }
}
