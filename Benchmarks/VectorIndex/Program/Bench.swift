import Cryptography
import Glibc
import Proofs
import StateTree
import VectorIndex

/// One collection, its store, and the vectors that it is measured with.
struct Bench {
    let base: [[Int8]]
    let queries: [[Int8]]
    let truth: [UInt32]
    let dimension: Int
    var collection: VectorCollection
    var store = Store()
    /// Row of each id, and whether it is in.
    var rowOfID: [Int] = [0]
    let owner = SHA256.hash([1])

    init(base: [[Int8]], queries: [[Int8]], truth: [UInt32], dimension: Int) throws {
        self.base = base
        self.queries = queries
        self.truth = truth
        self.dimension = dimension
        let parameters = try CollectionParameters(metric: .dot, dimension: dimension, scale: 7, owner: owner)
        collection = VectorCollection(parameters, number: 1)
    }

    mutating func perform(_ name: String, _ numbers: [Int]) throws {
        switch (name, numbers.count) {
        case ("insert", 3): try insert(numbers[0]..<numbers[0] + numbers[1], block: numbers[2])
        case ("delete", 3): try delete(numbers[0]..<numbers[0] + numbers[1], block: numbers[2])
        case ("search", 4): try search(numbers[0], numbers[1], numbers[2], rounds: numbers[3])
        case ("prove", 3): try prove(numbers[0], numbers[1], numbers[2])
        case ("churn", 0): try churn()
        case ("exact", 0): try exact()
        case ("reload", 0): try reload()
        case ("shape", 0): shape()
        default: throw BenchFailure.command(name)
        }
    }

    func subject(_ row: Int) -> Subject {
        var bytes = [UInt8](repeating: 0, count: 32)
        for index in 0..<8 { bytes[index] = UInt8(truncatingIfNeeded: row >> (8 * index)) }
        return Subject(kind: 1, id: Digest(bytes)!)
    }

    private mutating func blocks(
        _ rows: Range<Int>, _ block: Int, _ name: String, _ body: (inout Bench, Int) throws -> Void
    )
        throws
    {
        let began = (Clock.now(), Clock.cpu())
        var bytes = 0
        var entries = 0
        var slowest = 0.0
        for start in stride(from: rows.lowerBound, to: rows.upperBound, by: block) {
            let blockBegan = Clock.now()
            // What readers hold while the block is made.
            let before = collection
            for row in start..<min(start + block, rows.upperBound) { try body(&self, row) }
            var cost = VectorCost()
            _ = collection.settle(budget: block / 4 + 1, cost: &cost)
            let changes = collection.commit()
            entries += changes.count
            bytes += store.take(changes)
            slowest = max(slowest, Clock.now() - blockBegan)
            withExtendedLifetime(before) {}
        }
        let wall = Clock.now() - began.0
        let cpu = Clock.cpu() - began.1
        print(
            "vector.\(name) count=\(collection.count) block=\(block): \(Int(Double(rows.count) / wall))/s wall, "
                + "\(Int(Double(rows.count) / cpu))/s CPU, \(bytes / rows.count) state bytes and "
                + "\(Double(entries * 10 / rows.count) / 10) entries each, slowest block \(Int(slowest * 1e6)) us")
    }

    /// Half of the rows go and come again, in blocks; recall of one setting before and after.
    private mutating func churn() throws {
        let before = try recall()
        for start in stride(from: 0, to: base.count, by: 1_000) {
            let rows = (start..<min(start + 1_000, base.count)).filter { $0 * 2_654_435_761 >> 7 & 1 == 1 }
            var cost = VectorCost()
            for row in rows { try collection.delete(subject(row), by: owner, state: store, cost: &cost) }
            _ = collection.settle(budget: 250, cost: &cost)
            _ = store.take(collection.commit())
            for row in rows {
                _ = try collection.insert(base[row], subject: subject(row), owner: owner, state: store, cost: &cost)
                rowOfID.append(row)
            }
            _ = collection.settle(budget: 250, cost: &cost)
            _ = store.take(collection.commit())
        }
        print("vector.churn count=\(collection.count): recall \(before) before, \(try recall()) after half came anew")
    }

    private func recall() throws -> Double {
        let probes = SearchQuery.Probes(supers: 32, lists: base.count > 50_000 ? 4 : 80, finalists: 50)
        var cost = VectorCost()
        var hits = 0
        for (index, vector) in queries.enumerated() {
            let answer = try collection.search(
                SearchQuery(vector, mode: .approximate(probes)), state: store, cost: &cost)
            let wanted = Set(truth[index * 10..<index * 10 + 10].map(Int.init))
            hits += answer.count { wanted.contains(rowOfID[Int($0.id)]) }
        }
        return Double(hits) / Double(10 * queries.count)
    }

    private mutating func insert(_ rows: Range<Int>, block: Int) throws {
        try blocks(rows, block, "insert") { bench, row in
            var cost = VectorCost()
            let id = try bench.collection.insert(
                bench.base[row], subject: bench.subject(row), owner: bench.owner, state: bench.store, cost: &cost)
            precondition(Int(id) == bench.rowOfID.count)
            bench.rowOfID.append(row)
        }
    }

    private mutating func delete(_ rows: Range<Int>, block: Int) throws {
        try blocks(rows, block, "delete") { bench, row in
            var cost = VectorCost()
            try bench.collection.delete(bench.subject(row), by: bench.owner, state: bench.store, cost: &cost)
        }
    }

    private func search(_ supers: Int, _ lists: Int, _ finalists: Int, rounds: Int) throws {
        let probes = SearchQuery.Probes(supers: supers, lists: lists, finalists: finalists)
        let all = queries.map { SearchQuery($0, mode: .approximate(probes)) }
        var best = Double.infinity
        var times: [Double] = []
        var answers: [[Neighbour]] = []
        var cost = VectorCost()
        for _ in 0..<rounds {
            cost = VectorCost()
            answers = []
            let began = Clock.cpu()
            for query in all {
                let began = Clock.now()
                answers.append(try collection.search(query, state: store, cost: &cost))
                times.append(Clock.now() - began)
            }
            best = min(best, Clock.cpu() - began)
        }
        times.sort()
        var hits = 0
        for (index, answer) in answers.enumerated() {
            let wanted = Set(truth[index * 10..<index * 10 + 10].map(Int.init))
            hits += answer.count { wanted.contains(rowOfID[Int($0.id)]) }
        }
        let count = Double(queries.count)
        print(
            "vector.search supers=\(supers) lists=\(lists) finalists=\(finalists): recall \(Double(hits) / count / 10), "
                + "\(Int(count / best))/s, p50 \(Int(times[times.count / 2] * 1e6)) us, "
                + "p99 \(Int(times[times.count * 99 / 100] * 1e6)) us, codes \(cost.codes / queries.count), "
                + "distances \(cost.distances / queries.count)")
    }

    /// Proofs for all queries: their size, and the time to make and to check one.
    private func prove(_ supers: Int, _ lists: Int, _ finalists: Int) throws {
        let probes = SearchQuery.Probes(supers: supers, lists: lists, finalists: finalists)
        var sizes: [Int] = []
        var making: [Double] = []
        var checking: [Double] = []
        let root = store.root.hash
        for vector in queries {
            let query = SearchQuery(vector, mode: .approximate(probes))
            var began = Clock.cpu()
            let (proof, answer) = try SearchProof.make(of: query, in: collection, state: store) { key in
                MerkleProof(proofs: [store.root.proof(of: key)]).encoded()
            }
            let bytes = proof.encoded()
            making.append(Clock.cpu() - began)
            sizes.append(bytes.count)
            began = Clock.cpu()
            let checked = try SearchProof(decoding: bytes, of: query).verify(query) { entry in
                guard let path = try? MerkleProof(decoding: entry.path), let value = entry.value else { return false }
                let verdict: Void? = try? ICS23.verifyPath(
                    root: root.bytes, specs: [.jmt], path: [entry.key], value: value, proof: path)
                return verdict != nil
            }
            checking.append(Clock.cpu() - began)
            precondition(checked == answer)
        }
        making.sort()
        checking.sort()
        print(
            "vector.proof supers=\(supers) lists=\(lists) finalists=\(finalists): mean "
                + "\(sizes.reduce(0, +) / sizes.count) bytes, largest \(sizes.max() ?? 0), made in "
                + "\(Int(making[making.count / 2] * 1e6)) us (p99 \(Int(making[making.count * 99 / 100] * 1e6))), "
                + "checked in \(Int(checking[checking.count / 2] * 1e6)) us "
                + "(p99 \(Int(checking[checking.count * 99 / 100] * 1e6)))")
    }

    /// The scan of everything, and what one product costs: the ceiling.
    private func exact() throws {
        var cost = VectorCost()
        let began = Clock.cpu()
        for vector in queries.prefix(50) {
            _ = try collection.search(SearchQuery(vector, mode: .exact), state: store, cost: &cost)
        }
        let time = (Clock.cpu() - began) / 50
        let rows = base.prefix(64).flatMap { $0 }
        var dots: [Int32] = []
        let start = Clock.cpu()
        for _ in 0..<2_000 {
            dots.removeAll(keepingCapacity: true)
            Kernels.best.dots(queries[0], rows: rows, count: 64, into: &dots)
        }
        let each = (Clock.cpu() - start) / 128_000
        print(
            "vector.exact count=\(collection.count): \(Int(1 / time))/s; one product of \(dimension) by "
                + "\(Kernels.best.name) \(Double(Int(each * 1e11)) / 100) ns")
    }

    /// The index from its state entries, as at the start of a node.
    private func reload() throws {
        var entries: [(key: [UInt8], value: [UInt8])] = []
        store.root.forEachLeaf { entries.append((key: $0.key, value: $0.value)) }
        let began = Clock.now()
        let rebuilt = try VectorCollection(number: 1, entries: entries)
        precondition(rebuilt.head == collection.head)
        print("vector.reload count=\(collection.count): \(Double(Int((Clock.now() - began) * 1e3)) / 1e3) s")
    }

    private func shape() {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        print(
            "vector.shape count=\(collection.count) supers=\(collection.superCount) lists=\(collection.listCount) "
                + "queued=\(collection.queuedCount) root=\(collection.head.root) state=\(store.root.hash) "
                + "peak \(usage.ru_maxrss / 1024) MB")
    }
}
